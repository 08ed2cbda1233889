"""Flatten: every row of a batch as one vector."""

from __future__ import annotations

import math

import numpy as np

from maju.layers.base import Array, Backward, Layer, Shape
from maju.layers.registry import layer

__all__ = ["FlattenLayer"]


@layer
class FlattenLayer(Layer):
    """Lay the values of each row out as one vector, the last axis fastest.

    With ``data_format="channels_first"`` the channels are moved last before, so that a model gives the
    same vector in either format.

    Shapes:
        x: (batch, ...). y: (batch, product of the other axes).

    Source: `keras.layers.Flatten`.
    """

    keras_class = "Flatten"
    hyper_parameters = ("data_format",)
    choices = {"data_format": ("channels_last", "channels_first")}

    def __init__(self, data_format: str = "channels_last", *, name: str | None = None) -> None:
        super().__init__(name)
        self.data_format = data_format

    def forward(self, x: Array, training: bool = False, mask: Array | None = None) -> Array:
        if self.data_format == "channels_first" and x.ndim > 1:
            x = np.moveaxis(x, 1, -1)
        return x.reshape(x.shape[0], math.prod(x.shape[1:]))

    def vjp(self, x: Array, training: bool = True, mask: Array | None = None) -> tuple[Array, Backward]:
        shape = x.shape

        def backward(dy: Array) -> tuple[Array, dict[str, Array]]:
            if self.data_format == "channels_last":
                return dy.reshape(shape), {}
            return np.moveaxis(dy.reshape(shape[0], *shape[2:], shape[1]), -1, 1), {}

        return self.forward(x, training, mask), backward

    def output_shape(self, input_shape: Shape) -> Shape:
        batch, *rest = input_shape
        known = [n for n in rest if n is not None]
        return (batch, math.prod(known) if len(known) == len(rest) else None)
