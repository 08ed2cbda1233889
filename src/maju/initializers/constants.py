"""Initializers that draw nothing: zeros, ones, a constant, the identity."""

from __future__ import annotations

from typing import Any

import numpy as np

from maju.errors import InputError
from maju.initializers.initializer import Array, Initializer

__all__ = ["Constant", "Identity", "Ones", "Zeros"]


class Zeros(Initializer):
    """Every value is 0."""

    def values(self, shape: tuple[int, ...]) -> Array:
        return np.zeros(shape)


class Ones(Initializer):
    """Every value is 1."""

    def values(self, shape: tuple[int, ...]) -> Array:
        return np.ones(shape)


class Constant(Initializer):
    """Every value is ``value``: a number, or an array that is stretched to the shape."""

    arguments = ("value",)

    def __init__(self, value: Any = 0.0) -> None:
        self.value = value

    def values(self, shape: tuple[int, ...]) -> Array:
        try:
            return np.broadcast_to(np.asarray(self.value, np.float64), shape)
        except (TypeError, ValueError) as error:
            raise InputError(f"initializer Constant: {self.value!r} does not fill shape {shape}") from error


class Identity(Initializer):
    """A matrix of zeros with ``gain`` on the diagonal."""

    arguments = ("gain",)

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain

    def values(self, shape: tuple[int, ...]) -> Array:
        if len(shape) != 2:
            raise InputError(f"initializer Identity makes matrices, not a weight of shape {shape}")
        return self.gain * np.eye(*shape)
