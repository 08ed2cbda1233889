"""Reshape: the same values of each row in other axes."""

from __future__ import annotations

import math
from collections.abc import Sequence

from maju.errors import InputError
from maju.layers.base import Array, Backward, Layer, Shape
from maju.layers.registry import layer

__all__ = ["ReshapeLayer"]


@layer
class ReshapeLayer(Layer):
    """Give each row other axes; −1 stands for the length that is left over.

    Shapes:
        x: (batch, ...). y: (batch, *target_shape).

    Source: `keras.layers.Reshape`.
    """

    keras_class = "Reshape"
    hyper_parameters = ("target_shape",)

    def __init__(self, target_shape: Sequence[int], *, name: str | None = None) -> None:
        super().__init__(name)
        self.target_shape = tuple(int(n) for n in target_shape)

    def forward(self, x: Array, training: bool = False, mask: Array | None = None) -> Array:
        left = [0 if n is None else n for n in self._resolve(x.shape[1:])]
        if math.prod(x.shape[1:]) != math.prod(left):
            raise InputError(
                f"layer {self.name!r} (Reshape): rows of shape {x.shape[1:]} do not fit {self.target_shape}"
            )
        return x.reshape(x.shape[0], *left)

    def vjp(self, x: Array, training: bool = True, mask: Array | None = None) -> tuple[Array, Backward]:
        shape = x.shape
        return self.forward(x, training, mask), lambda dy: (dy.reshape(shape), {})

    def _resolve(self, rest: Shape) -> Shape:
        """The target with its −1 worked out, which an empty batch could not do by itself."""
        known = [n for n in rest if n is not None]
        others = math.prod(n for n in self.target_shape if n != -1)
        left_over = math.prod(known) // others if len(known) == len(rest) and others else None
        return tuple(left_over if n == -1 else n for n in self.target_shape)

    def output_shape(self, input_shape: Shape) -> Shape:
        return (input_shape[0], *self._resolve(input_shape[1:]))
