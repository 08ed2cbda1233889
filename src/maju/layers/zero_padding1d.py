"""ZeroPadding1D: a sequence with zeros around it."""

from __future__ import annotations

from maju.layers.registry import layer
from maju.layers.zero_padding import ZeroPadding

__all__ = ["ZeroPadding1DLayer"]


@layer
class ZeroPadding1DLayer(ZeroPadding):
    """Put zeros around a sequence: y[n, t, c] = x[n, t − a, c], and 0 where x has no such place.

    ``padding`` is (a, b): how many are put before and behind; a number stands for all of them.

    Shapes:
        x: (batch, steps, channels),
            or (batch, channels, steps) if channels_first.
        y: (batch, steps + a + b, channels).

    Source: `keras.layers.ZeroPadding1D`.
    """

    keras_class = "ZeroPadding1D"
    rank = 1
