"""AdaptiveAveragePooling1D, 2D and 3D: the mean under each of as many windows as are asked for."""

from __future__ import annotations

import numpy as np

from maju.layers.adaptive_pooling import AdaptivePooling
from maju.layers.base import Array
from maju.layers.dtypes import as_float

__all__ = ["AdaptiveAveragePooling"]


class AdaptiveAveragePooling(AdaptivePooling):
    """The mean under each window: y[n, i, c] = mean of x[n, t, c] over ⌊i·n/m⌋ ≤ t < ⌈(i+1)·n/m⌉."""

    def _checked(self, x: Array) -> Array:
        return super()._checked(as_float(x))

    def _pool(self, x: Array, axis: int) -> Array:
        return np.asarray(x.mean(axis, keepdims=True))

    def _pool_back(self, x: Array, dy: Array, axis: int) -> Array:
        return np.asarray(dy / x.shape[axis])
