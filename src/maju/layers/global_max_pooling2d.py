"""GlobalMaxPooling2D: the largest value of each channel over the whole image."""

from __future__ import annotations

from maju.layers.global_max_pooling import GlobalMaxPooling
from maju.layers.registry import layer

__all__ = ["GlobalMaxPooling2DLayer"]


@layer
class GlobalMaxPooling2DLayer(GlobalMaxPooling):
    """The largest value of each channel over the whole image.

    Shapes:
        x: (batch, height, width, channels), or channels first.
        y: (batch, channels); with ``keepdims`` the two axes of the image stay, of length 1.

    Source: `keras.layers.GlobalMaxPooling2D`.
    """

    keras_class = "GlobalMaxPooling2D"
    rank = 2
