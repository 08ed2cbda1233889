"""Conv3D: convolution over a volume."""

from __future__ import annotations

from maju.layers.convolution import Convolution
from maju.layers.registry import layer

__all__ = ["Conv3DLayer"]


@layer
class Conv3DLayer(Convolution):
    """Slide a kernel over a volume, and sum what it covers.

    y[n, i, j, k, f] = φ( Σ_a Σ_b Σ_e Σ_c x[n, i·s + a·d, j·s + b·d, k·s + e·d, c] · K[a, b, e, c, f] + b[f] )

    with strides s, dilation d and activation φ. With ``groups`` g, output channel f sees the input channels
    of its own group alone. ``padding="same"`` puts zeros around x so that each axis keeps ⌈n/s⌉ places.

    Shapes:
        x: (batch, depth, height, width, channels), or (batch, channels, depth, height, width).
        kernel: (kernel depth, kernel height, kernel width, channels / groups, filters). bias: (filters,).
        y: (batch, planes, rows, columns, filters), or channels first.

    Source: `keras.layers.Conv3D`.
    """

    keras_class = "Conv3D"
    rank = 3
