"""Parts of arrays, by place: slices, single entries, lists of places; and putting values at places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from maju.layers.operations.axes import one_axis
from maju.layers.operations.function import move_back, moving, operation
from maju.layers.operations.types import tensor

__all__: list[str] = []


@moving("GetItem")
def get_item(x: Any, key: Any) -> Any:
    """``x[key]``, with numbers, slices, ``...`` and None in the key."""
    return np.array(x[tuple(key) if isinstance(key, list) else key])


@moving("Slice", module="core")
def slice_(inputs: Any, start_indices: Any, *, shape: Sequence[int]) -> Any:
    """The part of a shape that begins at a place; −1 takes all that follow."""
    starts = [int(start) for start in start_indices]
    found = inputs[_block(starts, [n if n != -1 else None for n in shape])]
    if any(n not in (-1, m) for n, m in zip(shape, found.shape, strict=True)):
        raise IndexError(f"a part of shape {tuple(shape)} from {starts}")
    return np.array(found)


def _block(starts: Sequence[int], lengths: Sequence[int | None]) -> tuple[slice, ...]:
    if any(start < 0 for start in starts):
        raise IndexError(f"a part from {tuple(starts)}")
    pairs = zip(starts, lengths, strict=True)
    return tuple(slice(start, None if length is None else start + length) for start, length in pairs)


def _slice_update_gradient(dy: Any, y: Any, inputs: Any, start_indices: Any, updates: Any) -> Any:
    back = move_back(lambda x, u: slice_update(x, start_indices, u), dy, (inputs, updates), 2)
    return back[0], None, back[1]


@operation("SliceUpdate", module="core", gradient=_slice_update_gradient)
def slice_update(inputs: Any, start_indices: Any, updates: Any) -> Any:
    """A copy of the inputs with a part, which begins at a place, replaced by the updates.

    A place from which the updates would reach too far is moved back until they fit.
    """
    lengths = np.shape(updates)
    room = [n - m for n, m in zip(np.shape(inputs), lengths, strict=True)]
    starts = [min(max(int(start), 0), left) for start, left in zip(start_indices, room, strict=True)]
    y = np.array(inputs)
    y[_block(starts, lengths)] = updates
    return y


@moving("Take")
def take(x: Any, indices: Any, *, axis: int | None = None) -> Any:
    """The entries at these places along the axis, or among all values; negative ones count from the end."""
    return np.take(x, tensor(indices).astype(np.int64), axis=axis)


@moving("TakeAlongAxis")
def take_along_axis(x: Any, indices: Any, *, axis: int | None = None) -> Any:
    """For each row along the axis, the entries at places of its own."""
    places = tensor(indices).astype(np.int64)
    if axis is None:
        return np.take(np.reshape(x, -1), places)
    return np.take_along_axis(np.asarray(x), places, axis=axis)


def _onto(indices: Any) -> tuple[Any, ...]:
    """Places as the last axis tells them, one number for each of the first axes."""
    return tuple(np.moveaxis(tensor(indices).astype(np.int64), -1, 0))


@operation(
    "Scatter",
    module="core",
    gradient=lambda dy, y, indices, values, shape: (None, dy[_onto(indices)]),
)
def scatter(indices: Any, values: Any, *, shape: Sequence[int]) -> Any:
    """Zeros of a shape, with values added at places."""
    values = tensor(values)
    y = np.zeros(tuple(shape), values.dtype)
    np.add.at(y, _onto(indices), values)
    return y


def _scatter_update_gradient(
    dy: Any, y: Any, inputs: Any, indices: Any, updates: Any, reduction: str | None
) -> Any:
    if reduction == "add":
        return dy, None, dy[_onto(indices)]
    back = move_back(lambda x, u: scatter_update(x, indices, u), dy, (inputs, updates), 2)
    return back[0], None, back[1]


@operation(
    "ScatterUpdate",
    module="core",
    gradient=_scatter_update_gradient,
    choices={"reduction": (None, "add")},
)
def scatter_update(inputs: Any, indices: Any, updates: Any, *, reduction: str | None = None) -> Any:
    """A copy of the inputs with updates put in at places, or added there."""
    y = np.array(inputs)
    if reduction == "add":
        np.add.at(y, _onto(indices), updates)
    else:
        y[_onto(indices)] = updates
    return y


@operation("UnravelIndex", outputs=lambda indices, shape: len(shape))
def unravel_index(indices: Any, *, shape: Sequence[int]) -> Any:
    """The place along each axis of a shape of an entry that is counted among all."""
    indices = tensor(indices)
    return [part.astype(indices.dtype) for part in np.unravel_index(indices.astype(np.int64), tuple(shape))]


def _places(x: Any, segment_ids: Any, num_segments: int) -> tuple[Any, Any]:
    ids = tensor(segment_ids)
    if ids.size and ids.max() >= num_segments:
        raise IndexError(f"segment {ids.max()} of {num_segments}")
    return tensor(x)[ids >= 0], ids[ids >= 0]


def _segment(name: str, function: Any, start: Any) -> None:
    """Make known what reduces the rows of each segment to one; a segment without rows has `start`."""

    def gradient(dy: Any, y: Any, data: Any, segment_ids: Any, num_segments: int, **_: Any) -> Any:
        ids = tensor(segment_ids)
        inside = (ids >= 0).reshape(-1, *(1,) * (data.ndim - 1))
        sent = dy[ids]
        if name in ("SegmentMax", "SegmentMin"):
            chosen = data == y[ids]
            shared = np.zeros(dy.shape)
            np.add.at(shared, ids[ids >= 0], chosen[ids >= 0])
            sent = sent * chosen / np.maximum(shared[ids], 1)
        if name == "SegmentProd":
            sent = sent * _product_of_the_others(data, ids, len(dy))
        return sent * inside, None

    @operation(
        name,
        module="math",
        gradient=gradient,
        choices={"sorted": (False,)},
    )
    def reduce(data: Any, segment_ids: Any, *, num_segments: int, sorted: bool = False) -> Any:
        rows, ids = _places(data, segment_ids, num_segments)
        y = np.full((num_segments, *rows.shape[1:]), start(rows.dtype), rows.dtype)
        function.at(y, ids, rows)
        return y


def _product_of_the_others(data: Any, ids: Any, num_segments: int) -> Any:
    """For each value the product of the others at its place in the rows of its segment."""
    zero, inside = data == 0, ids >= 0
    zeros, product = np.zeros((num_segments, *data.shape[1:])), np.ones((num_segments, *data.shape[1:]))
    np.add.at(zeros, ids[inside], zero[inside])
    np.multiply.at(product, ids[inside], np.where(zero, 1, data)[inside])
    others = np.where(zero, product[ids], product[ids] / np.where(zero, 1, data))
    return np.where(zeros[ids] - zero > 0, 0, others).astype(data.dtype)


def _bounds(dtype: Any) -> Any:
    return np.finfo(dtype) if dtype.kind == "f" else np.iinfo(dtype)


_segment("SegmentSum", np.add, lambda dtype: 0)
_segment("SegmentProd", np.multiply, lambda dtype: 1)
_segment("SegmentMax", np.maximum, lambda dtype: _bounds(dtype).min)
_segment("SegmentMin", np.minimum, lambda dtype: _bounds(dtype).max)


def _entries(x: Any, num: int | None, axis: int) -> int:
    return int(x[one_axis(axis, len(x))]) if num is None else num


@moving("Unstack", module="core", outputs=_entries)
def unstack(x: Any, *, num: int | None = None, axis: int = 0) -> Any:
    """The entries along an axis, each as an array of its own."""
    if num not in (None, np.shape(x)[axis]):
        raise ValueError(f"num={num}")
    return list(np.moveaxis(np.asarray(x), axis, 0))
