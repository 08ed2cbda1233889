"""MaxPooling2D: the largest value under each window."""

from __future__ import annotations

import numpy as np

from maju.layers import windows
from maju.layers.base import Array
from maju.layers.pooling2d import Pooling2D
from maju.layers.registry import layer

__all__ = ["MaxPooling2DLayer"]


@layer
class MaxPooling2DLayer(Pooling2D):
    """Keep the largest value under each window.

    y[n, i, j, c] = max over (a, b) of x[n, i·s + a, j·s + b, c]

    ``padding="same"`` pads with −∞, which no maximum keeps.

    Shapes:
        x: (batch, height, width, channels), or channels first. y: (batch, rows, columns, channels).

    Source: `keras.layers.MaxPooling2D`.
    """

    keras_class = "MaxPooling2D"

    def _pool(self, x: Array) -> Array:
        x = windows.pad(x, self.pool_size, self.strides, self.padding, value=-np.inf)
        seen = [view for _, view in windows.shifts(x, self.pool_size, self.strides)]
        y = seen[0].copy()
        for view in seen[1:]:
            np.maximum(y, view, out=y)
        return y
