"""Plan: the forward pass of a model as a short list of steps."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from maju.engine.arena import Arena
from maju.engine.frame import Frame
from maju.engine.fusion import fused
from maju.engine.kernels.kernel import Kernel, Places
from maju.engine.kernels.recurrent import RecurrentKernel
from maju.engine.lowering import Instruction, lowered
from maju.formats.specification import TensorRef, refs_in
from maju.layers.base import Array, Shape
from maju.layers.operations import Operation
from maju.layers.policies import leaves
from maju.models.bounds import Room, values_in
from maju.models.graph_layer import GraphLayer

__all__ = ["Plan"]

#: How many rows of a recurrent layer are taken together, and at most of any model.
ROWS_OF_SCAN, MOST_ROWS = 64, 256
#: How many values the largest tensor of a tile may hold: with fewer rows the products of matrices lose more
#: than the caches win.
VALUES_OF_TILE = 1 << 20


class Plan:
    """A model's forward pass, lowered once.

    Args:
        model: what it computes; the plan holds copies of what it folded, so that it has to be made anew when
            the weights change.

    Attributes:
        steps: the kernels in their order.
        shapes: of each tensor by its place, batch axis first, as far as the model knows them.
        outputs: the place of each output.
        mixes_rows: whether a row's outcome may depend on the others that are computed with it.
        tile: how many rows are best computed together, where it does not.
    """

    def __init__(self, model: GraphLayer) -> None:
        program = lowered(model)
        places = Places()
        self.inputs = [(ref, model.held[ref.layer], places[ref]) for ref in program.inputs]
        self.steps = fused(program, places)
        self.shapes = {places[ref]: shape for ref, shape in program.shapes.items()}
        pairs = zip(refs_in(model.spec.outputs), refs_in(program.outputs), strict=True)
        self.outputs = {ref: places[tensor] for ref, tensor in pairs}
        self.mixes_rows = any(
            _mixes_rows(instruction.node) or _stretches(instruction, program.shapes)
            for instruction in program.instructions
        )
        self.tile = _tile(self.steps, program.shapes.values())
        self._parameters = model.parameters
        self._size = len(places)
        self._frees = _frees(self.steps, self._size, set(self.outputs.values()))

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


def _mixes_rows(node: Any) -> bool:
    """Whether what is called may mix rows: an operation on whole arrays, or code of a user's own."""
    if node is None:
        return False
    if isinstance(node, Operation):
        return not node.function.elementwise
    own = type(node).__module__.startswith("maju.")
    return not own or isinstance(node, GraphLayer) or _mixes_rows(getattr(node, "layer", None))


def _stretches(instruction: Instruction, shapes: Mapping[TensorRef, Shape | None]) -> bool:
    """Whether a call may put values of one row beside those of another, as it stretches them to one shape.

    So it does with a tensor of fewer axes than comes out, and with a constant that has rows of its own.
    """
    given = leaves([list(instruction.call.args), dict(instruction.call.kwargs)])
    constants = [np.shape(part) for part in given if isinstance(part, np.ndarray)]
    operates = isinstance(instruction.node, Operation)
    if not constants and not operates:
        return False  # a layer keeps rows apart
    made = [shapes.get(ref) for ref in instruction.outputs]
    tensors = [shapes.get(ref) for ref in instruction.inputs] if operates else []
    if any(shape is None for shape in (*made, *tensors)):
        return True
    axes = min(len(shape or ()) for shape in made)
    rows_of_own = any(len(shape) > axes or (len(shape) == axes and shape[:1] != (1,)) for shape in constants)
    return rows_of_own or any(len(shape or ()) < axes for shape in tensors)


def _tile(steps: Sequence[Kernel], shapes: Iterable[Shape | None]) -> int:
    """So many rows that the largest tensor stays near the core that works on it."""
    if any(isinstance(step, RecurrentKernel) for step in steps):
        return ROWS_OF_SCAN  # whose products are the better the more rows there are
    largest = max((values_in(shape[1:]) for shape in shapes if shape), default=1)
    return max(1, min(MOST_ROWS, VALUES_OF_TILE // max(largest, 1)))


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
