"""What recurrent layers have in common: a cell carried over the steps of a sequence, with its mask."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array, Config, Layer, Shape
from maju.layers.cell import Cell
from maju.layers.dtypes import as_float

__all__ = ["RecurrentLayer"]


class RecurrentLayer(Layer):
    """Carry a cell over a sequence: statesₜ = cell(xₜ, statesₜ₋₁), from zeros.

    A step that the mask leaves out keeps the states, and repeats the output before it (zeros where no
    step came before, or everywhere with ``zero_output_for_mask``). With ``go_backwards`` the steps are taken
    from the last to the first, and a returned sequence is in the order in which they were taken.

    Shapes:
        x: (batch, time, inputs). mask: (batch, time) of bool.
        y: (batch, units), the last output; with ``return_sequences`` all of them, (batch, time, units).

    Attributes:
        cell: the `Cell` that takes one step; it holds the weights.
    """

    masking = "uses"
    derived = Cell.derived
    cell_class: ClassVar[type[Cell]]
    #: The layer's own hyper-parameters; the others are the cell's.
    own = ("return_sequences", "go_backwards", "zero_output_for_mask")
    only = {
        "return_state": False,
        "stateful": False,
        "time_major": False,
        "unroll": ...,
        "implementation": ...,
        "use_cudnn": ...,
    }
    cell: Cell

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.hyper_parameters = (*cls.cell_class.hyper_parameters, *cls.own)
        cls.choices = {**cls.cell_class.choices, **dict.fromkeys(cls.own, (False, True))}

    def __init__(
        self,
        kernel: Array,
        recurrent_kernel: Array,
        bias: Array | None = None,
        *,
        return_sequences: bool = False,
        go_backwards: bool = False,
        zero_output_for_mask: bool = False,
        name: str | None = None,
        **of_cell: Any,
    ) -> None:
        super().__init__(name)
        self.cell = self.cell_class(kernel, recurrent_kernel, bias, **of_cell)
        self.return_sequences = return_sequences
        self.go_backwards = go_backwards
        self.zero_output_for_mask = zero_output_for_mask

    @classmethod
    def weight_shapes(cls, config: Config, input_shape: Shape | None) -> dict[str, Shape]:
        return {f"cell/{k}": shape for k, shape in cls.cell_class.weight_shapes(config, input_shape).items()}

    def get_config(self) -> dict[str, Any]:
        of_cell = {key: getattr(self.cell, key) for key in self.cell_class.hyper_parameters}
        return {
            "name": self.name,
            **self.extra_config,
            **of_cell,
            **{key: getattr(self, key) for key in self.own},
        }

    def forward(self, x: Array, training: bool = False, mask: Array | None = None) -> Array:
        x = as_float(x)
        if x.ndim != 3 or x.shape[2] != self.cell.kernel.shape[0]:
            raise InputError(
                f"layer {self.name!r} ({self.keras_class}): expected shape (batch, time, "
                f"{self.cell.kernel.shape[0]}), got {x.shape}"
            )
        if x.shape[1] == 0:
            raise InputError(
                f"layer {self.name!r} ({self.keras_class}): expected at least one step, got none"
            )
        if training and (self.cell.dropout or self.cell.recurrent_dropout):
            raise InputError(
                f"layer {self.name!r} ({self.keras_class}): its dropout in training is not there yet"
            )
        outputs = self._scan(x, mask)
        return np.stack(outputs, axis=1) if self.return_sequences else outputs[-1]

    def _scan(self, x: Array, mask: Array | None) -> list[Array]:
        """The output of each step, (batch, units), in the order in which the steps are taken."""
        states = self.cell.zero_states(x.shape[0])
        output = zeros = np.zeros_like(states[0])
        outputs = []
        steps = range(x.shape[1])
        for t in reversed(steps) if self.go_backwards else steps:
            after = self.cell.step(x[:, t], states)
            if mask is None:
                states, output = after, after[0]
            else:
                valid = mask[:, t, np.newaxis]  # (batch, 1)
                output = np.where(valid, after[0], zeros if self.zero_output_for_mask else output)
                states = tuple(np.where(valid, new, old) for new, old in zip(after, states, strict=True))
            outputs.append(output)
        return outputs

    def compute_mask(self, x: Array, mask: Array | None = None) -> Array | None:
        return mask if self.return_sequences else None

    def output_shape(self, input_shape: Shape) -> Shape:
        batch, time, _ = input_shape
        return (batch, time, self.cell.units) if self.return_sequences else (batch, self.cell.units)
