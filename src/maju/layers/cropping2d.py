"""Cropping2D: an image without its margins."""

from __future__ import annotations

from maju.layers.cropping import Cropping
from maju.layers.registry import layer

__all__ = ["Cropping2DLayer"]


@layer
class Cropping2DLayer(Cropping):
    """Cut rows and columns off the ends of an image: y[n, i, j, c] = x[n, i + a₁, j + a₂, c].

    ``cropping`` is ((a₁, b₁), (a₂, b₂)): how many are cut off before and behind, axis by
    axis; one number for an axis stands for both of its ends, and one alone for all ends.

    Shapes:
        x: (batch, height, width, channels),
            or (batch, channels, height, width) if channels_first.
        y: (batch, height − a₁ − b₁, width − a₂ − b₂, channels).

    Source: `keras.layers.Cropping2D`.
    """

    keras_class = "Cropping2D"
    rank = 2
    default = 0
