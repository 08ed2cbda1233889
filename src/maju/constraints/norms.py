"""Constraints on the lengths of weight vectors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from maju.constraints.constraint import EPSILON, Array, Constraint, norms

__all__ = ["MaxNorm", "MinMaxNorm", "UnitNorm"]


class MaxNorm(Constraint):
    """W·clip(n, 0, max) / (n + ε), with n the norm along the axis.

    Args:
        max_value: the length that a vector may have.
        axis: along which the vectors lie: 0 for the kernel of a Dense layer, (0, 1, 2) for a Conv2D's.

    Source: `keras.constraints.MaxNorm`.
    """

    arguments = ("max_value", "axis")

    def __init__(self, max_value: float = 2, axis: int | Sequence[int] = 0) -> None:
        self.max_value = max_value
        self.axis = axis

    def __call__(self, w: Array) -> Array:
        n = norms(w, self.axis)
        return np.asarray(w * (np.clip(n, 0, self.max_value) / (w.dtype.type(EPSILON) + n)))


class UnitNorm(Constraint):
    """W / (n + ε), with n the norm along the axis.

    Args:
        axis: along which the vectors lie: 0 for the kernel of a Dense layer, (0, 1, 2) for a Conv2D's.

    Source: `keras.constraints.UnitNorm`.
    """

    arguments = ("axis",)

    def __init__(self, axis: int | Sequence[int] = 0) -> None:
        self.axis = axis

    def __call__(self, w: Array) -> Array:
        return np.asarray(w / (w.dtype.type(EPSILON) + norms(w, self.axis)))


class MinMaxNorm(Constraint):
    """W·(rate·clip(n, min, max) + (1 − rate)·n) / (n + ε), with n the norm along the axis.

    Args:
        min_value, max_value: between which the length of a vector must be.
        rate: how much of the way there a vector is moved.
        axis: along which the vectors lie: 0 for the kernel of a Dense layer, (0, 1, 2) for a Conv2D's.

    Source: `keras.constraints.MinMaxNorm`.
    """

    arguments = ("min_value", "max_value", "rate", "axis")

    def __init__(
        self,
        min_value: float = 0.0,
        max_value: float = 1.0,
        rate: float = 1.0,
        axis: int | Sequence[int] = 0,
    ) -> None:
        self.min_value = min_value
        self.max_value = max_value
        self.rate = rate
        self.axis = axis

    def __call__(self, w: Array) -> Array:
        n = norms(w, self.axis)
        desired = self.rate * np.clip(n, self.min_value, self.max_value) + (1 - self.rate) * n
        return np.asarray(w * (desired / (w.dtype.type(EPSILON) + n)))
