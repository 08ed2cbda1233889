"""AveragePooling2D: the mean under each window."""

from __future__ import annotations

import numpy as np

from maju.layers import windows
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
        inside = np.ones((1, *x.shape[1:3], 1), dtype=x.dtype)
        return np.asarray(self._sum(x) / self._sum(inside))

    def _sum(self, x: Array) -> Array:
        x = windows.pad(x, self.pool_size, self.strides, self.padding)
        seen = [view for _, view in windows.shifts(x, self.pool_size, self.strides)]
        total = seen[0].copy()
        for view in seen[1:]:
            total += view
        return total
