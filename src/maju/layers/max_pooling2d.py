"""MaxPooling2D: the largest value under each window."""

from __future__ import annotations

import numpy as np

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
        first, *others = self._shifts(self._padded(x, -np.inf))
        y = first.copy()
        for seen in others:
            np.maximum(y, seen, out=y)
        return y

    def _pool_back(self, x: Array, y: Array, dy: Array, d_padded: Array) -> None:
        """The gradient goes to the value that was kept; to the first of several equal ones."""
        open_yet = np.ones(y.shape, bool)
        for seen, d_seen in zip(self._shifts(self._padded(x, -np.inf)), self._shifts(d_padded), strict=True):
            kept = open_yet & (seen == y)
            d_seen += np.where(kept, dy, 0)
            open_yet &= ~kept
