"""ZeroPadding2D: an image with zeros around it."""

from __future__ import annotations

from maju.layers.registry import layer
from maju.layers.zero_padding import ZeroPadding

__all__ = ["ZeroPadding2DLayer"]


@layer
class ZeroPadding2DLayer(ZeroPadding):
    """Put zeros around an image.

    y[n, i, j, c] = x[n, i − a₁, j − a₂, c], and 0 where x has no such place

    ``padding`` is ((a₁, b₁), (a₂, b₂)): how many are put before and behind, axis by axis;
    one number for an axis stands for both of its ends, and one alone for all ends.

    Shapes:
        x: (batch, height, width, channels),
            or (batch, channels, height, width) if channels_first.
        y: (batch, height + a₁ + b₁, width + a₂ + b₂, channels).

    Source: `keras.layers.ZeroPadding2D`.
    """

    keras_class = "ZeroPadding2D"
    rank = 2
