"""AdaptiveMaxPooling2D: the largest value under each of ``output_size`` windows of an image."""

from __future__ import annotations

from maju.layers.adaptive_max_pooling import AdaptiveMaxPooling
from maju.layers.registry import layer

__all__ = ["AdaptiveMaxPooling2DLayer"]


@layer
class AdaptiveMaxPooling2DLayer(AdaptiveMaxPooling):
    """The largest value under each of ``output_size`` windows of an image.

    Shapes:
        x: (batch, height, width, channels), or channels first. y: (batch, rows, columns, channels).

    Source: `keras.layers.AdaptiveMaxPooling2D`.
    """

    keras_class = "AdaptiveMaxPooling2D"
    rank = 2
