"""ConvLSTM2D: a long short-term memory over a sequence of images."""

from __future__ import annotations

from maju.layers.conv_lstm_cell import ConvLSTM2DCell
from maju.layers.one_cell import OneCellLayer
from maju.layers.registry import layer

__all__ = ["ConvLSTM2DLayer"]


@layer
class ConvLSTM2DLayer(OneCellLayer):
    """A long short-term memory over a sequence of images: its gates are convolutions.

    cₜ = f ∘ cₜ₋₁ + i ∘ c̃, hₜ = o ∘ φ(cₜ); see `ConvLSTMCell` for the gates i, f, o and the candidate c̃.
    `RecurrentLayer` says what happens over the steps, and to masked ones.

    Shapes:
        x: (batch, time, height, width, channels).
        y: (batch, height, width, filters), or (batch, time, ...) with ``return_sequences``.
        With ``data_format`` "channels_first" the channels and the filters stand before the lengths.

    Source: `keras.layers.ConvLSTM2D`.
    """

    keras_class = "ConvLSTM2D"
    cell_class = ConvLSTM2DCell
    cell: ConvLSTM2DCell
