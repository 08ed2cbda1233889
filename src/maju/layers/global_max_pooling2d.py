"""GlobalMaxPooling2D: the largest value of each channel."""

from __future__ import annotations

import numpy as np

from maju.layers.base import Array, Backward
from maju.layers.global_pooling2d import GlobalPooling2D
from maju.layers.registry import layer

__all__ = ["GlobalMaxPooling2DLayer"]


@layer
class GlobalMaxPooling2DLayer(GlobalPooling2D):
    """The largest value of each channel over the whole image.

    y[n, c] = max over (i, j) of x[n, i, j, c]

    Shapes:
        x: (batch, height, width, channels), or channels first.
        y: (batch, channels); with ``keepdims`` the two axes of the image stay, of length 1.

    Source: `keras.layers.GlobalMaxPooling2D`.
    """

    keras_class = "GlobalMaxPooling2D"

    def _pool(self, x: Array) -> Array:
        return np.asarray(np.max(x, axis=self.image_axes, keepdims=self.keepdims))

    def vjp(self, x: Array, training: bool = True, mask: Array | None = None) -> tuple[Array, Backward]:
        def backward(dy: Array) -> tuple[Array, dict[str, Array]]:
            # Equal largest values share the gradient, as in Keras.
            largest = x == x.max(axis=self.image_axes, keepdims=True)
            share = self._spread(dy) / largest.sum(axis=self.image_axes, keepdims=True)
            return np.where(largest, share, 0).astype(dy.dtype), {}

        return self.forward(x, training, mask), backward
