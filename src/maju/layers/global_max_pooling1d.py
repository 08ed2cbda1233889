"""GlobalMaxPooling1D: the largest value of each channel over all steps."""

from __future__ import annotations

from maju.layers.global_max_pooling import GlobalMaxPooling
from maju.layers.registry import layer

__all__ = ["GlobalMaxPooling1DLayer"]


@layer
class GlobalMaxPooling1DLayer(GlobalMaxPooling):
    """The largest value of each channel over all steps; those that a mask leaves out count too, as in Keras.

    Shapes:
        x: (batch, steps, channels), or channels first.
        y: (batch, channels); with ``keepdims`` the axis of the steps stays, of length 1.

    Source: `keras.layers.GlobalMaxPooling1D`.
    """

    keras_class = "GlobalMaxPooling1D"
    rank = 1
