"""What windows see of a tile: padding, and views."""

from __future__ import annotations

import functools

import numpy as np

from maju.engine.frame import Frame
from maju.layers.base import Array
from maju.layers.windows import Windows

__all__ = ["counted", "is_padded", "margins", "padded", "patches"]

#: Of how many shapes at most what follows from them is kept.
MOST_SHAPES = 1024


@functools.lru_cache(MOST_SHAPES)
def counted(windows: Windows, lengths: tuple[int, ...]) -> tuple[int, ...]:
    """How many windows there are along each axis."""
    return tuple(int(n) for n in windows.count(lengths) if n is not None)


@functools.lru_cache(MOST_SHAPES)
def margins(windows: Windows, lengths: tuple[int, ...]) -> list[tuple[int, int]]:
    """How far the windows reach beyond axes of these lengths, before and after each."""
    return windows.margins(lengths)


@functools.lru_cache(MOST_SHAPES)
def is_padded(windows: Windows, lengths: tuple[int, ...]) -> bool:
    """Whether the windows reach beyond axes of these lengths."""
    return any(map(any, margins(windows, lengths)))


def padded(x: Array, windows: Windows, frame: Frame, value: float = 0) -> Array:
    """X with the padding of some windows around it, in scratch memory; x itself where there is none."""
    if not is_padded(windows, x.shape[1:-1]):
        return x
    around = margins(windows, x.shape[1:-1])
    lengths = [before + n + after for (before, after), n in zip(around, x.shape[1:-1], strict=True)]
    y = frame.scratch(len(x), *lengths, x.shape[-1])
    inside: list[slice] = [slice(None)]
    for (before, after), n in zip(around, x.shape[1:-1], strict=True):
        y[*inside, :before] = value
        y[*inside, before + n : before + n + after] = value
        inside.append(slice(before, before + n))
    y[tuple(inside)] = x
    return y


def patches(x: Array, windows: Windows) -> Array:
    """What every window sees of x, padding included: (batch, windows ..., places ..., channels), a view."""
    lengths = [n - r for n, r in zip(x.shape[1:-1], windows.reach, strict=True)]
    counts = [n // s + 1 for n, s in zip(lengths, windows.strides, strict=True)]
    along = x.strides[1:-1]
    steps = [step * s for step, s in zip(along, windows.strides, strict=True)]
    within = [step * d for step, d in zip(along, windows.dilation, strict=True)]
    shape = (len(x), *counts, *windows.size, x.shape[-1])
    strides = (x.strides[0], *steps, *within, x.strides[-1])
    seen: Array = np.lib.stride_tricks.as_strided(x, shape, strides, writeable=False)
    return seen
