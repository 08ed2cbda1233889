"""Arena: memory for the tensors of one run, used again as soon as nobody needs it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from maju.layers.base import Array

__all__ = ["Arena"]


FLOAT32 = np.dtype(np.float32)
#: How many times larger than what is asked for a block may be: a large one is kept for what needs it.
LARGER = 4


class Arena:
    """Blocks of memory that are lent and given back.

    The second tile of a run finds the blocks of the first, so that a run of any length allocates for one
    tile, and no more than is alive at the same time.
    """

    def __init__(self) -> None:
        self._free: dict[int, list[Array]] = {}  # by their size
        self._lent: dict[int, Array] = {}

    def take(self, *shape: int, dtype: np.dtype[Any] = FLOAT32) -> Array:
        """An array of this shape with anything in it, in the smallest free block that suits it."""
        size = math.prod(shape) * dtype.itemsize
        blocks = self._free.get(size)
        if not blocks:
            best = min((n for n, b in self._free.items() if b and size <= n <= LARGER * size), default=None)
            blocks = [np.empty(size, np.uint8)] if best is None else self._free[best]
        block = blocks.pop()
        self._lent[id(block)] = block
        return np.ndarray(shape, dtype, block)

    def give_back(self, array: Array) -> None:
        """Take back the block of an array, or of any view of it; nothing happens if it is of elsewhere."""
        block = self._lent.pop(id(array.base), None)
        if block is not None:
            self._free.setdefault(len(block), []).append(block)

    def holds(self, array: Array) -> bool:
        """Whether an array lies in memory that was lent and not given back."""
        return id(array.base) in self._lent

    @property
    def size(self) -> int:
        """The bytes of all blocks together."""
        free = [block for blocks in self._free.values() for block in blocks]
        return sum(map(len, [*free, *self._lent.values()]))
