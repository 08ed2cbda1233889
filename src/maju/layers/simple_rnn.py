"""SimpleRNN: a plain recurrent network over a sequence."""

from __future__ import annotations

from maju.layers.one_cell import OneCellLayer
from maju.layers.registry import layer
from maju.layers.simple_rnn_cell import SimpleRNNCell

__all__ = ["SimpleRNNLayer"]


@layer
class SimpleRNNLayer(OneCellLayer):
    """A plain recurrent network over a sequence.

    hₜ = φ(xₜ·Wxh + hₜ₋₁·Whh + b); see `SimpleRNNCell`.
    `RecurrentLayer` says what happens over the steps, and to masked ones.

    Shapes:
        x: (batch, time, inputs). y: (batch, units), or (batch, time, units) with ``return_sequences``.

    Source: `keras.layers.SimpleRNN`.
    """

    keras_class = "SimpleRNN"
    cell_class = SimpleRNNCell
    cell: SimpleRNNCell
