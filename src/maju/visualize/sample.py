"""The one sample of a batch that a picture is of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from maju.errors import InputError
from maju.formats.specification import TensorRef
from maju.layers.base import Array
from maju.layers.policies import plain
from maju.models import Model
from maju.models.inputs import bind

__all__ = ["Sample", "rows_of", "sample_of"]


@dataclass(frozen=True, eq=False)
class Sample:
    """A row of what was given for a model.

    Attributes:
        inputs: what stands in each input layer's place, (1, ...), as the layer gives it on.
        row, rows: which row it is, and of how many.
    """

    inputs: Mapping[TensorRef, Array]
    row: int
    rows: int

    @property
    def where(self) -> str:
        """Which row is shown, for a title; nothing where there is only one."""
        return "" if self.rows == 1 else f"row {self.row} of {self.rows}"

    def repeated(self, times: int) -> dict[TensorRef, Array]:
        """The inputs, as so many equal rows."""
        return {ref: np.repeat(value, times, axis=0) for ref, value in self.inputs.items()}


def rows_of(model: Model, x: Any) -> dict[TensorRef, Array]:
    """What is given for each input of a model, as its input layer gives it on.

    Raises:
        InputError: it does not fit the model, or has no rows.
    """
    inputs = {ref: plain(model.nodes[ref.layer].forward(v)) for ref, v in bind(model.spec, x).items()}
    lengths = {len(value) for value in inputs.values()}
    if len(lengths) != 1:
        raise InputError(f"the inputs have different numbers of rows: {sorted(lengths)}")
    if lengths == {0}:
        raise InputError("expected at least one row of input, got none")
    return inputs


def sample_of(model: Model, x: Any, row: int = 0) -> Sample:
    """Row `row` of what `Model.predict` takes.

    Raises:
        InputError: x does not fit the model, or has no such row.
    """
    inputs = rows_of(model, x)
    rows = len(next(iter(inputs.values())))
    if not isinstance(row, (int, np.integer)) or not 0 <= row < rows:
        raise InputError(f"row={row!r}: the input has the rows 0 to {rows - 1}")
    return Sample({ref: value[row : row + 1] for ref, value in inputs.items()}, int(row), rows)
