"""Gradients as optimizers take them, and the pieces in which they are worked through."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from maju.layers.base import Array
from maju.layers.row_gradient import RowGradient

__all__ = ["BLOCK", "Gradient", "blocks"]

#: How many numbers are updated at a time: few enough to stay in the processor's cache from the first
#: operation on them to the last.
BLOCK = 1 << 14


class Gradient:
    """The gradient of a weight, or a part of it.

    Attributes:
        values: the numbers, as many as the weight has.
    """

    def __init__(self, given: Array | RowGradient, part: slice | None = None) -> None:
        whole = given.sum if isinstance(given, RowGradient) else np.ascontiguousarray(given)
        self._given: Array | RowGradient = given if isinstance(given, RowGradient) else whole
        self._part = part
        self.values = self._of_part(whole)

    def _of_part(self, whole: Array) -> Array:
        return whole if self._part is None else whole.reshape(-1)[self._part]

    def part(self, part: slice) -> Gradient:
        """Some of the numbers, counted through in order."""
        return Gradient(self._given, part)

    def square(self, out: Array) -> None:
        """Write the squares into an array."""
        if isinstance(self._given, RowGradient):
            out[...] = self._of_part(self._given.squares)
        else:
            np.square(self.values, out=out)

    def magnitude(self, out: Array) -> None:
        """Write the absolute values into an array."""
        if isinstance(self._given, RowGradient):
            out[...] = self._of_part(self._given.magnitudes)
        else:
            np.abs(self.values, out=out)


def blocks(weight: Array, *beside: Array | Gradient, scratch: int = 1) -> Iterator[tuple[Any, ...]]:
    """Pieces of a weight, and of what has its shape, for an update number by number.

    Args:
        scratch: how many arrays without content each piece gets for what is in between.

    Returns:
        the piece of the weight, of each thing beside it, and the arrays without content.
    """
    given = (weight, *beside)
    if not all(a.flags.c_contiguous for a in given if isinstance(a, np.ndarray)):
        yield (*given, *(np.empty_like(weight) for _ in range(scratch)))
        return
    size = min(weight.size, BLOCK)
    empty = np.empty((scratch, size), weight.dtype)
    for start in range(0, weight.size, BLOCK):
        part = slice(start, min(start + BLOCK, weight.size))
        pieces = (a.part(part) if isinstance(a, Gradient) else a.reshape(-1)[part] for a in given)
        yield (*pieces, *empty[:, : part.stop - start])
