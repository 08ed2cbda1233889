"""AveragePooling1D: the mean under each window of a sequence."""

from __future__ import annotations

from maju.layers.average_pooling import AveragePooling
from maju.layers.registry import layer

__all__ = ["AveragePooling1DLayer"]


@layer
class AveragePooling1DLayer(AveragePooling):
    """The mean under each window of a sequence.

    Shapes:
        x: (batch, steps, channels), or channels first. y: (batch, windows, channels).

    Source: `keras.layers.AveragePooling1D`.
    """

    keras_class = "AveragePooling1D"
    rank = 1
