"""Conv2D: convolution over an image."""

from __future__ import annotations

from maju.layers.convolution import Convolution
from maju.layers.registry import layer

__all__ = ["Conv2DLayer"]


@layer
class Conv2DLayer(Convolution):
    """Slide a kernel over an image, and sum what it covers.

    y[n, i, j, f] = φ( Σ_a Σ_b Σ_c x[n, i·s + a·d, j·s + b·d, c] · K[a, b, c, f] + b[f] )

    with strides s, dilation d and activation φ. With ``groups`` g, output channel f sees the input channels
    of its own group alone. ``padding="same"`` puts zeros around x so that the output has ⌈n/s⌉ rows.

    Shapes:
        x: (batch, height, width, channels), or (batch, channels, height, width) if channels_first.
        kernel: (kernel height, kernel width, channels / groups, filters). bias: (filters,).
        y: (batch, rows, columns, filters), or channels first.

    Source: `keras.layers.Conv2D`.
    """

    keras_class = "Conv2D"
    rank = 2
