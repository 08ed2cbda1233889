"""RepeatVector: a sequence of copies of one vector."""

from __future__ import annotations

import operator

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array, Backward, Layer, Shape
from maju.layers.registry import layer

__all__ = ["RepeatVectorLayer"]


@layer
class RepeatVectorLayer(Layer):
    """Make a sequence of n copies of a vector: y[b, t] = x[b] for t < n.

    Shapes:
        x: (batch, channels). y: (batch, n, channels).

    Source: `keras.layers.RepeatVector`.
    """

    keras_class = "RepeatVector"
    hyper_parameters = ("n",)

    def __init__(self, n: int, *, name: str | None = None) -> None:
        super().__init__(name)
        self.n = operator.index(n)
        if self.n < 1:
            raise ValueError(f"n is a whole number of at least 1, not {n!r}")

    def forward(self, x: Array, training: bool = False, mask: Array | None = None) -> Array:
        if x.ndim != 2:
            where = f"layer {self.name!r} (RepeatVector)"
            raise InputError(f"{where}: expected 2 axes, got shape {x.shape}")
        return np.repeat(x[:, np.newaxis], self.n, axis=1)

    def vjp(self, x: Array, training: bool = True, mask: Array | None = None) -> tuple[Array, Backward]:
        return self.forward(x, training, mask), lambda dy: (dy.sum(axis=1), {})

    def output_shape(self, input_shape: Shape) -> Shape:
        batch, channels = input_shape
        return (batch, self.n, channels)
