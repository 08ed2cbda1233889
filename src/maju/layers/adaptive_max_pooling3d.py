"""AdaptiveMaxPooling3D: the largest value under each of ``output_size`` windows of a volume."""

from __future__ import annotations

from maju.layers.adaptive_max_pooling import AdaptiveMaxPooling
from maju.layers.registry import layer

__all__ = ["AdaptiveMaxPooling3DLayer"]


@layer
class AdaptiveMaxPooling3DLayer(AdaptiveMaxPooling):
    """The largest value under each of ``output_size`` windows of a volume.

    Shapes:
        x: (batch, depth, height, width, channels), or channels first.
        y: (batch, planes, rows, columns, channels).

    Source: `keras.layers.AdaptiveMaxPooling3D`.
    """

    keras_class = "AdaptiveMaxPooling3D"
    rank = 3
