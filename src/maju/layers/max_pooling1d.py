"""MaxPooling1D: the largest value under each window of a sequence."""

from __future__ import annotations

from maju.layers.max_pooling import MaxPooling
from maju.layers.registry import layer

__all__ = ["MaxPooling1DLayer"]


@layer
class MaxPooling1DLayer(MaxPooling):
    """The largest value under each window of a sequence.

    Shapes:
        x: (batch, steps, channels), or channels first. y: (batch, windows, channels).

    Source: `keras.layers.MaxPooling1D`.
    """

    keras_class = "MaxPooling1D"
    rank = 1
