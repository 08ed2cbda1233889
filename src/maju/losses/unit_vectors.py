"""Vectors scaled to length 1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["unit_vectors"]

Array = npt.NDArray[Any]

#: Keras's epsilon; a vector that is shorter is divided by it.
EPSILON = 1e-7


def unit_vectors(x: Array, axis: int) -> tuple[Array, Callable[[Array], Array]]:
    """U = x / max(‖x‖, ε) along an axis, and the way back: du -> dx = (du − u·Σ(du·u)) / ‖x‖.

    Source: `keras.ops.normalize`. The gradient of the zero vector, which TensorFlow gives as NaN, is du / ε.
    """
    length = np.sqrt(np.square(x).sum(axis=axis, keepdims=True))
    long = length >= EPSILON
    divisor = np.where(long, length, x.dtype.type(EPSILON))
    u = x / divisor

    def backward(du: Array) -> Array:
        along = np.where(long, (du * u).sum(axis=axis, keepdims=True), 0)
        return np.asarray((du - u * along) / divisor)

    return u, backward
