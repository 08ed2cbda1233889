"""GlobalAveragePooling2D: the mean of each channel."""

from __future__ import annotations

import math

import numpy as np

from maju.layers.base import Array, Backward
from maju.layers.dtypes import as_float
from maju.layers.global_pooling2d import GlobalPooling2D
from maju.layers.registry import layer

__all__ = ["GlobalAveragePooling2DLayer"]


@layer
class GlobalAveragePooling2DLayer(GlobalPooling2D):
    """The mean of each channel over the whole image.

    y[n, c] = Σ over (i, j) of x[n, i, j, c] / (height · width)

    Shapes:
        x: (batch, height, width, channels), or channels first.
        y: (batch, channels); with ``keepdims`` the two axes of the image stay, of length 1.

    Source: `keras.layers.GlobalAveragePooling2D`.
    """

    keras_class = "GlobalAveragePooling2D"

    def _pool(self, x: Array) -> Array:
        return np.asarray(np.mean(as_float(x), axis=self.image_axes, keepdims=self.keepdims))

    def vjp(self, x: Array, training: bool = True, mask: Array | None = None) -> tuple[Array, Backward]:
        def backward(dy: Array) -> tuple[Array, dict[str, Array]]:
            share = self._spread(dy) / math.prod(x.shape[axis] for axis in self.image_axes)
            return np.broadcast_to(share, x.shape), {}

        return self.forward(x, training, mask), backward
