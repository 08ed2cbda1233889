"""Kernel: what a step of a plan runs; and the one that runs a readable layer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any, ClassVar

import numpy as np

from maju.engine.frame import Frame, Tensors
from maju.engine.lowering import Instruction
from maju.formats.specification import TensorRef
from maju.layers.base import Array
from maju.models.graph_layer import run_call, take_room
from maju.models.inputs import flat

__all__ = ["Fused", "Kernel", "Places", "Readable"]

FLOAT32 = np.dtype(np.float32)


class Places(dict[TensorRef, int]):
    """The place of each tensor of a program in a frame."""

    def __missing__(self, ref: TensorRef) -> int:
        self[ref] = len(self)
        return self[ref]


class Kernel:
    """A step of a plan.

    Attributes:
        instructions: the calls that it stands for.
        reads, writes: the places of the tensors that it takes, and of those that it leaves.
        aliases: whether what it leaves may lie in the memory of what it takes.
    """

    aliases: ClassVar[bool] = False
    #: What it is, for `Plan.describe`.
    kind: str

    def __init__(self, instructions: Sequence[Instruction], places: Places) -> None:
        self.instructions = list(instructions)
        made = {ref for instruction in instructions for ref in instruction.outputs}
        self.reads = tuple(
            places[ref] for ref in dict.fromkeys(r for i in instructions for r in i.inputs if r not in made)
        )
        self.writes = tuple(places[ref] for ref in instructions[-1].outputs)

    def run(self, frame: Frame) -> None:
        """Take a tile one step on."""
        raise NotImplementedError


class Readable(Kernel):
    """Runs the readable layer itself: for all that has no kernel of its own, and where that does not fit."""

    aliases = True
    kind = "as it reads"

    def __init__(self, instruction: Instruction, places: Places) -> None:
        super().__init__([instruction], places)
        self.instruction = instruction
        self.places = places

    def run(self, frame: Frame) -> None:
        step = self.instruction
        values, masks = Tensors(self.places, frame.values), Tensors(self.places, frame.masks)
        done = run_call(step.node, step.call, values, masks, frame.room, takes_masks_off=step.takes_masks_off)
        outputs = flat(done.y)
        of_outputs = [] if done.mask is None else flat(done.mask)
        for place, (y, mask) in zip(self.writes, zip_longest(outputs, of_outputs), strict=True):
            frame.values[place], frame.masks[place] = y, mask


class Fused(Kernel):
    """One or more layers in a row, from one float32 tensor to one, at once.

    Where what comes is something else, as float64, the readable layers run in its place.
    """

    def __init__(self, instructions: Sequence[Instruction], places: Places) -> None:
        super().__init__(instructions, places)
        self.parts = [Readable(instruction, places) for instruction in instructions]
        (self.x,), (self.y,) = self.reads, self.writes

    def run(self, frame: Frame) -> None:
        x, mask = frame.values[self.x], frame.masks[self.x]
        if type(x) is np.ndarray and x.dtype is FLOAT32 and self.fits(x, mask):
            frame.values[self.y] = self.compute(x, mask, frame)
            frame.masks[self.y] = self.mask(x, mask)
        else:
            for part in self.parts:
                part.run(frame)
            y = frame.values[self.y]
            if isinstance(y, np.ndarray) and frame.arena.holds(y):  # the layer gave what it was given
                frame.values[self.y] = y.copy()

    def fits(self, x: Array, mask: Any) -> bool:
        """Whether `compute` can take this."""
        raise NotImplementedError

    def compute(self, x: Array, mask: Any, frame: Frame) -> Array:
        """What the layers make of x."""
        raise NotImplementedError

    def mask(self, x: Array, mask: Any) -> Any:
        """The mask of what `compute` gives."""
        return None

    def made(self, frame: Frame, *shape: int) -> Array:
        """Memory for what `compute` gives.

        Raises:
            InputError: the model would make too much of its input.
        """
        take_room(frame.room, math.prod(shape), self.instructions[0].node)
        return frame.arena.take(*shape)
