"""SpatialDropout3D: silence a channel's whole volume at random in training."""

from __future__ import annotations

from maju.layers.registry import layer
from maju.layers.spatial_dropout import SpatialDropout

__all__ = ["SpatialDropout3DLayer"]


@layer
class SpatialDropout3DLayer(SpatialDropout):
    """In training, set a channel's whole volume to 0 with probability ``rate``.

    y = x ∘ m / (1 − rate) in training, where m is 1 with probability 1 − rate, else 0; otherwise y = x

    Shapes:
        x and y: (batch, depth, height, width, channels),
            or (batch, channels, depth, height, width) if channels_first.
        m: (batch, 1, 1, 1, channels), or channels first.

    Source: Tompson et al., 2015, and `keras.layers.SpatialDropout3D`.
    """

    keras_class = "SpatialDropout3D"
    rank = 3
