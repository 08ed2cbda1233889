"""Value by value: normalization, activation, sums of several tensors, and vectors of all values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from maju.engine.frame import Frame
from maju.engine.kernels.activate import in_place
from maju.engine.kernels.affine import scale_and_shift
from maju.engine.kernels.kernel import FLOAT32, Fused, Kernel, Places, Readable
from maju.engine.lowering import Instruction
from maju.layers.activations import Activation
from maju.layers.base import Array
from maju.layers.batch_normalization import BatchNormalizationLayer
from maju.models.graph_layer import take_room

__all__ = ["FlatKernel", "ScaleKernel", "SumKernel"]


class ScaleKernel(Fused):
    """Y = φ(x·s + t): a normalization, an activation, or one after the other."""

    kind = "value by value"

    def __init__(
        self,
        instructions: Sequence[Instruction],
        places: Places,
        normalization: BatchNormalizationLayer | None,
        activation: Activation,
    ) -> None:
        super().__init__(instructions, places)
        self.scale = None if normalization is None else scale_and_shift(normalization)
        self.activate = in_place(activation)

    def fits(self, x: Array, mask: Any) -> bool:
        return x.ndim > 1 and (self.scale is None or x.shape[-1] == len(self.scale[0]))

    def compute(self, x: Array, mask: Any, frame: Frame) -> Array:
        y = self.made(frame, *x.shape)
        if self.scale is None:
            np.copyto(y, x)
        else:
            np.multiply(x, self.scale[0], out=y)
            y += self.scale[1]
        self.activate(y)
        return y

    def mask(self, x: Array, mask: Any) -> Any:
        return mask


class FlatKernel(Fused):
    """The same memory, seen as one vector a row."""

    aliases = True
    kind = "a view"

    def fits(self, x: Array, mask: Any) -> bool:
        return mask is None and x.ndim > 1 and x.flags.c_contiguous

    def compute(self, x: Array, mask: Any, frame: Frame) -> Array:
        return x.reshape(len(x), math.prod(x.shape[1:]))


class SumKernel(Kernel):
    """Y = φ(a + b + ...) of tensors of one shape, without masks."""

    kind = "value by value"

    def __init__(self, instructions: Sequence[Instruction], places: Places, activation: Activation) -> None:
        super().__init__(instructions, places)
        self.parts = [Readable(instruction, places) for instruction in instructions]
        self.terms = [places[ref] for ref in instructions[0].call.args[0]]
        self.activate = in_place(activation)

    def run(self, frame: Frame) -> None:
        terms = [frame.values[place] for place in self.terms]
        shapes = {np.shape(term) for term in terms}
        alike = len(shapes) == 1 and all(type(t) is np.ndarray and t.dtype is FLOAT32 for t in terms)
        if not alike or any(frame.masks[place] is not None for place in self.terms):
            for part in self.parts:
                part.run(frame)
            return
        first, second, *others = terms
        take_room(frame.room, first.size, self.instructions[0].node)
        y = np.add(first, second, out=frame.arena.take(*first.shape))
        for other in others:
            y += other
        self.activate(y)
        frame.values[self.writes[0]], frame.masks[self.writes[0]] = y, None
