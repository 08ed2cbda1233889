"""AdaptiveMaxPooling1D: the largest value under each of ``output_size`` windows of a sequence."""

from __future__ import annotations

from maju.layers.adaptive_max_pooling import AdaptiveMaxPooling
from maju.layers.registry import layer

__all__ = ["AdaptiveMaxPooling1DLayer"]


@layer
class AdaptiveMaxPooling1DLayer(AdaptiveMaxPooling):
    """The largest value under each of ``output_size`` windows of a sequence.

    Shapes:
        x: (batch, steps, channels), or channels first. y: (batch, windows, channels).

    Source: `keras.layers.AdaptiveMaxPooling1D`.
    """

    keras_class = "AdaptiveMaxPooling1D"
    rank = 1
