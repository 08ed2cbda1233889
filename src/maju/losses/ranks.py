"""Bringing two arrays to one rank as Keras does, and a gradient back to the shape of what was broadcast."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["same_rank", "summed_to"]

Array = npt.NDArray[Any]


def same_rank(a: Array, b: Array, *, expand: bool = True) -> tuple[Array, Array]:
    """The two arrays with a last axis of one value dropped, or added, where their ranks differ by one.

    Args:
        expand: whether an array of rank 1 gets the axis (the other one loses its own, otherwise).
    """
    if a.ndim == b.ndim + 1 and a.shape[-1] == 1:
        return (a, b[..., None]) if b.ndim == 1 and expand else (a[..., 0], b)
    if b.ndim == a.ndim + 1 and b.shape[-1] == 1:
        return (a[..., None], b) if a.ndim == 1 and expand else (a, b[..., 0])
    return a, b


def summed_to(dy: Array, shape: tuple[int, ...]) -> Array:
    """The gradient of an array of this shape that was broadcast to the shape of dy."""
    dy = dy.sum(axis=tuple(range(dy.ndim - len(shape))))
    axes = tuple(axis for axis, n in enumerate(shape) if n == 1 and dy.shape[axis] != 1)
    return np.asarray(dy.sum(axis=axes, keepdims=True) if axes else dy)
