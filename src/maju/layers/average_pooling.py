"""AveragePooling1D, AveragePooling2D and AveragePooling3D: the mean under each window."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from maju.layers.base import Array
from maju.layers.dtypes import as_float
from maju.layers.pooling import Pooling

__all__ = ["AveragePooling"]


class AveragePooling(Pooling):
    """Keep the mean under each window; padding does not count.

    y[n, i, j, c] = Σ over (a, b) of x[n, i·s + a, j·s + b, c] / (how many of them lie inside x)

    for an image; a sequence has one axis less, a volume one more.
    """

    def _checked(self, x: Array) -> Array:
        return super()._checked(as_float(x))

    def _pool(self, x: Array) -> Array:
        return np.asarray(self._sum(x) / self._count(x))

    def _pool_vjp(self, x: Array) -> tuple[Array, Callable[[Array, list[Array]], None]]:
        """Every value under a window gets the same share."""
        count = self._count(x)

        def back(dy: Array, d_views: list[Array]) -> None:
            share = dy / count
            for d_seen in d_views:
                d_seen += share

        return np.asarray(self._sum(x) / count), back

    def _count(self, x: Array) -> Array:
        """How many values lie under each window, (1, windows ..., 1)."""
        return self._sum(np.ones((1, *x.shape[1:-1], 1), x.dtype))

    def _sum(self, x: Array) -> Array:
        return np.asarray(sum(self._views(self.windows.pad(x))))
