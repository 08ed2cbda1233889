"""New shapes and orders: reshaping, moving axes, repeating, padding, flipping, diagonals, blocks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from maju.layers.operations.axes import axis_tuple
from maju.layers.operations.function import move_back, moving, operation
from maju.layers.operations.types import tensor

__all__: list[str] = []

Whole = int | Sequence[int]


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, (list, tuple)) else value


# Axes


@moving("Reshape")
def reshape(x: Any, *, newshape: Whole) -> Any:
    """The same values in another shape; −1 stands for the length that is left."""
    return np.reshape(x, _tuple(newshape))


@moving("Ravel")
def ravel(x: Any) -> Any:
    """All values in a row."""
    return np.reshape(x, -1)


@moving("ExpandDims")
def expand_dims(x: Any, *, axis: Whole) -> Any:
    """X with new axes of length 1."""
    return np.expand_dims(x, _tuple(axis))


@moving("Squeeze")
def squeeze(x: Any, *, axis: Whole | None = None) -> Any:
    """X without axes of length 1: those given, or all."""
    return np.squeeze(x, _tuple(axis))


@moving("Transpose")
def transpose(x: Any, *, axes: Sequence[int] | None = None) -> Any:
    """X with its axes in another order, or turned round."""
    return np.transpose(x, _tuple(axes) or None)


@moving("Moveaxis")
def moveaxis(x: Any, *, source: Whole, destination: Whole) -> Any:
    """X with axes moved elsewhere, the others in their order."""
    return np.moveaxis(x, _tuple(source), _tuple(destination))


@moving("Swapaxes")
def swapaxes(x: Any, *, axis1: int, axis2: int) -> Any:
    """X with two axes in each other's place."""
    return np.swapaxes(x, axis1, axis2)


NAMES = re.compile(r"\(([^()]*)\)|(\w+)")


def _groups(side: str) -> list[list[str]]:
    """The axes of one side of a pattern: ``"b (h w) c"`` -> ``[["b"], ["h", "w"], ["c"]]``."""
    if NAMES.sub("", side).strip():
        raise ValueError(f"cannot read {side!r}")
    return [(inside or name).split() for inside, name in NAMES.findall(side)]


