"""Cells that a graph calls by themselves, one time step at a call: LSTMCell, GRUCell and the like."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from maju.errors import InputError, Problem
from maju.layers.base import Array, Backward, Config, Layer, Shape
from maju.layers.cell import AnyCell, States
from maju.layers.dtypes import as_float
from maju.layers.gru_cell import GRUCell
from maju.layers.lstm_cell import LSTMCell
from maju.layers.recurrent import flat_states, several_shapes
from maju.layers.registry import layer
from maju.layers.simple_rnn_cell import SimpleRNNCell
from maju.layers.stacked_rnn_cells import StackedRNNCells

__all__ = ["CellLayer", "GRUCellLayer", "LSTMCellLayer", "SimpleRNNCellLayer", "StackedRNNCellsLayer"]


class CellLayer(Layer):
    """One time step of a cell: from x and the states before it to the output and the states after it.

    Shapes:
        x: the list [x, state, ...] of a step, (batch, inputs), and the states, (batch, units) each; they may
        stand in a list of their own. y: the list [output, state, ...].

    Attributes:
        cell: the cell; it holds the weights.
    """

    masking = "uses"
    call_tensors = ("sequence", "states")
    cell_class: ClassVar[type[AnyCell]]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.keras_class = cls.cell_class.keras_class
        cls.hyper_parameters = cls.cell_class.hyper_parameters
        cls.choices = cls.cell_class.choices
        cls.only = cls.cell_class.only

    def __init__(self, cell: AnyCell, *, name: str | None = None) -> None:
        super().__init__(name or cell.name)
        self.cell = cell

    @property
    def weights(self) -> dict[str, Array]:
        return self.cell.weights

    def __getattr__(self, name: str) -> Any:
        # The hyper-parameters are the cell's.
        if name in self.hyper_parameters:
            return getattr(self.cell, name)
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def forward(self, x: Any, training: bool = False, mask: Any = None) -> list[Array]:
        step, states = self._checked(x)
        after = self._stepping(step, training).step(step, states)
        return [after[self.cell.output_state], *after[: len(states)]]

    def vjp(self, x: Any, training: bool = True, mask: Any = None) -> tuple[list[Array], Backward]:
        step, states = self._checked(x)
        after, back = self._stepping(step, training).step_vjp(step, states)

        def backward(dy: Any) -> tuple[Any, dict[str, Array]]:
            d_output, *d_after = dy
            dx, d_states, gradients = back(self.cell.with_output(tuple(d_after), d_output))
            alone = isinstance(x[1], (list, tuple))
            return [dx, list(d_states)] if alone else [dx, *d_states], gradients

        return [after[self.cell.output_state], *after[: len(states)]], backward

    def _stepping(self, step: Array, training: bool) -> AnyCell:
        return self.cell.for_sequence(len(step), step.shape[1:]) if training else self.cell

    def _checked(self, x: Any) -> tuple[Array, States]:
        """The step's input and the states before it.

        Raises:
            InputError: they do not fit the cell, or one another.
        """
        where = f"layer {self.name!r} ({self.keras_class})"
        if not isinstance(x, (list, tuple)) or len(x) < 2:
            raise InputError(f"{where}: expected a list of a step's input and the states before it")
        step, *states = (as_float(value) for value in flat_states(list(x)))
        wanted = [(len(step), *self.cell.input_shape)] if step.ndim else []
        wanted += [state.shape for state in self.cell.zero_states(len(step) if step.ndim else 0)]
        came = [value.shape for value in (step, *states)]
        if came != wanted:
            shown = ["(" + ", ".join(["batch", *map(str, shape[1:])]) + ")" for shape in wanted]
            raise InputError(f"{where}: expected a list of shapes {', '.join(shown)}, got {came}")
        return step, tuple(states)

    def compute_mask(self, x: Any, mask: Any = None) -> Any:
        return [None] * (1 + self.cell.state_count)

    def output_shape(self, input_shape: Any) -> Any:
        batch, *step = several_shapes(input_shape)[0]
        shapes = [self.cell.output_shape(tuple(step)), *self.cell.state_shapes(tuple(step))]
        return [(batch, *shape) for shape in shapes]

    # What files hold of it, and back

    @classmethod
    def problems(cls, config: Config, where: str) -> list[Problem]:
        return cls.cell_class.problems(config, where)

    @classmethod
    def weight_shapes(cls, config: Config, input_shape: Any) -> dict[str, Shape]:
        step = None if input_shape is None else several_shapes(input_shape)[0]
        return cls.cell_class.weight_shapes(config, step)

    @classmethod
    def from_config(cls, config: Config, weights: Mapping[str, Array] | None = None) -> Self:
        made = cls(cls.cell_class.from_config(config, weights), name=config.get("name"))
        made.keep_extra(config)
        return made

    def get_config(self) -> dict[str, Any]:
        return {**self.cell.get_config(), "name": self.name}


@layer
class LSTMCellLayer(CellLayer):
    """One time step of an `LSTMCell`; its states are h and c.

    Source: `keras.layers.LSTMCell`.
    """

    cell_class = LSTMCell


@layer
class GRUCellLayer(CellLayer):
    """One time step of a `GRUCell`.

    Source: `keras.layers.GRUCell`.
    """

    cell_class = GRUCell


@layer
class SimpleRNNCellLayer(CellLayer):
    """One time step of a `SimpleRNNCell`.

    Source: `keras.layers.SimpleRNNCell`.
    """

    cell_class = SimpleRNNCell


@layer
class StackedRNNCellsLayer(CellLayer):
    """One time step of `StackedRNNCells`; the states are those of all cells, one cell's after the other's.

    Source: `keras.layers.StackedRNNCells`.
    """

    cell_class = StackedRNNCells
