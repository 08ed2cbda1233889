"""GlobalMaxPooling1D, GlobalMaxPooling2D and GlobalMaxPooling3D: the largest value of each channel."""

from __future__ import annotations

import numpy as np

from maju.layers.base import Array
from maju.layers.global_pooling import GlobalPooling

__all__ = ["GlobalMaxPooling"]


class GlobalMaxPooling(GlobalPooling):
    """The largest value of each channel: y[n, c] = max over (i, j) of x[n, i, j, c], for an image."""

    def _pool(self, x: Array, mask: Array | None) -> Array:
        return np.asarray(x.max(axis=self.axes, keepdims=True))

    def _pool_back(self, x: Array, y: Array, dy: Array, mask: Array | None) -> Array:
        largest = x == y  # several equal ones share the gradient, as in Keras
        return np.where(largest, dy / largest.sum(axis=self.axes, dtype=dy.dtype, keepdims=True), 0)
