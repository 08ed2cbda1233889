"""RNN: any cell carried over a sequence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from maju.errors import Problem
from maju.layers.base import Array, Config, Shape
from maju.layers.cell import AnyCell
from maju.layers.held import class_and_config, entry, made
from maju.layers.recurrent import RecurrentLayer, several_shapes
from maju.layers.registry import layer
from maju.layers.stacked_rnn_cells import CELLS, cell_problems, known_cell, no_cell

__all__ = ["RNNLayer"]


@layer
class RNNLayer(RecurrentLayer):
    """Carry a cell over a sequence: a `SimpleRNNCell`, `LSTMCell`, `GRUCell` or registered one, or several.

    `RecurrentLayer` says what happens over the steps, and to masked ones.

    Shapes:
        x: (batch, time, inputs). y: (batch, units of the last cell); with ``return_sequences`` all of them,
        (batch, time, units).

    Source: `keras.layers.RNN`.
    """

    keras_class = "RNN"
    hyper_parameters = ("cell", *RecurrentLayer.own)
    #: The cells of Keras that it can carry, by their class names.
    cells: ClassVar[Mapping[str, type[AnyCell]]] = CELLS

    @classmethod
    def _held(cls, config: Config) -> tuple[type[AnyCell], Config]:
        """The class and the config of the cell."""
        class_name, held = class_and_config(config.get("cell"), no_cell(config.get("name")))
        return known_cell(class_name), held

    @classmethod
    def problems(cls, config: Config, where: str) -> list[Problem]:
        found = super().problems(config, where)
        class_name, held = class_and_config(config.get("cell"), no_cell(config.get("name")))
        return found + cell_problems(class_name, held, where, "cell")

    @classmethod
    def weight_shapes(cls, config: Config, input_shape: Any) -> dict[str, Shape]:
        inside, held = cls._held(config)
        x_shape = None if input_shape is None else several_shapes(input_shape)[0]
        shapes = inside.weight_shapes(held, x_shape)
        return {f"cell/{name}": shape for name, shape in shapes.items()}

    @classmethod
    def from_config(cls, config: Config, weights: Mapping[str, Array] | None = None) -> Self:
        cls.refuse(config)
        inside, _ = cls._held(config)
        own = {name.removeprefix("cell/"): array for name, array in (weights or {}).items()}
        cell = made(inside, config["cell"], own)
        flags = {key: config[key] for key in cls.own if key in config}
        rnn = cls(cell, **flags, name=config.get("name"))
        rnn.keep_extra(config)
        return rnn

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "cell": entry(self.cell)}