@moving("Rearrange", module="einops")
def rearrange(tensor: Any, pattern: str, **axes_lengths: int) -> Any:
    """Split, move and join axes by name: ``"b (h w) c -> b c h w"`` with ``h=4``."""
    source, target = (_groups(side) for side in pattern.split("->"))
    lengths = dict(axes_lengths)
    for group, length in zip(source, np.shape(tensor), strict=True):
        unknown = [name for name in group if name not in lengths]
        if len(unknown) > 1:
            raise ValueError(f"the lengths of {', '.join(unknown)} are not known")
        known = int(np.prod([lengths[name] for name in group if name in lengths], initial=1))
        lengths |= dict.fromkeys(unknown, length // known)
    names = [name for group in source for name in group]
    apart = np.reshape(tensor, [lengths[name] for name in names])
    moved = np.transpose(apart, [names.index(name) for group in target for name in group])
    return moved.reshape([int(np.prod([lengths[name] for name in group], initial=1)) for group in target])


# More of the same


@moving("BroadcastTo")
def broadcast_to(x: Any, *, shape: Whole) -> Any:
    """X repeated along axes of length 1, and along new first ones."""
    return np.array(np.broadcast_to(x, _tuple(shape)))


@moving("Repeat")
def repeat(x: Any, *, repeats: Whole, axis: int | None = None) -> Any:
    """Each entry along the axis so many times in a row."""
    return np.repeat(x, repeats, axis=axis)


@moving("Tile")
def tile(x: Any, *, repeats: Whole) -> Any:
    """The whole of x so many times along each axis, the last ones if there are fewer numbers."""
    return np.tile(x, _tuple(repeats))


def _pad_gradient(dy: Any, y: Any, x: Any, constant_values: Any, **hyper_parameters: Any) -> Any:
    (found,) = move_back(lambda places: pad(places, **hyper_parameters), dy, (x,))
    return found, None


@operation("Pad", gradient=_pad_gradient, choices={"mode": ("constant", "reflect", "symmetric")})
def pad(x: Any, constant_values: Any = None, *, pad_width: Any, mode: str = "constant") -> Any:
    """X with so many entries before and behind along each axis: constants, or x mirrored at its edge."""
    x = tensor(x)
    if mode != "constant":
        return np.pad(x, pad_width, mode=mode)  # type: ignore[call-overload]
    return np.pad(x, pad_width, constant_values=0 if constant_values is None else constant_values)


# Other orders


@moving("Flip")
def flip(x: Any, *, axis: Whole | None = None) -> Any:
    """Last to first along the axes, or all of them."""
    return np.flip(x, axis_tuple(axis, np.ndim(x)))


@moving("Fliplr")
def fliplr(x: Any) -> Any:
    """Last to first along axis 1."""
    return np.flip(x, 1)


@moving("Flipud")
def flipud(x: Any) -> Any:
    """Last to first along axis 0."""
    return np.flip(x, 0)


@moving("Roll")
def roll(x: Any, *, shift: Whole, axis: Whole | None = None) -> Any:
    """Each entry moved on by ``shift``; what leaves at the end comes in at the start."""
    return np.roll(x, _tuple(shift), _tuple(axis))


@moving("Rot90")
def rot90(array: Any, *, k: int = 1, axes: Sequence[int] = (0, 1)) -> Any:
    """Turned k times by 90 degrees, from the first of two axes to the second."""
    return np.rot90(array, k, (axes[0], axes[1]))


# Diagonals and triangles


@moving("Diagonal")
def diagonal(x: Any, *, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The diagonals in the planes of two axes, on a last axis; above the main one by ``offset``."""
    return np.diagonal(x, offset, axis1, axis2)


@moving("Diag")
def diag(x: Any, *, k: int = 0) -> Any:
    """A matrix with the vector x as a diagonal and 0 elsewhere; of a matrix, that diagonal."""
    return np.diag(x, k)


@moving("Diagflat")
def diagflat(x: Any, *, k: int = 0) -> Any:
    """A matrix with all values of x as a diagonal and 0 elsewhere."""
    return np.diag(np.reshape(x, -1), k)


@moving("Tril")
def tril(x: Any, *, k: int = 0) -> Any:
    """The last two axes with 0 above a diagonal."""
    return np.tril(x, k)


@moving("Triu")
def triu(x: Any, *, k: int = 0) -> Any:
    """The last two axes with 0 below a diagonal."""
    return np.triu(x, k)


# Blocks of images and windows of sequences

FORMATS = {"data_format": ("channels_last", "channels_first")}


@moving("DepthToSpace", module="nn", choices=FORMATS)
def depth_to_space(x: Any, *, block_size: int, data_format: str = "channels_last") -> Any:
    """Channels spread over blocks of pixels: (h, w, b·b·c) to (h·b, w·b, c)."""
    if data_format == "channels_first":
        x = np.moveaxis(x, 1, -1)
    n, h, w, depth = np.shape(x)
    b, c = block_size, depth // block_size**2
    y = np.reshape(x, (n, h, w, b, b, c)).transpose(0, 1, 3, 2, 4, 5).reshape(n, h * b, w * b, c)
    return np.moveaxis(y, -1, 1) if data_format == "channels_first" else y


@moving("SpaceToDepth", module="nn", choices=FORMATS)
def space_to_depth(x: Any, *, block_size: int, data_format: str = "channels_last") -> Any:
    """Blocks of pixels put on top of each other: (h·b, w·b, c) to (h, w, b·b·c)."""
    if data_format == "channels_first":
        x = np.moveaxis(x, 1, -1)
    n, height, width, c = np.shape(x)
    b, h, w = block_size, height // block_size, width // block_size
    y = np.reshape(x, (n, h, b, w, b, c)).transpose(0, 1, 3, 2, 4, 5).reshape(n, h, w, b * b * c)
    return np.moveaxis(y, -1, 1) if data_format == "channels_first" else y


@moving("ExtractSequences", module="math")
def extract_sequences(x: Any, *, sequence_length: int, sequence_stride: int) -> Any:
    """Windows of the last axis, each ``sequence_stride`` after the one before."""
    windows = np.lib.stride_tricks.sliding_window_view(x, sequence_length, axis=-1)
    return windows[..., ::sequence_stride, :]
