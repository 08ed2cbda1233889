"""AdaptiveAveragePooling2D: the mean under each of ``output_size`` windows of an image."""

from __future__ import annotations

from maju.layers.adaptive_average_pooling import AdaptiveAveragePooling
from maju.layers.registry import layer

__all__ = ["AdaptiveAveragePooling2DLayer"]


@layer
class AdaptiveAveragePooling2DLayer(AdaptiveAveragePooling):
    """The mean under each of ``output_size`` windows of an image.

    Shapes:
        x: (batch, height, width, channels), or channels first. y: (batch, rows, columns, channels).

    Source: `keras.layers.AdaptiveAveragePooling2D`.
    """

    keras_class = "AdaptiveAveragePooling2D"
    rank = 2
