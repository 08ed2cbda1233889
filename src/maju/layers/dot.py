"""Dot: the inner products of two tensors, row by row."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array, Backward, Layer, Shape
from maju.layers.dtypes import as_float
from maju.layers.normalizing import inverse_length, unit_back
from maju.layers.registry import layer

__all__ = ["DotLayer"]

#: With ``normalize``, no vector is made longer than this many times.
CEILING = 1e7


@layer
class DotLayer(Layer):
    """Sum the products of two tensors along an axis of each, row by row of the batch.

    y[n, ..., ...] = Σ_k x₁[n, ..., k, ...] · x₂[n, ..., k, ...]

    with k on axis ``axes[0]`` of x₁ and on axis ``axes[1]`` of x₂; the other axes of x₁ come first in y. With
    ``normalize`` both are divided by their length along k first, which makes y the cosine of the angle.

    Shapes:
        x: a list of two, (batch, ...) each. y: (batch, the other axes of x₁, those of x₂), or (batch, 1).

    Source: `keras.layers.Dot`.
    """

    keras_class = "Dot"
    hyper_parameters = ("axes", "normalize")
    choices = {"normalize": (False, True)}

    def __init__(
        self, axes: int | Sequence[int], *, normalize: bool = False, name: str | None = None
    ) -> None:
        super().__init__(name)
        self.axes = axes if isinstance(axes, int) else tuple(int(axis) for axis in axes)
        if not isinstance(self.axes, int) and len(self.axes) != 2:
            raise ValueError(f"axes is one axis or two, not {axes!r}")
        self.normalize = normalize

    def forward(self, x: list[Array], training: bool = False, mask: object = None) -> Array:
        (first, second), axes = self._checked(x)
        if self.normalize:
            first = first * inverse_length(first, axes[:1], CEILING)
            second = second * inverse_length(second, axes[1:], CEILING)
        return self._product(first, second, axes)

    def _checked(self, x: list[Array]) -> tuple[list[Array], tuple[int, int]]:
        """The two tensors, and the axis of each, counted from the first."""
        where = f"layer {self.name!r} (Dot)"
        if not isinstance(x, (list, tuple)) or len(x) != 2:
            raise InputError(f"{where}: expected a list of two tensors")
        try:
            axes = self._axes([part.shape for part in x])
        except ValueError as error:
            raise InputError(f"{where}: {error}") from None
        return [as_float(part) for part in x], axes

    def _axes(self, shapes: Sequence[Shape]) -> tuple[int, int]:
        """The axis of each of the two shapes.

        Raises:
            ValueError: the shapes do not go together along them.
        """
        one, other = shapes
        given = (self.axes, self.axes) if isinstance(self.axes, int) else self.axes
        there = all(-len(s) <= axis < len(s) and axis % len(s) for s, axis in zip(shapes, given, strict=True))
        lengths = [s[axis] for s, axis in zip(shapes, given, strict=True)] if there else []
        batches = {n for n in (one[0], other[0]) if n is not None}
        if len({n for n in lengths if n is not None}) > 1 or not there or len(batches) > 1:
            raise ValueError(f"shapes that do not go together along axes {given}: {one}, {other}")
        return given[0] % len(one), given[1] % len(other)

    @staticmethod
    def _product(first: Array, second: Array, axes: tuple[int, int]) -> Array:
        a, b = np.moveaxis(first, axes[0], -1), np.moveaxis(second, axes[1], 1)
        y = _as_matrices(a) @ _as_matrices(b, turned=True)
        return y.reshape(len(a), *(a.shape[1:-1] + b.shape[2:] or (1,)))

    def vjp(self, x: list[Array], training: bool = True, mask: object = None) -> tuple[Array, Backward]:
        parts, axes = self._checked(x)
        inverses = [inverse_length(parts[i], (axes[i],), CEILING) for i in (0, 1)]
        used = [parts[i] * inverses[i] for i in (0, 1)] if self.normalize else parts

        def backward(dy: Array) -> tuple[list[Array], dict[str, Array]]:
            a, b = np.moveaxis(used[0], axes[0], -1), np.moveaxis(used[1], axes[1], 1)
            a_rows, b_rows = _as_matrices(a), _as_matrices(b, turned=True)
            dy = dy.reshape(len(a), a_rows.shape[1], b_rows.shape[2])
            da, db = dy @ b_rows.swapaxes(1, 2), a_rows.swapaxes(1, 2) @ dy
            shares = [
                np.moveaxis(da.reshape(a.shape), -1, axes[0]),
                np.moveaxis(db.reshape(b.shape), 1, axes[1]),
            ]
            if self.normalize:
                shares = [unit_back(shares[i], used[i], inverses[i], (axes[i],), CEILING) for i in (0, 1)]
            return shares, {}

        return self._product(used[0], used[1], axes), backward

    def output_shape(self, input_shape: list[Shape]) -> Shape:
        first, second = self._axes(input_shape)
        one, other = input_shape
        rest = one[1:first] + one[first + 1 :] + other[1:second] + other[second + 1 :]
        return (one[0], *(rest or (1,)))


def _as_matrices(x: Array, turned: bool = False) -> Array:
    """A matrix for each row of the batch: (batch, ..., k) as (batch, all of ..., k); turned, k is first."""
    others = math.prod(x.shape[2:] if turned else x.shape[1:-1])
    return x.reshape(len(x), *((x.shape[1], others) if turned else (others, x.shape[-1])))
