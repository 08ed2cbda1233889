"""Convolution, with the normalization, the activation and the pooling behind it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from maju.engine.frame import Frame
from maju.engine.kernels.activate import in_place, rises
from maju.engine.kernels.affine import Affine
from maju.engine.kernels.kernel import Fused, Places
from maju.engine.kernels.pooling import fits_pooling, pool_into, pooled
from maju.engine.kernels.sliding import counted, padded, patches
from maju.engine.lowering import Instruction
from maju.layers.activations import Activation
from maju.layers.base import Array
from maju.layers.batch_normalization import BatchNormalizationLayer
from maju.layers.convolution import Convolution
from maju.layers.pooling import Pooling

__all__ = ["ConvolutionKernel"]

#: How many values what the windows see may hold at a time: with the kernel and the result it stays in the
#: cache of one core.
AT_A_TIME = 1 << 16


class ConvolutionKernel(Fused):
    """pool(φ(A·x + b)): what the windows see as rows, one product, and the rest while it is in the cache.

    Where φ rises, the largest value is taken before it and before the bias, from which it comes to the same:
    a quarter of the values then remain for both.
    """

    kind = "rows of windows, one product"

    def __init__(
        self,
        instructions: Sequence[Instruction],
        places: Places,
        layer: Convolution,
        normalization: BatchNormalizationLayer | None,
        activation: Activation,
        pooling: Pooling | None,
    ) -> None:
        super().__init__(instructions, places)
        self.windows = layer.windows
        self.channels = layer.channels
        affine = Affine(layer.kernel, layer.bias).then(normalization)
        self.matrix = np.ascontiguousarray(affine.kernel.reshape(-1, layer.filters))
        self.bias = affine.bias
        self.activate = in_place(activation)
        self.pooling = pooling
        self.pools_first = pooling is not None and pooling.keras_class.startswith("Max") and rises(activation)
        self.pointwise = set(layer.kernel_size) == set(layer.strides) == {1}

    def fits(self, x: Array, mask: Any) -> bool:
        rank = len(self.windows.size)
        if mask is not None or x.ndim != rank + 2 or x.shape[-1] != self.channels or not x.size:
            return False
        counts = counted(self.windows, x.shape[1:-1])
        return 0 not in counts and (self.pooling is None or fits_pooling(self.pooling, counts))

    def compute(self, x: Array, mask: Any, frame: Frame) -> Array:
        lengths = counted(self.windows, x.shape[1:-1])
        inputs, filters = self.matrix.shape
        y = self.made(frame, len(x), *pooled(self.pooling, lengths), filters)
        source = padded(x, self.windows, frame)
        seen = patches(source, self.windows)
        some = min(len(x), max(1, AT_A_TIME // (math.prod(lengths) * inputs)))
        lines = max(1, AT_A_TIME // (math.prod(lengths[1:]) * inputs)) if some == 1 else lengths[0]
        rows = None if self.pointwise else frame.scratch(some, lines, *seen.shape[2:])
        z = None if self.pooling is None else frame.scratch(some, *lengths, filters)
        for start in range(0, len(x), some):
            stop = min(start + some, len(x))
            into = y[start:stop] if z is None else z[: stop - start]
            for top in range(0, lengths[0], lines):
                part = seen[start:stop, top : top + lines]
                if rows is not None:
                    laid_out = rows[: len(part), : part.shape[1]]
                    np.copyto(laid_out, part)
                    part = laid_out
                place = into[:, top : top + lines]
                np.matmul(part.reshape(-1, inputs), self.matrix, out=place.reshape(-1, filters))
            self._finish(into, y[start:stop])
        for array in (rows, z, None if source is x else source):
            if array is not None:
                frame.done_with(array)
        return y

    def _finish(self, z: Array, y: Array) -> None:
        """Bias, activation and pooling, from z into y, which without pooling is z."""
        if self.pools_first:
            assert self.pooling is not None
            pool_into(y, z, self.pooling)
            z = y
        if self.bias is not None:
            z += self.bias
        self.activate(z)
        if self.pooling is not None and not self.pools_first:
            pool_into(y, z, self.pooling)
