"""UpSampling1D: a sequence whose steps are repeated."""

from __future__ import annotations

from maju.layers.registry import layer
from maju.layers.up_sampling import UpSampling

__all__ = ["UpSampling1DLayer"]


@layer
class UpSampling1DLayer(UpSampling):
    """Repeat every step of a sequence ``size`` times: y[n, t, c] = x[n, ⌊t / size⌋, c].

    Shapes:
        x: (batch, steps, channels). y: (batch, steps · size, channels).

    Source: `keras.layers.UpSampling1D`.
    """

    keras_class = "UpSampling1D"
    hyper_parameters = ("size",)
    rank = 1
