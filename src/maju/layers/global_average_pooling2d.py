"""GlobalAveragePooling2D: the mean of each channel over the whole image."""

from __future__ import annotations

from maju.layers.global_average_pooling import GlobalAveragePooling
from maju.layers.registry import layer

__all__ = ["GlobalAveragePooling2DLayer"]


@layer
class GlobalAveragePooling2DLayer(GlobalAveragePooling):
    """The mean of each channel over the whole image.

    Shapes:
        x: (batch, height, width, channels), or channels first.
        y: (batch, channels); with ``keepdims`` the two axes of the image stay, of length 1.

    Source: `keras.layers.GlobalAveragePooling2D`.
    """

    keras_class = "GlobalAveragePooling2D"
    rank = 2
