"""What the recurrent layers that have a cell of one kind have in common: one config for both."""

from __future__ import annotations

from typing import Any, ClassVar

from maju.layers.base import Array, Config, Shape
from maju.layers.cell import Cell
from maju.layers.recurrent import RecurrentLayer, several_shapes

__all__ = ["OneCellLayer"]


class OneCellLayer(RecurrentLayer):
    """A recurrent layer that makes its cell itself, of the cell's weights and hyper-parameters."""

    cell_class: ClassVar[type[Cell]]
    cell: Cell

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if hasattr(cls, "cell_class"):
            cls.hyper_parameters = (*cls.cell_class.hyper_parameters, *cls.own)
            cls.derived = cls.cell_class.derived
            cls.choices = {**cls.cell_class.choices, **RecurrentLayer.choices}

    def __init__(
        self,
        kernel: Array,
        recurrent_kernel: Array,
        bias: Array | None = None,
        *,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        zero_output_for_mask: bool = False,
        name: str | None = None,
        **of_cell: Any,
    ) -> None:
        super().__init__(
            self.cell_class(kernel, recurrent_kernel, bias, **of_cell),
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            zero_output_for_mask=zero_output_for_mask,
            name=name,
        )

    @classmethod
    def weight_shapes(cls, config: Config, input_shape: Any) -> dict[str, Shape]:
        x_shape = None if input_shape is None else several_shapes(input_shape)[0]
        return {
            f"cell/{name}": shape for name, shape in cls.cell_class.weight_shapes(config, x_shape).items()
        }

    def get_config(self) -> dict[str, Any]:
        of_cell = {key: getattr(self.cell, key) for key in self.cell_class.hyper_parameters}
        return {**super().get_config(), **of_cell}
