"""RowGradient: the gradient of a table of which rows were taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["RowGradient"]

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class RowGradient:
    """The gradient of a table of which rows were taken, as of an embedding: one row for each time.

    Keras on TensorFlow hands it on in this form. Where its optimizers square a gradient (or take its absolute
    value), they do that row by row, and add the rows up afterwards: the velocity of Adam gets the sum of the
    squares, which for a word that stands twice in a batch is not the square of the sum.

    Args:
        indices: which row of the table, (n,).
        values: the gradient there, (n, ...).
        shape: the shape of the table.
    """

    indices: Array
    values: Array
    shape: tuple[int, ...]

    def changed(self, function: Callable[[Array], Array]) -> RowGradient:
        """The gradient with a function applied to the values."""
        return RowGradient(self.indices, function(self.values), self.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the numbers."""
        return self.values.dtype

    def __add__(self, other: Any) -> Any:
        """With that of other rows all rows; with an array the sum of both, an array."""
        if isinstance(other, RowGradient):
            indices = np.concatenate([self.indices, other.indices])
            return RowGradient(indices, np.concatenate([self.values, other.values]), self.shape)
        return self if type(other) is int and other == 0 else self.sum + other

    __radd__ = __add__

    def __mul__(self, factor: float) -> RowGradient:
        return self.changed(lambda values: values * factor)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return self.sum if dtype is None else self.sum.astype(dtype, copy=False)

    @cached_property
    def sum(self) -> Array:
        """The rows added up where they belong: of the table's shape."""
        table = np.zeros(self.shape, self.values.dtype)
        if self.indices.size:
            order = np.argsort(self.indices, kind="stable")
            rows, starts = np.unique(self.indices[order], return_index=True)
            table[rows] = np.add.reduceat(self.values[order], starts, axis=0)
        return table

    @cached_property
    def squares(self) -> Array:
        """The squares of the rows, added up likewise."""
        return self.changed(np.square).sum

    @cached_property
    def magnitudes(self) -> Array:
        """The absolute values of the rows, added up likewise."""
        return self.changed(np.abs).sum
