"""GlobalAveragePooling1D, GlobalAveragePooling2D and GlobalAveragePooling3D: the mean of each channel."""

from __future__ import annotations

import math

import numpy as np

from maju.layers.base import Array
from maju.layers.dtypes import as_float
from maju.layers.global_pooling import GlobalPooling

__all__ = ["GlobalAveragePooling"]


class GlobalAveragePooling(GlobalPooling):
    """The mean of each channel: y[n, c] = Σ over (i, j) of x[n, i, j, c] / (height · width), for an image."""

    def _checked(self, x: Array) -> Array:
        return super()._checked(as_float(x))

    def _pool(self, x: Array, mask: Array | None) -> Array:
        return np.asarray(x.mean(axis=self.axes, keepdims=True))

    def _pool_back(self, x: Array, y: Array, dy: Array, mask: Array | None) -> Array:
        return np.broadcast_to(dy / math.prod(x.shape[1:-1]), x.shape)
