"""ZeroPadding3D: a volume with zeros around it."""

from __future__ import annotations

from maju.layers.registry import layer
from maju.layers.zero_padding import ZeroPadding

__all__ = ["ZeroPadding3DLayer"]


@layer
class ZeroPadding3DLayer(ZeroPadding):
    """Put zeros around a volume.

    y[n, i, j, k, c] = x[n, i − a₁, j − a₂, k − a₃, c], and 0 where x has no such place

    ``padding`` is ((a₁, b₁), (a₂, b₂), (a₃, b₃)): how many are put before and behind, axis by axis;
    one number for an axis stands for both of its ends, and one alone for all ends.

    Shapes:
        x: (batch, depth, height, width, channels),
            or (batch, channels, depth, height, width) if channels_first.
        y: (batch, depth + a₁ + b₁, height + a₂ + b₂, width + a₃ + b₃, channels).

    Source: `keras.layers.ZeroPadding3D`.
    """

    keras_class = "ZeroPadding3D"
    rank = 3
