"""AveragePooling3D: the mean under each window of a volume."""

from __future__ import annotations

from maju.layers.average_pooling import AveragePooling
from maju.layers.registry import layer

__all__ = ["AveragePooling3DLayer"]


@layer
class AveragePooling3DLayer(AveragePooling):
    """The mean under each window of a volume.

    Shapes:
        x: (batch, depth, height, width, channels), or channels first.
        y: (batch, planes, rows, columns, channels).

    Source: `keras.layers.AveragePooling3D`.
    """

    keras_class = "AveragePooling3D"
    rank = 3
