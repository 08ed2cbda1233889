"""ConvLSTM1D: a long short-term memory over a sequence of sequences."""

from __future__ import annotations

from maju.layers.conv_lstm_cell import ConvLSTM1DCell
from maju.layers.one_cell import OneCellLayer
from maju.layers.registry import layer

__all__ = ["ConvLSTM1DLayer"]


@layer
class ConvLSTM1DLayer(OneCellLayer):
    """A long short-term memory over a sequence of sequences: its gates are convolutions.

    cₜ = f ∘ cₜ₋₁ + i ∘ c̃, hₜ = o ∘ φ(cₜ); see `ConvLSTMCell` for the gates i, f, o and the candidate c̃.
    `RecurrentLayer` says what happens over the steps, and to masked ones.

    Shapes:
        x: (batch, time, length, channels).
        y: (batch, length, filters), or (batch, time, ...) with ``return_sequences``.
        With ``data_format`` "channels_first" the channels and the filters stand before the lengths.

    Source: `keras.layers.ConvLSTM1D`.
    """

    keras_class = "ConvLSTM1D"
    cell_class = ConvLSTM1DCell
    cell: ConvLSTM1DCell
