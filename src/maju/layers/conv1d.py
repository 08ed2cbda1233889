"""Conv1D: convolution along a sequence."""

from __future__ import annotations

from maju.layers.convolution import Convolution
from maju.layers.registry import layer

__all__ = ["Conv1DLayer"]


@layer
class Conv1DLayer(Convolution):
    """Slide a kernel along a sequence, and sum what it covers.

    y[n, t, f] = φ( Σ_a Σ_c x[n, t·s + a·d, c] · K[a, c, f] + b[f] )

    with strides s, dilation d and activation φ. With ``groups`` g, output channel f sees the input channels
    of its own group alone. ``padding="same"`` puts zeros around x so that the output has ⌈n/s⌉ steps;
    ``padding="causal"`` puts all of them before the first step, so that no output sees what comes later.

    Shapes:
        x: (batch, steps, channels), or (batch, channels, steps) if channels_first.
        kernel: (kernel size, channels / groups, filters). bias: (filters,).
        y: (batch, new steps, filters), or channels first.

    Source: `keras.layers.Conv1D`.
    """

    keras_class = "Conv1D"
    rank = 1
    choices = {**Convolution.choices, "padding": ("valid", "same", "causal")}
