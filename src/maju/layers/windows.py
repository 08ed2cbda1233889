"""How a window slides over a sequence, an image or a volume; shared by convolution and pooling."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from maju.layers.base import Array, Config, Shape

__all__ = [
    "KINDS",
    "Windows",
    "channels_last",
    "from_channels_last",
    "input_channels",
    "split_shape",
    "whole",
    "whole_shape",
]

#: What there is to slide over, by the number of its axes.
KINDS = {1: "sequences", 2: "images", 3: "volumes"}
#: How many places a window may have, and over how many its elements may be spread, all axes together: padding
#: reaches as far, whatever the size of the input. A model that is meant seriously stays far below.
MAX_PLACES = 1 << 20
MAX_SPREAD = 1 << 13
#: Of how many shapes at most what follows from them is kept.
MOST_SHAPES = 1024


@dataclass(frozen=True)
class Windows:
    """Windows of one size at regular places, along every axis between the batch and the channels.

    On an axis of length n, padding included, window i covers the elements i·s + a·d, a = 0 ... k − 1.

    Args:
        size: k of each axis. One axis makes a sequence, two an image, three a volume.
        strides: s of each axis: how far it is from one window to the next.
        dilation: d of each axis: how far it is from one element of a window to the next.
        padding: "valid" for none; "same" for as much on both sides as gives ⌈n/s⌉ windows; "causal" for all
            of it before the first element, so that no window looks ahead.
    """

    size: tuple[int, ...]
    strides: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: str = "valid"

    def __post_init__(self) -> None:
        if math.prod(self.size) > MAX_PLACES or math.prod(self.dilation) > MAX_SPREAD:
            raise ValueError(f"windows of size {self.size}, {self.dilation} apart, reach too far")

    @classmethod
    def of(
        cls,
        rank: int,
        size: int | Sequence[int],
        strides: int | Sequence[int],
        dilation: int | Sequence[int] = 1,
        padding: str = "valid",
    ) -> Windows:
        """Windows from Keras's short forms: for an image, 3 stands for (3, 3)."""
        return cls(whole(size, rank), whole(strides, rank), whole(dilation, rank), padding)

    @property
    def reach(self) -> tuple[int, ...]:
        """From the first to the last element of a window, along each axis: (k − 1)·d + 1."""
        return tuple((k - 1) * d + 1 for k, d in zip(self.size, self.dilation, strict=True))

    def count(self, lengths: Shape) -> Shape:
        """How many windows there are along axes of these lengths; None where the length is not known.

        ⌊(n − reach) / s⌋ + 1 without padding, else ⌈n/s⌉.
        """
        if self.padding == "valid":
            counts = zip(lengths, self.reach, self.strides, strict=True)
            return tuple(None if n is None else max(0, (n - r) // s + 1) for n, r, s in counts)
        return tuple(None if n is None else -(-n // s) for n, s in zip(lengths, self.strides, strict=True))

    def margins(self, lengths: Sequence[int]) -> list[tuple[int, int]]:
        """How many elements the padding puts before and after each axis.

        "same" needs (⌈n/s⌉ − 1)·s + reach − n of them, which depends on the stride; where that is odd, the
        one too many goes to the right.
        """
        if self.padding == "valid":
            return [(0, 0)] * len(lengths)
        if self.padding == "causal":
            return [(r - 1, 0) for r in self.reach]
        missing = [
            max(0, (-(-n // s) - 1) * s + r - n)
            for n, s, r in zip(lengths, self.strides, self.reach, strict=True)
        ]
        return [(m // 2, m - m // 2) for m in missing]

    def pad(self, x: Array, value: float = 0) -> Array:
        """X (batch, ..., channels) with the padding around it."""
        if self.padding == "valid":
            return x
        lengths = x.shape[1:-1]
        around = [
            n + before + after for n, (before, after) in zip(lengths, self.margins(lengths), strict=True)
        ]
        padded = np.full((len(x), *around, x.shape[-1]), value, x.dtype)
        self.unpad(padded, lengths)[...] = x
        return padded

    def unpad(self, padded: Array, lengths: Sequence[int]) -> Array:
        """The way back from `pad`, for axes that had these lengths."""
        margins = self.margins(lengths)
        return padded[:, *(slice(left, left + n) for (left, _), n in zip(margins, lengths, strict=True))]

    def views(self, padded: Array) -> list[tuple[tuple[int, ...], Array]]:
        """For each place in the window, what all the windows see there.

        Returns:
            pairs ``place, seen``. For an image ``seen[n, i, j, c] = padded[n, i·s + a·d, j·s + b·d, c]`` at
            place (a, b): views, no copies, so adding to one adds to `padded`.
        """
        return [(place, padded[seen]) for place, seen in _seen(self, padded.shape[1:-1])]

    def patches(self, padded: Array) -> Array:
        """What every window sees: (batch, windows ..., places of a window ..., channels), a view.

        For an image ``patches[n, i, j, a, b, c] = padded[n, i·s + a·d, j·s + b·d, c]``.
        """
        lengths = zip(padded.shape[1:-1], self.reach, self.strides, strict=True)
        counts = [(n - r) // s + 1 for n, r, s in lengths]
        of_one, *along, of_channel = padded.strides
        jumps = [jump * s for jump, s in zip(along, self.strides, strict=True)]
        steps = [jump * d for jump, d in zip(along, self.dilation, strict=True)]
        return np.lib.stride_tricks.as_strided(
            padded,
            (len(padded), *counts, *self.size, padded.shape[-1]),
            (of_one, *jumps, *steps, of_channel),
            writeable=False,
        )


@functools.lru_cache(MOST_SHAPES)
def _seen(windows: Windows, lengths: tuple[int, ...]) -> list[tuple[tuple[int, ...], tuple[slice, ...]]]:
    """For each place in a window, which elements of a whole, padded tensor the windows see there."""
    along = []  # for each axis
    for n, k, r, s, d in zip(
        lengths, windows.size, windows.reach, windows.strides, windows.dilation, strict=True
    ):
        along.append([slice(a * d, a * d + n - r + 1, s) for a in range(k)])
    places = product(*(range(k) for k in windows.size))
    return [(place, (slice(None), *seen)) for place, seen in zip(places, product(*along), strict=True)]


def whole(value: int | Sequence[int], rank: int) -> tuple[int, ...]:
    """A number for each axis, where Keras takes one for all: 3 stands for (3, 3)."""
    values = (value,) * rank if isinstance(value, int) else tuple(int(part) for part in value)
    if len(values) != rank:
        raise ValueError(f"expected {rank} numbers, got {value!r}")
    return values


def channels_last(x: Array, data_format: str) -> Array:
    """X as (batch, ..., channels), whichever way it is stored."""
    return x if data_format == "channels_last" else np.moveaxis(x, 1, -1)


def from_channels_last(y: Array, data_format: str) -> Array:
    """The way back from `channels_last`."""
    return y if data_format == "channels_last" else np.moveaxis(y, -1, 1)


def split_shape(shape: Shape, data_format: str) -> tuple[Shape, int | None]:
    """The lengths of the axes that windows slide along, and the number of channels."""
    return (shape[1:-1], shape[-1]) if data_format == "channels_last" else (shape[2:], shape[1])


def whole_shape(batch: int | None, lengths: Shape, channels: int | None, data_format: str) -> Shape:
    """The way back from `split_shape`."""
    return (batch, *lengths, channels) if data_format == "channels_last" else (batch, channels, *lengths)


def input_channels(config: Config, input_shape: Shape | None) -> int | None:
    """How many channels a layer of this config is given; None where that is not known."""
    if input_shape is None:
        return None
    return split_shape(input_shape, config.get("data_format", "channels_last"))[1]
