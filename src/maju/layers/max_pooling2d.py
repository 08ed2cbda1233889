"""MaxPooling2D: the largest value under each window of an image."""

from __future__ import annotations

from maju.layers.max_pooling import MaxPooling
from maju.layers.registry import layer

__all__ = ["MaxPooling2DLayer"]


@layer
class MaxPooling2DLayer(MaxPooling):
    """The largest value under each window of an image.

    Shapes:
        x: (batch, height, width, channels), or channels first. y: (batch, rows, columns, channels).

    Source: `keras.layers.MaxPooling2D`.
    """

    keras_class = "MaxPooling2D"
    rank = 2
