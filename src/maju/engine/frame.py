"""Frame: the tensors of one tile on their way through a plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

from maju.engine.arena import Arena
from maju.formats.specification import TensorRef
from maju.layers.base import Array
from maju.models.bounds import Room

__all__ = ["Frame", "Tensors"]


class Frame:
    """Where a run stands: each tensor and its mask at the place that the plan gave it.

    Attributes:
        values, masks: by place; None where nothing is, or is no more.
        arena: where the kernels' memory comes from.
        room: how many values may still be made.
    """

    def __init__(self, size: int, arena: Arena, room: Room) -> None:
        self.values: list[Any] = [None] * size
        self.masks: list[Any] = [None] * size
        self.arena = arena
        self.room = room

    def scratch(self, *shape: int) -> Array:
        """Memory that a kernel gives back to the arena before it ends."""
        return self.arena.take(*shape)

    def done_with(self, array: Array) -> None:
        """Give back what `scratch` gave."""
        self.arena.give_back(array)


class Tensors(MutableMapping[TensorRef, Any]):
    """A frame's values, or its masks, by their `TensorRef`s, as the calls of readable layers name them."""

    def __init__(self, places: Mapping[TensorRef, int], held: list[Any]) -> None:
        self._places = places
        self._held = held

    def __getitem__(self, ref: TensorRef) -> Any:
        return self._held[self._places[ref]]

    def __setitem__(self, ref: TensorRef, value: Any) -> None:
        self._held[self._places[ref]] = value

    def __delitem__(self, ref: TensorRef) -> None:
        self._held[self._places[ref]] = None

    def __iter__(self) -> Iterator[TensorRef]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)
