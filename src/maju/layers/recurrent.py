"""What recurrent layers have in common: a cell carried over the steps of a sequence, with its mask."""

from __future__ import annotations

from typing import Any, ClassVar, TypeAlias

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array, Backward, Config, Gradients, Layer, Shape
from maju.layers.cell import Cell
from maju.layers.dtypes import as_float

__all__ = ["RecurrentLayer"]

States: TypeAlias = tuple[Array, ...]


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
        x, mask = self._checked(x, training, mask)
        states = self.cell.zero_states(x.shape[0])
        output = np.zeros_like(states[0])
        outputs = []
        for t in self._steps(x):
            after = self.cell.step(x[:, t], states)
            states, output = self._keep(after, states, output, mask, t)
            outputs.append(output)
        return np.stack(outputs, axis=1) if self.return_sequences else outputs[-1]

    def _checked(self, x: Array, training: bool, mask: Array | None) -> tuple[Array, Array | None]:
        x = as_float(x)
        where = f"layer {self.name!r} ({self.keras_class})"
        if x.ndim != 3 or x.shape[2] != self.cell.kernel.shape[0]:
            expected = f"(batch, time, {self.cell.kernel.shape[0]})"
            raise InputError(f"{where}: expected shape {expected}, got {x.shape}")
        if x.shape[1] == 0:
            raise InputError(f"{where}: expected at least one step, got none")
        if training and (self.cell.dropout or self.cell.recurrent_dropout):
            raise InputError(f"{where}: its dropout in training is not there yet")
        if mask is None:
            return x, None
        mask = np.asarray(mask, bool)
        if mask.shape != x.shape[:2]:
            raise InputError(f"{where}: expected a mask of shape {x.shape[:2]}, got {mask.shape}")
        return x, mask

    def _steps(self, x: Array) -> list[int]:
        """The steps in the order in which they are taken."""
        steps = list(range(x.shape[1]))
        return steps[::-1] if self.go_backwards else steps

    def _keep(
        self, after: States, before: States, output: Array, mask: Array | None, t: int
    ) -> tuple[States, Array]:
        """The states and the output after step t: in rows where the mask leaves it out, those before it."""
        if mask is None:
            return after, after[0]
        valid = mask[:, t, np.newaxis]  # (batch, 1)
        repeated = np.zeros_like(output) if self.zero_output_for_mask else output
        states = tuple(np.where(valid, new, old) for new, old in zip(after, before, strict=True))
        return states, np.where(valid, after[0], repeated)

    def vjp(self, x: Array, training: bool = True, mask: Array | None = None) -> tuple[Array, Backward]:
        """Backpropagation through time: the steps are taken back in the opposite order."""
        x, mask = self._checked(x, training, mask)
        states = self.cell.zero_states(x.shape[0])
        output = np.zeros_like(states[0])
        outputs, ways_back = [], []
        for t in self._steps(x):
            after, back = self.cell.step_vjp(x[:, t], states)
            states, output = self._keep(after, states, output, mask, t)
            outputs.append(output)
            ways_back.append((t, back))
        y = np.stack(outputs, axis=1) if self.return_sequences else outputs[-1]

        def backward(dy: Array) -> tuple[Array, Gradients]:
            dx = np.zeros_like(x)
            d_states = tuple(np.zeros_like(state) for state in states)
            d_output = np.zeros_like(output) if self.return_sequences else dy
            total: Gradients = {}
            for place, (t, back) in reversed(list(enumerate(ways_back))):
                if self.return_sequences:
                    d_output = d_output + dy[:, place]
                valid = True if mask is None else mask[:, t, np.newaxis]
                # What the mask leaves out flows past the step, to the states and the output before it.
                d_after = [np.where(valid, d, 0) for d in d_states]
                d_after[0] = d_after[0] + np.where(valid, d_output, 0)
                dx[:, t], d_before, gradients = back(tuple(d_after))
                d_states = tuple(
                    d + np.where(valid, 0, past) for d, past in zip(d_before, d_states, strict=True)
                )
                d_output = np.where(valid | self.zero_output_for_mask, 0, d_output)
                for name, gradient in gradients.items():
                    total[f"cell/{name}"] = total.get(f"cell/{name}", 0) + gradient
            return dx, total

        return y, backward

    def compute_mask(self, x: Array, mask: Array | None = None) -> Array | None:
        return mask if self.return_sequences else None

    def output_shape(self, input_shape: Shape) -> Shape:
        batch, time, _ = input_shape
        return (batch, time, self.cell.units) if self.return_sequences else (batch, self.cell.units)
