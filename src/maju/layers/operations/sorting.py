"""Sorting, and places in sorted order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from maju.layers.operations.function import operation
from maju.layers.operations.types import tensor

__all__: list[str] = []


def _order(x: Any, axis: int | None) -> tuple[Any, Any, int]:
    """X, or all its values in a row; which come first along the axis; the axis."""
    x, axis = (np.reshape(x, -1), 0) if axis is None else (np.asarray(x), axis)
    return x, np.argsort(x, axis=axis, kind="stable"), axis


def _sort_gradient(dy: Any, y: Any, x: Any, axis: int | None) -> Any:
    row, order, place = _order(x, axis)
    found = np.empty(row.shape)
    np.put_along_axis(found, order, dy, axis=place)
    return found.reshape(np.shape(x))


@operation("Sort", gradient=_sort_gradient)
def sort(x: Any, *, axis: int | None = -1) -> Any:
    """The values in rising order along an axis, or all in a row."""
    x, order, axis = _order(x, axis)
    return np.take_along_axis(x, order, axis=axis)


@operation("Argsort")
def argsort(x: Any, *, axis: int | None = -1) -> Any:
    """The places of the values in rising order, of equal ones the first first."""
    return _order(x, axis)[1].astype(np.int32)


def _top_k_gradient(dy: Any, y: Any, x: Any, **_: Any) -> Any:
    found = np.zeros(np.shape(x))
    np.put_along_axis(found, y[1].astype(np.int64), dy[0], axis=-1)
    return found


@operation("TopK", module="math", outputs=2, gradient=_top_k_gradient, choices={"sorted": (True,)})
def top_k(x: Any, *, k: int, sorted: bool = True) -> Any:
    """The k largest values of the last axis in falling order, and their places."""
    x = tensor(x)
    if not 0 <= k <= x.shape[-1]:
        raise ValueError(f"k={k} of {x.shape[-1]} values")
    falling = np.argsort(np.flip(x, -1), axis=-1, kind="stable")
    places = x.shape[-1] - 1 - np.flip(falling, -1)[..., :k]  # of equal ones the first first
    return np.take_along_axis(x, places, axis=-1), places.astype(np.int32)


@operation("SearchSorted", choices={"side": ("left", "right")})
def search_sorted(sorted_sequence: Any, values: Any, *, side: str = "left") -> Any:
    """Where each value belongs in a vector in rising order, before its equals or behind them."""
    return np.searchsorted(sorted_sequence, values, side=side).astype(np.int32)  # type: ignore[call-overload]


@operation("Digitize")
def digitize(x: Any, bins: Sequence[float]) -> Any:
    """How many of the bounds, which are in rising order, are not above x."""
    bounds = np.asarray(bins, np.float32)
    return np.searchsorted(bounds, tensor(x), side="right").astype(np.int32)


@operation("Bincount", choices={"weights": (None,)})
def bincount(x: Any, *, weights: Any = None, minlength: int = 0, sparse: bool = False) -> Any:
    """How often each whole number from 0 on is in x, or in each row of it."""
    ids = tensor(x).astype(np.int64)
    if ids.size and ids.min() < 0:
        raise ValueError(f"whole numbers of at least 0, got {ids.min()}")
    length = max(minlength, int(ids.max(initial=-1)) + 1)
    rows = [np.bincount(row, minlength=length) for row in np.atleast_2d(ids)]
    counts = np.stack(rows).astype(np.int32)
    return counts[0] if ids.ndim == 1 else counts
