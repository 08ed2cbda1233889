"""DroppedCell: a cell that loses the same random values at every step of a sequence."""

from __future__ import annotations

from maju.layers.base import Array, Gradients, Shape
from maju.layers.cell import AnyCell, States, StepBackward

__all__ = ["DroppedCell"]


class DroppedCell(AnyCell):
    """The step of another cell after dropout: statesₜ = cell(xₜ ∘ m, statesₜ₋₁ ∘ n), the same m and n always.

    Args:
        of_x, of_state: m and n, 0 where a value is lost, else 1 / (1 − rate); 1 where there is no dropout.

    Source: Gal & Ghahramani, 2016, and `keras.layers.SimpleRNNCell`.
    """

    def __init__(self, cell: AnyCell, of_x: Array | float, of_state: Array | float) -> None:
        super().__init__(cell.name)
        self.cell = cell
        self.of_x = of_x
        self.of_state = of_state

    @property
    def input_shape(self) -> Shape:
        return self.cell.input_shape

    @property
    def state_count(self) -> int:
        return self.cell.state_count

    def step(self, x: Array, states: States) -> States:
        return self.cell.step(x * self.of_x, tuple(state * self.of_state for state in states))

    def step_vjp(self, x: Array, states: States) -> tuple[States, StepBackward]:
        after, back = self.cell.step_vjp(x * self.of_x, tuple(state * self.of_state for state in states))

        def backward(d_after: States) -> tuple[Array, States, Gradients]:
            dx, d_states, gradients = back(d_after)
            return dx * self.of_x, tuple(d * self.of_state for d in d_states), gradients

        return after, backward
