"""StackedRNNCells: several cells as one, each reading the output of the one before."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Self

import numpy as np

from maju.errors import ModelFormatError, Problem, UnsupportedModelError
from maju.layers.base import Array, Config, Gradients, Shape
from maju.layers.cell import AnyCell, States, StepBackward
from maju.layers.gru_cell import GRUCell
from maju.layers.held import class_and_config, entry, keys_of, made
from maju.layers.lstm_cell import LSTMCell
from maju.layers.registry import CUSTOM, find_cell
from maju.layers.simple_rnn_cell import SimpleRNNCell

__all__ = ["CELLS", "StackedRNNCells", "cell_problems", "known_cell", "no_cell"]

#: The cells of Keras by their class names: these, and stacks of them.
CELLS: dict[str, type[AnyCell]] = {cls.keras_class: cls for cls in (SimpleRNNCell, LSTMCell, GRUCell)}


class StackedRNNCells(AnyCell):
    """One time step through several cells: xₜ goes into the first, and its output into the next.

    The states are those of all cells, one cell's after the other's; the output is that of the last cell.

    Shapes:
        x: (batch, inputs of the first cell). states: each (batch, units of its cell).

    Attributes:
        cells: by the names under which Keras keeps their weights: ``gru_cell``, ``gru_cell_1``, ...

    Source: `keras.layers.StackedRNNCells`.
    """

    keras_class = "StackedRNNCells"
    hyper_parameters = ("cells",)
    # Keras 2.1 handed the states over in reverse; its successors can still be told to.
    only = {"reverse_state_order": False}

    def __new__(cls, cells: Any = (), **kwargs: Any) -> Any:
        """A stack of these cells; of cells without weights yet, one whose weights are made later."""
        if not isinstance(cells, (list, tuple)) or any(not isinstance(cell, AnyCell) for cell in cells):
            from maju.models.blueprints import recurrent

            return recurrent.StackedRNNCells(cells, **kwargs)
        return super().__new__(cls)

    def __init__(self, cells: Sequence[AnyCell], *, name: str | None = None) -> None:
        super().__init__(name)
        if not cells:
            raise ValueError("a stack needs at least one cell")
        self.cells: dict[str, AnyCell] = dict(
            zip(keys_of([cell.keras_class for cell in cells]), cells, strict=True)
        )
        for below, above in pairwise(cells):
            (width,) = below.output_shape(below.input_shape)
            if above.input_shape not in ((width,), (None,)):
                raise ValueError(f"{above!r} does not read the {width} units of {below!r}")

    @property
    def weights(self) -> dict[str, Array]:
        return {
            f"cells/{key}/{name}": array
            for key, cell in self.cells.items()
            for name, array in cell.weights.items()
        }

    # A step

    @property
    def input_shape(self) -> Shape:
        return next(iter(self.cells.values())).input_shape

    @property
    def output_state(self) -> int:
        *below, last = self.cells.values()
        return sum(cell.state_count for cell in below) + last.output_state

    def _each(self, step: Shape) -> list[tuple[AnyCell, Shape]]:
        """Each cell with the shape of what it reads, if the first reads a step of this shape."""
        found = []
        for cell in self.cells.values():
            found.append((cell, step))
            step = cell.output_shape(step)
        return found

    def state_shapes(self, step: Shape) -> list[Shape]:
        return [shape for cell, own in self._each(step) for shape in cell.state_shapes(own)]

    def output_shape(self, step: Shape) -> Shape:
        last, own = self._each(step)[-1]
        return last.output_shape(own)

    def zero_states(self, batch: int, step: tuple[int, ...] = ()) -> States:
        each = self._each(step)
        return tuple(s for cell, own in each for s in cell.zero_states(batch, tuple(n or 0 for n in own)))

    @property
    def state_count(self) -> int:
        return sum(cell.state_count for cell in self.cells.values())

    def for_sequence(self, batch: int, step: tuple[int, ...]) -> AnyCell:
        stack = copy.copy(self)
        stack.cells = {}
        for key, (cell, own) in zip(self.cells, self._each(step), strict=True):
            stack.cells[key] = cell.for_sequence(batch, tuple(n or 0 for n in own))
        return stack

    def _apart(self, states: States) -> list[States]:
        """The states of each cell."""
        ends = np.cumsum([cell.state_count for cell in self.cells.values()])
        return [
            states[end - cell.state_count : end] for end, cell in zip(ends, self.cells.values(), strict=True)
        ]

    def step(self, x: Array, states: States) -> States:
        after: States = ()
        extra: States = ()  # an output of the last cell that is none of its states
        for cell, own in zip(self.cells.values(), self._apart(states), strict=True):
            own = cell.step(x, own)
            x = own[cell.output_state]
            after, extra = after + own[: cell.state_count], own[cell.state_count :]
        return after + extra

    def step_vjp(self, x: Array, states: States) -> tuple[States, StepBackward]:
        after: States = ()
        extra: States = ()
        ways_back = []
        for cell, own in zip(self.cells.values(), self._apart(states), strict=True):
            own, back = cell.step_vjp(x, own)
            x = own[cell.output_state]
            after, extra = after + own[: cell.state_count], own[cell.state_count :]
            ways_back.append(back)

        def backward(d_after: States) -> tuple[Array, States, Gradients]:
            parts = zip(self.cells, self._apart(d_after), ways_back, strict=True)
            d_before: States = ()
            gradients: Gradients = {}
            dx: Any = 0.0 if not extra else d_after[-1]  # no cell reads the output of the last one
            for key, d_own, back in reversed(list(parts)):
                dx, d_own, own = back(self.cells[key].with_output(d_own, dx))
                d_before = d_own + d_before
                gradients |= {f"cells/{key}/{name}": gradient for name, gradient in own.items()}
            return dx, d_before, gradients

        return after + extra, backward

    # What files hold of it, and back

    @classmethod
    def _held(cls, config: Config) -> dict[str, tuple[str, Config]]:
        """The class and the config of each cell."""
        cells = config.get("cells")
        if not isinstance(cells, (list, tuple)) or not cells:
            raise ModelFormatError(f"layer {config.get('name')!r} (StackedRNNCells): its cells are no cells")
        held = [class_and_config(cell, no_cell(config.get("name"))) for cell in cells]
        return dict(zip(keys_of([class_name for class_name, _ in held]), held, strict=True))

    @classmethod
    def problems(cls, config: Config, where: str) -> list[Problem]:
        found = super().problems(config, where)
        for key, (class_name, held) in cls._held(config).items():
            found += cell_problems(class_name, held, where, key)
        return found

    @classmethod
    def weight_shapes(cls, config: Config, input_shape: Shape | None) -> dict[str, Shape]:
        shapes: dict[str, Shape] = {}
        for key, (class_name, held) in cls._held(config).items():
            own = known_cell(class_name).weight_shapes(held, input_shape)
            shapes |= {f"cells/{key}/{name}": shape for name, shape in own.items()}
            input_shape = (None, _width(class_name, held))
        return shapes

    @classmethod
    def from_config(cls, config: Config, weights: Mapping[str, Array] | None = None) -> Self:
        cls.refuse(config)
        cells = []
        for (key, (class_name, _)), held in zip(cls._held(config).items(), config["cells"], strict=True):
            prefix = f"cells/{key}/"
            own = {k.removeprefix(prefix): a for k, a in (weights or {}).items() if k.startswith(prefix)}
            cells.append(made(known_cell(class_name), held, own))
        stack = cls(cells, name=config.get("name"))
        stack.keep_extra(config)
        return stack

    def get_config(self) -> dict[str, Any]:
        return {
            "name": self.name,
            **self.extra_config,
            "cells": [entry(cell) for cell in self.cells.values()],
        }


CELLS[StackedRNNCells.keras_class] = StackedRNNCells


def _cell_class(class_name: str) -> type[AnyCell] | None:
    """The cell for a Keras class name, a registered one first; None where there is none."""
    return find_cell(class_name) or CELLS.get(class_name)


def cell_problems(class_name: str, config: Config, where: str, part: str) -> list[Problem]:
    """Everything in a cell that is not implemented; `part` is what it is of the layer at `where`."""
    cls = _cell_class(class_name)
    if cls is not None:
        return cls.problems(config, f"{where}, {part}")
    what, way_out = f"{class_name} is no cell that maju has", ""
    if ">" in class_name:
        name = class_name.removeprefix(CUSTOM)
        what = f"{name} is a class of its author's own; the file does not hold its computation"
        way_out = f"write it as a cell of maju's, under @maju.register({name!r})"
    return [Problem(f"{where}, {part}", what, way_out)]


def known_cell(class_name: str) -> type[AnyCell]:
    """The cell for a Keras class name.

    Raises:
        UnsupportedModelError: there is none.
    """
    found = _cell_class(class_name)
    if found is None:
        raise UnsupportedModelError(cell_problems(class_name, {}, "a recurrent layer", "cell"))
    return found


def _width(class_name: str, config: Config) -> int | None:
    """How long the output of a cell is; of a stack, that of its last cell. None where only the cell knows."""
    while class_name == StackedRNNCells.keras_class:
        class_name, config = class_and_config(config["cells"][-1], no_cell(config.get("name")))
    return config["units"] if class_name in CELLS else None


def no_cell(name: Any) -> str:
    """What is said of a cell of the layer of this name that is none."""
    return f"layer {name!r}: its cell is no cell"
