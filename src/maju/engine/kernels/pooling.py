"""Pooling into memory that was there before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from maju.engine.frame import Frame
from maju.engine.kernels.kernel import Fused, Places
from maju.engine.kernels.sliding import counted, is_padded
from maju.engine.lowering import Instruction
from maju.layers.base import Array
from maju.layers.max_pooling import MaxPooling
from maju.layers.pooling import Pooling
from maju.layers.windows import Windows

__all__ = ["Pool", "PoolingKernel"]


class PoolingKernel(Fused):
    """The largest value under each window, or the mean, with no padding between."""

    kind = "place by place"

    def __init__(self, instructions: Sequence[Instruction], places: Places, layer: Pooling) -> None:
        super().__init__(instructions, places)
        self.pool = Pool.of(layer)

    def fits(self, x: Array, mask: Any) -> bool:
        return mask is None and x.ndim == len(self.pool.windows.size) + 2 and self.pool.fits(x.shape[1:-1])

    def compute(self, x: Array, mask: Any, frame: Frame) -> Array:
        y = self.made(frame, len(x), *counted(self.pool.windows, x.shape[1:-1]), x.shape[-1])
        self.pool.put(y, x)
        return y


@dataclass(frozen=True)
class Pool:
    """What a pooling does.

    Attributes:
        largest: whether it takes the largest value under each window; else the mean.
    """

    windows: Windows
    largest: bool

    @classmethod
    def of(cls, layer: Pooling) -> Pool:
        """That of a layer."""
        return cls(layer.windows, isinstance(layer, MaxPooling))

    def fits(self, lengths: tuple[int, ...]) -> bool:
        """Whether it has windows along axes of these lengths, and reaches nowhere beyond them."""
        return 0 not in counted(self.windows, lengths) and not is_padded(self.windows, lengths)

    def put(self, y: Array, x: Array) -> None:
        """Put what it makes of x into y."""
        first, *others = (seen for _, seen in self.windows.views(x))
        gather = np.maximum if self.largest else np.add
        np.copyto(y, first)
        for seen in others:
            gather(y, seen, out=y)
        if not self.largest:
            y /= 1 + len(others)
