"""What the layers that normalize over axes of their input have in common: the axes, and the ways back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array, Layer

__all__ = [
    "Axes",
    "NormalizingLayer",
    "as_axes",
    "deviation",
    "inverse_length",
    "lengths_along",
    "standardized_back",
    "unit_back",
]

#: One axis or several, as Keras's `axis`.
Axes: TypeAlias = int | Sequence[int]


class NormalizingLayer(Layer):
    """A layer that brings the values along some axes to one scale."""

    axis: int | tuple[int, ...]

    def axes_of(self, x: Array) -> tuple[int, ...]:
        """The axes of x that are normalized over, counted from the first, in the order of ``axis``.

        Raises:
            InputError: x holds no floating-point numbers, or lacks one of the axes.
        """
        where = f"layer {self.name!r} ({self.keras_class})"
        if not np.issubdtype(x.dtype, np.floating):
            # Versions of Keras disagree: some round what they make of whole numbers to whole numbers.
            raise InputError(f"{where}: expected floating-point numbers, got values of type {x.dtype}")
        given = (self.axis,) if isinstance(self.axis, int) else self.axis
        axes = tuple(axis % x.ndim for axis in given if -x.ndim <= axis < x.ndim)
        if len(axes) != len(given) or len(set(axes)) != len(axes):
            raise InputError(f"{where}: expected an axis {self.axis}, got shape {x.shape}")
        return axes


def as_axes(axis: Axes) -> int | tuple[int, ...]:
    """Keras's `axis` as an integer or a tuple of them."""
    return axis if isinstance(axis, int) else tuple(axis)


def lengths_along(axis: Axes, shape: Sequence[int | None] | None) -> tuple[int | None, ...]:
    """The lengths of a shape along the axes; None where there is no shape."""
    axes = (axis,) if isinstance(axis, int) else axis
    return tuple(None if shape is None else shape[i] for i in axes)


def deviation(x: Array, axes: tuple[int, ...], epsilon: float) -> tuple[Array, Array]:
    """X − μ and 1 / √(σ² + ε), with the mean and the variance over the axes."""
    centred = x - x.mean(axis=axes, keepdims=True)
    variance = np.square(centred).mean(axis=axes, keepdims=True)
    return centred, 1 / np.sqrt(variance + np.asarray(epsilon, x.dtype))


def standardized_back(d: Array, normal: Array, inverse: Array, axes: tuple[int, ...]) -> Array:
    """The gradient of x for that of n = (x − μ) · r, where μ and r = 1 / √(σ² + ε) depend on x too."""
    along = (d * normal).mean(axis=axes, keepdims=True)
    return np.asarray((d - d.mean(axis=axes, keepdims=True) - normal * along) * inverse)


def inverse_length(x: Array, axes: tuple[int, ...], ceiling: float) -> Array:
    """1 / √(Σ x²) over the axes, never above the ceiling, so that zeros stay zeros."""
    squares = np.square(x).sum(axis=axes, keepdims=True)
    with np.errstate(divide="ignore"):
        return np.asarray(np.minimum(1 / np.sqrt(squares), np.asarray(ceiling, x.dtype)))


def unit_back(d: Array, unit: Array, inverse: Array, axes: tuple[int, ...], ceiling: float) -> Array:
    """The gradient of x for that of u = x · r, where r is the `inverse_length` of x."""
    along = (d * unit).sum(axis=axes, keepdims=True)
    return np.asarray((d - unit * along * (inverse < ceiling)) * inverse)  # at the ceiling r is a constant
