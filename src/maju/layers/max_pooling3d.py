"""MaxPooling3D: the largest value under each window of a volume."""

from __future__ import annotations

from maju.layers.max_pooling import MaxPooling
from maju.layers.registry import layer

__all__ = ["MaxPooling3DLayer"]


@layer
class MaxPooling3DLayer(MaxPooling):
    """The largest value under each window of a volume.

    Shapes:
        x: (batch, depth, height, width, channels), or channels first.
        y: (batch, planes, rows, columns, channels).

    Source: `keras.layers.MaxPooling3D`.
    """

    keras_class = "MaxPooling3D"
    rank = 3
