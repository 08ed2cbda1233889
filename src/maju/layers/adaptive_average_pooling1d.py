"""AdaptiveAveragePooling1D: the mean under each of ``output_size`` windows of a sequence."""

from __future__ import annotations

from maju.layers.adaptive_average_pooling import AdaptiveAveragePooling
from maju.layers.registry import layer

__all__ = ["AdaptiveAveragePooling1DLayer"]


@layer
class AdaptiveAveragePooling1DLayer(AdaptiveAveragePooling):
    """The mean under each of ``output_size`` windows of a sequence.

    Shapes:
        x: (batch, steps, channels), or channels first. y: (batch, windows, channels).

    Source: `keras.layers.AdaptiveAveragePooling1D`.
    """

    keras_class = "AdaptiveAveragePooling1D"
    rank = 1
