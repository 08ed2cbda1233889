"""Cropping3D: a volume without its margins."""

from __future__ import annotations

from maju.layers.cropping import Cropping
from maju.layers.registry import layer

__all__ = ["Cropping3DLayer"]


@layer
class Cropping3DLayer(Cropping):
    """Cut planes, rows and columns off the ends of a volume.

    y[n, i, j, k, c] = x[n, i + a₁, j + a₂, k + a₃, c]

    ``cropping`` is ((a₁, b₁), (a₂, b₂), (a₃, b₃)): how many are cut off before and behind, axis by
    axis; one number for an axis stands for both of its ends, and one alone for all ends.

    Shapes:
        x: (batch, depth, height, width, channels),
            or (batch, channels, depth, height, width) if channels_first.
        y: (batch, depth − a₁ − b₁, height − a₂ − b₂, width − a₃ − b₃, channels).

    Source: `keras.layers.Cropping3D`.
    """

    keras_class = "Cropping3D"
    rank = 3
