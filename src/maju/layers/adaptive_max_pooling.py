"""AdaptiveMaxPooling1D, 2D and 3D: the largest value under each of as many windows as are asked for."""

from __future__ import annotations

import numpy as np

from maju.layers.adaptive_pooling import AdaptivePooling
from maju.layers.base import Array

__all__ = ["AdaptiveMaxPooling"]


class AdaptiveMaxPooling(AdaptivePooling):
    """The largest value under each window: y[n, i, c] = max of x[n, t, c] over ⌊i·n/m⌋ ≤ t < ⌈(i+1)·n/m⌉."""

    def _pool(self, x: Array, axis: int) -> Array:
        return np.asarray(x.max(axis, keepdims=True))

    def _pool_back(self, x: Array, dy: Array, axis: int) -> Array:
        """The gradient goes to the value that was kept; to the first of several equal ones."""
        dx = np.zeros(x.shape, dy.dtype)
        np.put_along_axis(dx, x.argmax(axis, keepdims=True), dy, axis)
        return dx
