"""MaxPooling1D, MaxPooling2D and MaxPooling3D: the largest value under each window."""

from __future__ import annotations

from collections.abc import Callable

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

    def _pool_vjp(self, x: Array) -> tuple[Array, Callable[[Array, list[Array]], None]]:
        """The gradient goes to the value that was kept; to the first of several equal ones."""
        first, *others = self._seen(x)
        y = first.copy()
        kept = np.zeros(y.shape, np.min_scalar_type(len(others)))  # which place's value
        for place, seen in enumerate(others, start=1):
            np.maximum(kept, np.multiply(seen > y, place, dtype=kept.dtype), out=kept)
            np.maximum(y, seen, out=y)

        def back(dy: Array, d_views: list[Array]) -> None:
            for place, d_seen in enumerate(d_views):
                d_seen += dy * (kept == place)

        return y, back

    def _seen(self, x: Array) -> list[Array]:
        least = np.iinfo(x.dtype).min if np.issubdtype(x.dtype, np.integer) else -np.inf
        return self._views(self.windows.pad(x, least))
