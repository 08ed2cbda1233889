"""GlobalAveragePooling3D: the mean of each channel over the whole volume."""

from __future__ import annotations

from maju.layers.global_average_pooling import GlobalAveragePooling
from maju.layers.registry import layer

__all__ = ["GlobalAveragePooling3DLayer"]


@layer
class GlobalAveragePooling3DLayer(GlobalAveragePooling):
    """The mean of each channel over the whole volume.

    Shapes:
        x: (batch, depth, height, width, channels), or channels first.
        y: (batch, channels); with ``keepdims`` the three axes of the volume stay, of length 1.

    Source: `keras.layers.GlobalAveragePooling3D`.
    """

    keras_class = "GlobalAveragePooling3D"
    rank = 3
