"""Plan: the forward pass of a model as a short list of steps."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from maju.engine.arena import Arena
from maju.engine.frame import Frame
from maju.engine.fusion import fused
from maju.engine.kernels.kernel import Kernel, Places
from maju.engine.lowering import lowered
from maju.formats.specification import TensorRef, map_refs
from maju.layers.base import Array
from maju.models.bounds import Room
from maju.models.graph_layer import GraphLayer

__all__ = ["Plan"]


class Plan:
    """A model's forward pass, lowered once.

    Args:
        model: what it computes; the plan holds copies of what it folded, so that it has to be made anew when
            the weights change.

    Attributes:
        steps: the kernels in their order.
        shapes: of each tensor by its place, batch axis first, as far as the model knows them.
    """

    def __init__(self, model: GraphLayer) -> None:
        program = lowered(model)
        places = Places()
        self.inputs = [(ref, model.nodes[ref.layer], places[ref]) for ref in program.inputs]
        self.steps = fused(program, places)
        self.shapes = {places[ref]: shape for ref, shape in program.shapes.items()}
        self.outputs = map_refs(program.outputs, places.__getitem__)
        self.output_places = sorted(set(_leaves(self.outputs)))
        self._parameters = model.count_params()
        self._size = len(places)
        self._frees = _frees(self.steps, self._size, set(self.output_places))

    def run(self, inputs: Mapping[TensorRef, Array], arena: Arena) -> Frame:
        """Compute a tile.

        Args:
            inputs: what `maju.models.inputs.bind` gives.
            arena: lends the memory; the outputs lie in it until `done_with` gives them back.
        """
        frame = self._begun(inputs, arena)
        with np.errstate(all="ignore"):
            for step, frees in zip(self.steps, self._frees, strict=True):
                step.run(frame)
                for place in frees:
                    _free(frame, place)
        return frame

    def timed(self, inputs: Mapping[TensorRef, Array], arena: Arena) -> list[float]:
        """Compute a tile, and tell how many seconds each step took."""
        frame, seconds = self._begun(inputs, arena), []
        with np.errstate(all="ignore"):
            for step, frees in zip(self.steps, self._frees, strict=True):
                before = time.perf_counter()
                step.run(frame)
                seconds.append(time.perf_counter() - before)
                for place in frees:
                    _free(frame, place)
        self.done_with(frame)
        return seconds

    def _begun(self, inputs: Mapping[TensorRef, Array], arena: Arena) -> Frame:
        rows = max(map(len, inputs.values()))
        room = Room(self._parameters * max(rows, 1) + sum(map(np.size, inputs.values())), rows)
        frame = Frame(self._size, arena, room)
        for ref, node, place in self.inputs:
            frame.values[place] = node.forward(inputs[ref])
        return frame

    def done_with(self, frame: Frame) -> None:
        """Give the memory of a tile's outputs back."""
        for value in frame.values:
            for part in value if isinstance(value, list) else [value]:
                if isinstance(part, np.ndarray):
                    frame.arena.give_back(part)


def _leaves(structure: Any) -> Iterator[int]:
    if isinstance(structure, Mapping):
        structure = list(structure.values())
    if isinstance(structure, (list, tuple)):
        for part in structure:
            yield from _leaves(part)
    else:
        yield structure


def _frees(steps: Sequence[Kernel], size: int, outputs: set[int]) -> list[list[int]]:
    """The places whose memory nobody needs any more, behind each step.

    A place shares the memory of all that it may lie in, and all of them are free when the last one is.
    """
    group = list(range(size))

    def root(place: int) -> int:
        while group[place] != place:
            place = group[place]
        return place

    for step in steps:
        if step.aliases:
            for written in step.writes:
                for read in step.reads:
                    group[root(written)] = root(read)
    last: dict[int, int] = {}
    for number, step in enumerate(steps):
        for place in (*step.reads, *step.writes):
            last[root(place)] = number
    kept = {root(place) for place in outputs}
    frees: list[list[int]] = [[] for _ in steps]
    for place in range(size):
        if root(place) not in kept and root(place) in last:
            frees[last[root(place)]].append(place)
    return frees


def _free(frame: Frame, place: int) -> None:
    value, frame.values[place], frame.masks[place] = frame.values[place], None, None
    if isinstance(value, np.ndarray):
        frame.arena.give_back(value)
