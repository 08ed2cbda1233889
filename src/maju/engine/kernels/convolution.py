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
from maju.engine.kernels.pooling import Pool
from maju.engine.kernels.sliding import counted, padded, patches
from maju.engine.kernels.winograd import Winograd
from maju.engine.lowering import Instruction
from maju.layers.activations import Activation
from maju.layers.base import Array
from maju.layers.batch_normalization import BatchNormalizationLayer
from maju.layers.convolution import Convolution
from maju.layers.pooling import Pooling
from maju.layers.windows import Windows

__all__ = ["ConvolutionKernel"]

#: How many values what the windows see may hold at a time: so few that they stay in the processor's
#: caches, and so many that BLAS, which lays out the kernel anew for each product, has enough to do with it.
AT_A_TIME = 1 << 19


class WindowRows:
    """A·x: what the windows see as rows, and one product with the kernel as a matrix.

    Args:
        kernel: (sizes ..., channels, filters).
    """

    kind = "rows of windows, one product"

    def __init__(self, windows: Windows, kernel: Array) -> None:
        self.windows = windows
        self.matrix = np.ascontiguousarray(kernel.reshape(-1, kernel.shape[-1]))
        self.pointwise = {*windows.size, *windows.strides} == {1}

    def samples(self, lengths: tuple[int, ...]) -> int:
        """How many samples are best taken at a time."""
        return max(1, AT_A_TIME // (math.prod(counted(self.windows, lengths)) * len(self.matrix)))

    def run(self, x: Array, y: Array, frame: Frame) -> None:
        """Put the convolution of x, (samples, lengths ..., channels), into y."""
        inputs, filters = self.matrix.shape
        if self.pointwise:
            np.matmul(x.reshape(-1, inputs), self.matrix, out=y.reshape(-1, filters))
            return
        source = padded(x, self.windows, frame)
        seen = patches(source, self.windows)
        lines = y.shape[1]
        if len(x) == 1:
            lines = min(lines, max(1, AT_A_TIME // (math.prod(y.shape[2:-1]) * inputs)))
        rows = frame.scratch(len(x), lines, *seen.shape[2:])
        for top in range(0, y.shape[1], lines):
            part = seen[:, top : top + lines]
            laid_out = rows[:, : part.shape[1]]
            np.copyto(laid_out, part)
            into = y[:, top : top + lines]
            np.matmul(laid_out.reshape(-1, inputs), self.matrix, out=into.reshape(-1, filters))
        frame.done_with(rows)
        if source is not x:
            frame.done_with(source)


class ConvolutionKernel(Fused):
    """pool(φ(A·x + b)) for some samples at a time, while what comes of them is in the cache.

    Where φ rises, the largest value is taken before it and before the bias, from which it comes to the same:
    a quarter of the values then remain for both.
    """

    kind = WindowRows.kind

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
        self.channels, self.filters = layer.channels, layer.filters
        affine = Affine(layer.kernel, layer.bias).then(normalization)
        self.rows = WindowRows(layer.windows, affine.kernel)
        self.winograd: Winograd | None = None
        if Winograd.suits(layer.windows, layer.channels, layer.filters):
            self.winograd = Winograd(layer.windows, affine.kernel)
            self.kind = Winograd.kind
        self.bias = affine.bias
        self.activate = in_place(activation)
        self.pool = None if pooling is None else Pool.of(pooling)
        self.pools_first = self.pool is not None and self.pool.largest and rises(activation)

    def fits(self, x: Array, mask: Any) -> bool:
        rank = len(self.windows.size)
        if mask is not None or x.ndim != rank + 2 or x.shape[-1] != self.channels or not x.size:
            return False
        counts = counted(self.windows, x.shape[1:-1])
        return 0 not in counts and (self.pool is None or self.pool.fits(counts))

    def compute(self, x: Array, mask: Any, frame: Frame) -> Array:
        lengths = x.shape[1:-1]
        counts = counted(self.windows, lengths)
        product: WindowRows | Winograd = self.rows
        if self.winograd is not None and self.winograd.wins(len(x), lengths):
            product = self.winograd
        some = min(len(x), product.samples(lengths))
        left = counts if self.pool is None else counted(self.pool.windows, counts)
        y = self.made(frame, len(x), *left, self.filters)
        z = None if self.pool is None else frame.scratch(some, *counts, self.filters)
        for start in range(0, len(x), some):
            part = x[start : start + some]
            into = y[start : start + some] if z is None else z[: len(part)]
            product.run(part, into, frame)
            if product is not self.rows and not np.isfinite(into.sum()):
                self.rows.run(part, into, frame)  # Winograd's sums spread what is not finite over whole tiles
            self._finish(into, y[start : start + some])
        if z is not None:
            frame.done_with(z)
        return y

    def _finish(self, z: Array, y: Array) -> None:
        """Bias, activation and pooling, from z into y, which without pooling is z."""
        if self.pool is not None and self.pools_first:
            self.pool.put(y, z)
            z = y
        if self.bias is not None:
            z += self.bias
        self.activate(z)
        if self.pool is not None and not self.pools_first:
            self.pool.put(y, z)
