"""MaxPooling1D, MaxPooling2D and MaxPooling3D: the largest value under each window."""

from __future__ import annotations

import numpy as np

from maju.layers.base import Array
from maju.layers.pooling import Pooling

__all__ = ["MaxPooling"]


class MaxPooling(Pooling):
    """Keep the largest value under each window.

    y[n, i, j, c] = max over (a, b) of x[n, i·s + a, j·s + b, c]

    for an image; a sequence has one axis less, a volume one more. ``padding="same"`` pads with what is less
    than every value, so that no maximum keeps it.
    """

    def _pool(self, x: Array) -> Array:
        first, *others = self._seen(x)
        y = first.copy()
        for seen in others:
            np.maximum(y, seen, out=y)
        return y

    def _pool_back(self, x: Array, y: Array, dy: Array, d_views: list[Array]) -> None:
        """The gradient goes to the value that was kept; to the first of several equal ones."""
        open_yet = np.ones(y.shape, bool)
        apart = all(s >= k for s, k in zip(self.windows.strides, self.windows.size, strict=True))
        for seen, d_seen in zip(self._seen(x), d_views, strict=True):
            kept = open_yet & (seen == y)
            if apart:
                np.multiply(dy, kept, out=d_seen)
            else:
                d_seen += dy * kept
            open_yet ^= kept

    def _seen(self, x: Array) -> list[Array]:
        least = np.iinfo(x.dtype).min if np.issubdtype(x.dtype, np.integer) else -np.inf
        return self._views(self.windows.pad(x, least))
