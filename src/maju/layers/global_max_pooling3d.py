"""GlobalMaxPooling3D: the largest value of each channel over the whole volume."""

from __future__ import annotations

from maju.layers.global_max_pooling import GlobalMaxPooling
from maju.layers.registry import layer

__all__ = ["GlobalMaxPooling3DLayer"]


@layer
class GlobalMaxPooling3DLayer(GlobalMaxPooling):
    """The largest value of each channel over the whole volume.

    Shapes:
        x: (batch, depth, height, width, channels), or channels first.
        y: (batch, channels); with ``keepdims`` the three axes of the volume stay, of length 1.

    Source: `keras.layers.GlobalMaxPooling3D`.
    """

    keras_class = "GlobalMaxPooling3D"
    rank = 3
