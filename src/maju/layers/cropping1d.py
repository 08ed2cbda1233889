"""Cropping1D: a sequence without its margins."""

from __future__ import annotations

from maju.layers.cropping import Cropping
from maju.layers.registry import layer

__all__ = ["Cropping1DLayer"]


@layer
class Cropping1DLayer(Cropping):
    """Cut steps off the ends of a sequence: y[n, t, c] = x[n, t + a, c].

    ``cropping`` is (a, b): how many are cut off before and behind; a number stands for all of them.

    Shapes:
        x: (batch, steps, channels).
        y: (batch, steps − a − b, channels).

    Source: `keras.layers.Cropping1D`.
    """

    keras_class = "Cropping1D"
    rank = 1
    hyper_parameters = ("cropping",)
