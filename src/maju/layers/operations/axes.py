"""Which axes an operation is meant to work along."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from maju.layers.base import Array

__all__ = ["axis_tuple", "count", "in_place", "one_axis"]


def axis_tuple(axis: int | Sequence[int] | None, ndim: int) -> tuple[int, ...]:
    """The axes from 0 on; None stands for all."""
    if axis is None:
        return tuple(range(ndim))
    found = tuple(axis) if isinstance(axis, (list, tuple)) else (axis,)
    return tuple(one_axis(a, ndim) for a in found)


def one_axis(axis: Any, ndim: int) -> int:
    """An axis counted from 0.

    Raises:
        IndexError: there is no such axis.
    """
    if not -ndim <= axis < ndim:
        raise IndexError(f"axis {axis} of an array of {ndim} axes")
    return int(axis) % ndim


def in_place(y: Any, x: Array, axis: Any) -> Array:
    """What was reduced along axes of x, with these axes back, each of length 1."""
    axes = axis_tuple(axis, x.ndim)
    return np.reshape(y, [1 if place in axes else length for place, length in enumerate(x.shape)])


def count(x: Array, axis: Any) -> int:
    """How many values are reduced to one."""
    return math.prod(x.shape[a] for a in axis_tuple(axis, x.ndim))
