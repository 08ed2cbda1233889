"""ConvLSTM3D: a long short-term memory over a sequence of volumes."""

from __future__ import annotations

from maju.layers.conv_lstm_cell import ConvLSTM3DCell
from maju.layers.one_cell import OneCellLayer
from maju.layers.registry import layer

__all__ = ["ConvLSTM3DLayer"]


@layer
class ConvLSTM3DLayer(OneCellLayer):
    """A long short-term memory over a sequence of volumes: its gates are convolutions.

    cₜ = f ∘ cₜ₋₁ + i ∘ c̃, hₜ = o ∘ φ(cₜ); see `ConvLSTMCell` for the gates i, f, o and the candidate c̃.
    `RecurrentLayer` says what happens over the steps, and to masked ones.

    Shapes:
        x: (batch, time, depth, height, width, channels).
        y: (batch, depth, height, width, filters), or (batch, time, ...) with ``return_sequences``.
        With ``data_format`` "channels_first" the channels and the filters stand before the lengths.

    Source: `keras.layers.ConvLSTM3D`.
    """

    keras_class = "ConvLSTM3D"
    cell_class = ConvLSTM3DCell
    cell: ConvLSTM3DCell
