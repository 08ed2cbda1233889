"""StackedRNNCells: several cells as one, each reading the output of the one before."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Self

import numpy as np

from maju.errors import ModelFormatError, Problem
from maju.layers.base import Array, Config, Gradients, Shape, snake_case
from maju.layers.cell import AnyCell, States, StepBackward
from maju.layers.gru_cell import GRUCell
from maju.layers.lstm_cell import LSTMCell
from maju.layers.simple_rnn_cell import SimpleRNNCell

__all__ = ["CELLS", "StackedRNNCells", "class_and_config", "entry"]

#: The cells that a stack can be made of, by their Keras class names: these, and stacks.
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

    def __init__(self, cells: Sequence[AnyCell], *, name: str | None = None) -> None:
        super().__init__(name)
        if not cells:
            raise ValueError("a stack needs at least one cell")
        self.cells: dict[str, AnyCell] = dict(
            zip(_keys([cell.keras_class for cell in cells]), cells, strict=True)
        )
        for below, above in pairwise(cells):
            (width,) = below.state_shapes(below.input_shape)[below.output_state]
            if above.input_shape != (width,):
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

    def state_shapes(self, step: Shape) -> list[Shape]:
        return [shape for cell in self.cells.values() for shape in cell.state_shapes(step)]

    def zero_states(self, batch: int, step: tuple[int, ...] = ()) -> States:
        return tuple(state for cell in self.cells.values() for state in cell.zero_states(batch, step))

    @property
    def state_count(self) -> int:
        return sum(cell.state_count for cell in self.cells.values())

    def for_sequence(self, batch: int, step: tuple[int, ...]) -> AnyCell:
        stack = copy.copy(self)
        stack.cells = {}
        for key, cell in self.cells.items():
            stack.cells[key] = cell.for_sequence(batch, step)
            step = cell.zero_states(batch, step)[cell.output_state].shape[1:]
        return stack

    def _apart(self, states: States) -> list[States]:
        """The states of each cell."""
        ends = np.cumsum([cell.state_count for cell in self.cells.values()])
        return [
            states[end - cell.state_count : end] for end, cell in zip(ends, self.cells.values(), strict=True)
        ]

    def step(self, x: Array, states: States) -> States:
        after: States = ()
        for cell, own in zip(self.cells.values(), self._apart(states), strict=True):
            own = cell.step(x, own)
            x = own[cell.output_state]
            after += own
        return after

    def step_vjp(self, x: Array, states: States) -> tuple[States, StepBackward]:
        after: States = ()
        ways_back = []
        for cell, own in zip(self.cells.values(), self._apart(states), strict=True):
            own, back = cell.step_vjp(x, own)
            x = own[cell.output_state]
            after += own
            ways_back.append(back)

        def backward(d_after: States) -> tuple[Array, States, Gradients]:
            parts = zip(self.cells, self._apart(d_after), ways_back, strict=True)
            d_before: States = ()
            gradients: Gradients = {}
            dx: Any = 0.0  # no cell reads the output of the last one
            for key, d_own, back in reversed(list(parts)):
                read = self.cells[key].output_state
                dx, d_own, own = back((*d_own[:read], d_own[read] + dx, *d_own[read + 1 :]))
                d_before = d_own + d_before
                gradients |= {f"cells/{key}/{name}": gradient for name, gradient in own.items()}
            return dx, d_before, gradients

        return after, backward

    # What files hold of it, and back

    @classmethod
    def _held(cls, config: Config) -> dict[str, tuple[str, Config]]:
        """The class and the config of each cell."""
        cells = config.get("cells")
        if not isinstance(cells, (list, tuple)) or not cells:
            raise ModelFormatError(f"layer {config.get('name')!r} (StackedRNNCells): its cells are no cells")
        held = [class_and_config(cell, config.get("name")) for cell in cells]
        return dict(zip(_keys([class_name for class_name, _ in held]), held, strict=True))

    @classmethod
    def problems(cls, config: Config, where: str) -> list[Problem]:
        found = super().problems(config, where)
        for key, (class_name, held) in cls._held(config).items():
            if class_name in CELLS:
                found += CELLS[class_name].problems(held, f"{where}, {key}")
            else:
                what = f"one of its cells is a {class_name}; {', '.join(CELLS)} are implemented"
                found.append(Problem(where, what))
        return found

    @classmethod
    def weight_shapes(cls, config: Config, input_shape: Shape | None) -> dict[str, Shape]:
        shapes: dict[str, Shape] = {}
        for key, (class_name, held) in cls._held(config).items():
            own = CELLS[class_name].weight_shapes(held, input_shape)
            shapes |= {f"cells/{key}/{name}": shape for name, shape in own.items()}
            input_shape = (None, _width(class_name, held))
        return shapes

    @classmethod
    def from_config(cls, config: Config, weights: Mapping[str, Array] | None = None) -> Self:
        cls.refuse(config)
        cells = []
        for key, (class_name, held) in cls._held(config).items():
            prefix = f"cells/{key}/"
            own = {k.removeprefix(prefix): a for k, a in (weights or {}).items() if k.startswith(prefix)}
            cells.append(CELLS[class_name].from_config(held, own))
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


def _width(class_name: str, config: Config) -> int:
    """How many units a cell has; of a stack, its last cell."""
    while class_name == StackedRNNCells.keras_class:
        class_name, config = class_and_config(config["cells"][-1], config.get("name"))
    units: int = config["units"]
    return units


def entry(cell: AnyCell) -> dict[str, Any]:
    """A cell as a Keras file holds it."""
    return {"class_name": cell.keras_class, "config": cell.get_config(), "module": "keras.layers"}


def class_and_config(held: Any, name: Any) -> tuple[str, Config]:
    """The class and the config of a cell that a file holds; `name` is the layer that it is the cell of."""
    if not isinstance(held, Mapping) or not isinstance(held.get("config"), Mapping):
        raise ModelFormatError(f"layer {name!r}: its cell is no cell")
    return str(held.get("class_name")), held["config"]


def _keys(classes: Sequence[str]) -> list[str]:
    """Where Keras keeps each of several cells: its class in snake case, counted by class."""
    counts: Counter[str] = Counter()
    keys = []
    for base in map(snake_case, classes):
        keys.append(f"{base}_{counts[base]}" if counts[base] else base)
        counts[base] += 1
    return keys
