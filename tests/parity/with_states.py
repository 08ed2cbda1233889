"""Keras's recurrent layers called with states to start from, and with what they give as one flat list."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import keras

from maju.layers.base import Array
from parity.compare import Case, random, scramble

__all__ = ["StatesCase", "states"]


def states(*shapes: tuple[int, ...]) -> list[Array]:
    """States to start from, different in every place."""
    return [0.6 * random(*shape, seed=f"state {place}") for place, shape in enumerate(shapes)]


class StatesCase(Case):
    """A case whose x may be the list [x, state, ...], as maju's layers take it."""

    @cached_property
    def keras_layer(self) -> Any:
        layer = self.make()
        layer.build((self.x[0] if isinstance(self.x, list) else self.x).shape)
        scramble(layer, self.name)
        return layer

    @cached_property
    def expected(self) -> Any:
        x, *first = self.x if isinstance(self.x, list) else [self.x]
        mask = {} if self.mask is None else {"mask": self.mask}
        given = {"initial_state": self.nested(first)} if first else {}
        y = self.keras_layer(x, **given, **mask)
        return keras.tree.flatten(y) if isinstance(y, (list, tuple)) else y

    def nested(self, first: list[Array]) -> Any:
        """The states in the structure in which Keras takes them: one list for each cell of a stack."""
        cell = getattr(self.keras_layer, "cell", None)
        if not isinstance(cell, keras.layers.StackedRNNCells):
            return first
        sizes = [2 if isinstance(one, keras.layers.LSTMCell) else 1 for one in cell.cells]
        return [[first.pop(0) for _ in range(size)] for size in sizes]
