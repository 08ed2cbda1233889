"""LSTM: a long short-term memory over a sequence."""

from __future__ import annotations

from maju.layers.lstm_cell import LSTMCell
from maju.layers.one_cell import OneCellLayer
from maju.layers.registry import layer

__all__ = ["LSTMLayer"]


@layer
class LSTMLayer(OneCellLayer):
    """A long short-term memory over a sequence.

    cₜ = f ∘ cₜ₋₁ + i ∘ c̃, hₜ = o ∘ φ(cₜ); see `LSTMCell` for the gates i, f, o and the candidate c̃.
    `RecurrentLayer` says what happens over the steps, and to masked ones.

    Shapes:
        x: (batch, time, inputs). y: (batch, units), or (batch, time, units) with ``return_sequences``.

    Source: `keras.layers.LSTM`.
    """

    keras_class = "LSTM"
    cell_class = LSTMCell
    cell: LSTMCell
