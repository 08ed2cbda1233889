"""Ids to the form in which the layers for categories give them: as they are, or as one number a category."""

from __future__ import annotations

from typing import Any

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array, Shape

__all__ = ["distinct", "encode", "encoded_shape"]


def encode(ids: Array, output_mode: str, depth: int, dtype: Any, weights: Array | None = None) -> Array:
    """The ids in another form, as Keras's lookups, Hashing and CategoryEncoding have it in common.

    Args:
        ids: whole numbers, (...). Ids of `depth` and more are left out of the modes but "int".
        output_mode: "int": the ids. "one_hot": (..., depth), 1 at the id; an axis of length 1 at the end is
            taken off first. "multi_hot": (batch, depth), 1 at each id of a row. "count": (batch, depth), how
            often each id is in a row. Of ids with three axes and more, as in Keras, a row is made of those
            along the axis after the batch's, not along the last.
        dtype: the type of the numbers.
        weights: for "count", how much each id counts.

    Raises:
        InputError: an id below 0 where Keras raises one too.
    """
    if output_mode == "int":
        return ids.astype(dtype)
    if output_mode == "one_hot":
        ids = ids[..., 0] if ids.ndim > 1 and ids.shape[-1] == 1 else ids
        return _one_hot(ids, depth).astype(dtype)
    if ids.ndim > 2:
        hot = _one_hot(ids, depth).astype(dtype if weights is None else weights.dtype)
        if output_mode == "multi_hot":
            return np.asarray(hot.max(axis=1))
        return np.asarray((hot if weights is None else hot * weights[..., np.newaxis]).sum(axis=1))
    rows = np.atleast_2d(ids)
    if rows.size and rows.min() < 0:
        raise InputError(f"ids of at least 0 can be counted, got {rows.min()}")
    counts = np.zeros((len(rows), depth), np.float64 if weights is not None else np.int64)
    places, columns = np.nonzero(rows < depth)
    added = 1 if weights is None else np.broadcast_to(np.atleast_2d(weights), rows.shape)[places, columns]
    np.add.at(counts, (places, rows[places, columns]), added)
    if output_mode == "multi_hot":
        counts = np.minimum(counts, 1)
    return (counts if ids.ndim == 2 else counts[0]).astype(dtype)


def _one_hot(ids: Array, depth: int) -> Array:
    return np.asarray(ids[..., np.newaxis] == np.arange(depth))


def encoded_shape(input_shape: Shape, output_mode: str, depth: int | None) -> Shape:
    """The shape that `encode` gives."""
    if output_mode == "int":
        return input_shape
    if output_mode == "one_hot":
        return (*(input_shape[:-1] if len(input_shape) > 1 and input_shape[-1] == 1 else input_shape), depth)
    return (input_shape[0], *input_shape[2:], depth) if len(input_shape) > 1 else (depth,)


def distinct(x: Any) -> tuple[Array, Array]:
    """The values in an array, each once, texts as UTF-8 bytes; and which of them each place of the array has.

    Raises:
        InputError: a single text, or something among texts that is none.
    """
    from maju.text.tokens import text_array

    array = np.asarray(x)
    is_text = array.dtype.kind in "USOT"
    flat = array.ravel().tolist()
    try:
        known = {value: place for place, value in enumerate(dict.fromkeys(flat))}
    except TypeError:  # at what has no hash, and so is no text
        text_array(array)
        raise
    values = (
        text_array(list(known) if array.ndim else array) if is_text else np.array(list(known), array.dtype)
    )
    places = np.array(list(map(known.__getitem__, flat)), np.intp)
    return values, places.reshape(array.shape)
