"""AveragePooling2D: the mean under each window of an image."""

from __future__ import annotations

from maju.layers.average_pooling import AveragePooling
from maju.layers.registry import layer

__all__ = ["AveragePooling2DLayer"]


@layer
class AveragePooling2DLayer(AveragePooling):
    """The mean under each window of an image.

    Shapes:
        x: (batch, height, width, channels), or channels first. y: (batch, rows, columns, channels).

    Source: `keras.layers.AveragePooling2D`.
    """

    keras_class = "AveragePooling2D"
    rank = 2
