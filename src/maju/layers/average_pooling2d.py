"""AveragePooling2D: the mean under each window."""

from __future__ import annotations

import numpy as np

from maju.layers.base import Array
from maju.layers.dtypes import as_float
from maju.layers.pooling2d import Pooling2D
from maju.layers.registry import layer

__all__ = ["AveragePooling2DLayer"]


@layer
class AveragePooling2DLayer(Pooling2D):
    """Keep the mean under each window; padding does not count.

    y[n, i, j, c] = Σ over (a, b) of x[n, i·s + a, j·s + b, c] / (how many of them lie inside x)

    Shapes:
        x: (batch, height, width, channels), or channels first. y: (batch, rows, columns, channels).

    Source: `keras.layers.AveragePooling2D`.
    """

    keras_class = "AveragePooling2D"

    def _pool(self, x: Array) -> Array:
        x = as_float(x)
        return np.asarray(self._sum(x) / self._count(x))

    def _pool_back(self, x: Array, y: Array, dy: Array, d_padded: Array) -> None:
        """Every value under a window gets the same share."""
        share = dy / self._count(as_float(x))
        for d_seen in self._shifts(d_padded):
            d_seen += share

    def _count(self, x: Array) -> Array:
        """How many values lie under each window, (1, rows, columns, 1)."""
        return self._sum(np.ones((1, *x.shape[1:3], 1), dtype=x.dtype))

    def _sum(self, x: Array) -> Array:
        first, *others = self._shifts(self._padded(x))
        total = first.copy()
        for seen in others:
            total += seen
        return total
