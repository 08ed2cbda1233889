"""Permute: the axes of each row in another order."""

from __future__ import annotations

import operator
from collections.abc import Sequence

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array, Backward, Layer, Shape
from maju.layers.registry import layer

__all__ = ["PermuteLayer"]


@layer
class PermuteLayer(Layer):
    """Put the axes of each row into another order: axis k of y is axis ``dims[k − 1]`` of x, k = 1, 2, ....

    Shapes:
        x: (batch, n₁, n₂, ...). y: (batch, n at dims[0], n at dims[1], ...).

    Source: `keras.layers.Permute`.
    """

    keras_class = "Permute"
    hyper_parameters = ("dims",)

    def __init__(self, dims: Sequence[int], *, name: str | None = None) -> None:
        super().__init__(name)
        self.dims = tuple(map(operator.index, dims))
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise ValueError(f"dims is the axes 1 to {len(self.dims)} in some order, not {dims!r}")

    def forward(self, x: Array, training: bool = False, mask: Array | None = None) -> Array:
        if x.ndim != len(self.dims) + 1:
            where = f"layer {self.name!r} (Permute)"
            raise InputError(f"{where}: expected {len(self.dims) + 1} axes, got shape {x.shape}")
        return x.transpose(0, *self.dims)

    def vjp(self, x: Array, training: bool = True, mask: Array | None = None) -> tuple[Array, Backward]:
        back = np.argsort((0, *self.dims))
        return self.forward(x, training, mask), lambda dy: (dy.transpose(*back), {})

    def output_shape(self, input_shape: Shape) -> Shape:
        batch, *lengths = input_shape
        if len(lengths) != len(self.dims):
            raise ValueError(f"expected {len(self.dims) + 1} axes")
        return (batch, *(lengths[axis - 1] for axis in self.dims))
