"""UpSampling3D: a volume whose values are repeated."""

from __future__ import annotations

from maju.layers.registry import layer
from maju.layers.up_sampling import UpSampling

__all__ = ["UpSampling3DLayer"]


@layer
class UpSampling3DLayer(UpSampling):
    """Repeat every value of a volume s₁, s₂ and s₃ times: y[n, i, j, k, c] = x[n, ⌊i/s₁⌋, ⌊j/s₂⌋, ⌊k/s₃⌋, c].

    Shapes:
        x: (batch, depth, height, width, channels),
            or (batch, channels, depth, height, width) if channels_first.
        y: (batch, depth · s₁, height · s₂, width · s₃, channels), or channels first.

    Source: `keras.layers.UpSampling3D`.
    """

    keras_class = "UpSampling3D"
    rank = 3
