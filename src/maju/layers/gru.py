"""GRU: a gated recurrent unit over a sequence."""

from __future__ import annotations

from maju.layers.gru_cell import GRUCell
from maju.layers.one_cell import OneCellLayer
from maju.layers.registry import layer

__all__ = ["GRULayer"]


@layer
class GRULayer(OneCellLayer):
    """A gated recurrent unit over a sequence.

    hₜ = z ∘ hₜ₋₁ + (1 − z) ∘ h̃; see `GRUCell` for the gate z and the candidate h̃.
    `RecurrentLayer` says what happens over the steps, and to masked ones.

    Shapes:
        x: (batch, time, inputs). y: (batch, units), or (batch, time, units) with ``return_sequences``.

    Source: `keras.layers.GRU`.
    """

    keras_class = "GRU"
    cell_class = GRUCell
    cell: GRUCell
