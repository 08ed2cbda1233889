"""Pooling into memory that was there before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from maju.engine.frame import Frame
from maju.engine.kernels.kernel import Fused, Places
from maju.engine.kernels.sliding import counted, is_padded
from maju.engine.lowering import Instruction
from maju.layers.base import Array
from maju.layers.pooling import Pooling

__all__ = ["PoolingKernel", "fits_pooling", "pool_into", "pooled"]


class PoolingKernel(Fused):
    """The largest value under each window, or the mean, with no padding between."""

    kind = "place by place"

    def __init__(self, instructions: Sequence[Instruction], places: Places, layer: Pooling) -> None:
        super().__init__(instructions, places)
        self.layer = layer

    def fits(self, x: Array, mask: Any) -> bool:
        return mask is None and x.ndim == self.layer.rank + 2 and fits_pooling(self.layer, x.shape[1:-1])

    def compute(self, x: Array, mask: Any, frame: Frame) -> Array:
        y = self.made(frame, len(x), *pooled(self.layer, x.shape[1:-1]), x.shape[-1])
        pool_into(y, x, self.layer)
        return y


def fits_pooling(layer: Pooling, lengths: tuple[int, ...]) -> bool:
    """Whether a pooling has windows along axes of these lengths, and reaches nowhere beyond them."""
    return 0 not in counted(layer.windows, lengths) and not is_padded(layer.windows, lengths)


def pooled(layer: Pooling | None, lengths: tuple[int, ...]) -> tuple[int, ...]:
    """The lengths of the axes behind a pooling; they stay as they are if there is none."""
    return lengths if layer is None else counted(layer.windows, lengths)


def pool_into(y: Array, x: Array, layer: Pooling) -> None:
    """What a pooling without padding makes of x, into y."""
    first, *others = (seen for _, seen in layer.windows.views(x))
    gather = np.maximum if layer.keras_class.startswith("Max") else np.add
    np.copyto(y, first)
    for seen in others:
        gather(y, seen, out=y)
    if gather is np.add:
        y /= 1 + len(others)
