"""AdaptiveAveragePooling3D: the mean under each of ``output_size`` windows of a volume."""

from __future__ import annotations

from maju.layers.adaptive_average_pooling import AdaptiveAveragePooling
from maju.layers.registry import layer

__all__ = ["AdaptiveAveragePooling3DLayer"]


@layer
class AdaptiveAveragePooling3DLayer(AdaptiveAveragePooling):
    """The mean under each of ``output_size`` windows of a volume.

    Shapes:
        x: (batch, depth, height, width, channels), or channels first.
        y: (batch, planes, rows, columns, channels).

    Source: `keras.layers.AdaptiveAveragePooling3D`.
    """

    keras_class = "AdaptiveAveragePooling3D"
    rank = 3
