"""SpatialDropout1D: silence all the steps of a channel at random in training."""

from __future__ import annotations

from maju.layers.registry import layer
from maju.layers.spatial_dropout import SpatialDropout

__all__ = ["SpatialDropout1DLayer"]


@layer
class SpatialDropout1DLayer(SpatialDropout):
    """In training, set all the steps of a channel to 0 with probability ``rate``.

    y = x ∘ m / (1 − rate) in training, where m is 1 with probability 1 − rate, else 0; otherwise y = x

    Shapes:
        x and y: (batch, steps, channels).
        m: (batch, 1, channels).

    Source: Tompson et al., 2015, and `keras.layers.SpatialDropout1D`.
    """

    keras_class = "SpatialDropout1D"
    rank = 1
    hyper_parameters = ("rate", "seed")
