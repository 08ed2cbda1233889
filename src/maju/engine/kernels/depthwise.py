"""Depthwise convolution, with the normalization and the activation behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from maju.engine.frame import Frame
from maju.engine.kernels.activate import in_place
from maju.engine.kernels.affine import scale_and_shift
from maju.engine.kernels.kernel import Fused, Places
from maju.engine.kernels.sliding import counted, padded
from maju.engine.lowering import Instruction
from maju.layers.activations import Activation
from maju.layers.base import Array
from maju.layers.batch_normalization import BatchNormalizationLayer
from maju.layers.depthwise_conv import DepthwiseConvolution

__all__ = ["DepthwiseKernel"]

#: How many values are worked on at a time, so that they stay in the cache of one core.
AT_A_TIME = 1 << 15


class DepthwiseKernel(Fused):
    """Each channel by a window of its own: the sum over its places of what they see · a weight a channel.

    For layers that make one channel of each.
    """

    kind = "place by place"

    def __init__(
        self,
        instructions: Sequence[Instruction],
        places: Places,
        layer: DepthwiseConvolution,
        normalization: BatchNormalizationLayer | None,
        activation: Activation,
    ) -> None:
        super().__init__(instructions, places)
        self.windows = layer.windows
        kernel = layer.kernel[..., 0]  # (window ..., channels)
        bias = layer.bias
        if normalization is not None:
            s, t = scale_and_shift(normalization)
            kernel, bias = kernel * s, t if bias is None else bias * s + t
        self.weights = np.ascontiguousarray(kernel.reshape(-1, kernel.shape[-1]))  # (places, channels)
        self.bias = bias
        self.activate = in_place(activation)

    def fits(self, x: Array, mask: Any) -> bool:
        rank = len(self.windows.size)
        known = mask is None and x.ndim == rank + 2 and x.shape[-1] == self.weights.shape[1] and x.size > 0
        return known and 0 not in counted(self.windows, x.shape[1:-1])

    def compute(self, x: Array, mask: Any, frame: Frame) -> Array:
        y = self.made(frame, len(x), *counted(self.windows, x.shape[1:-1]), x.shape[-1])
        source = padded(x, self.windows, frame)
        views = [seen for _, seen in self.windows.views(source)]
        lines = max(1, AT_A_TIME // max(1, y[0, 0].size))
        product = frame.scratch(min(lines, y.shape[1]), *y.shape[2:])
        for n in range(len(x)):
            for top in range(0, y.shape[1], lines):
                into = y[n, top : top + lines]
                part = product[: len(into)]
                np.multiply(views[0][n, top : top + lines], self.weights[0], out=into)
                for seen, weight in zip(views[1:], self.weights[1:], strict=True):
                    np.multiply(seen[n, top : top + lines], weight, out=part)
                    into += part
                if self.bias is not None:
                    into += self.bias
                self.activate(into)
        frame.done_with(product)
        if source is not x:
            frame.done_with(source)
        return y
