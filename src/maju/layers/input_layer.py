"""InputLayer: where data enter a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array, Backward, Layer, Shape
from maju.layers.policies import HALF, Policy
from maju.layers.registry import layer

__all__ = ["InputLayer"]

FLOATS = ("float16", "bfloat16", "float32", "float64")
INTEGERS = ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")


@layer
class InputLayer(Layer):
    """Check the shape of what comes in, and give it the type that the model was made for.

    As Keras does, a last axis of length 1 is added where it is missing, and taken off where it is too many.

    Attributes:
        batch_shape: the shape that is expected, batch axis first; None is any length.
        dtype: ``"float32"``, an integer type, or ``"string"``.

    Raises:
        InputError: a shape or a type that does not fit.

    Source: `keras.Input`.
    """

    keras_class = "InputLayer"
    masking = "passes"
    hyper_parameters = ("batch_shape", "dtype")
    only = {"sparse": ..., "ragged": False, "optional": False}
    choices = {"dtype": (*FLOATS, *INTEGERS, "string")}

    def __init__(
        self, batch_shape: Sequence[int | None], *, dtype: str = "float32", name: str | None = None
    ) -> None:
        super().__init__(name)
        self.batch_shape: Shape = tuple(None if n is None else int(n) for n in batch_shape)
        self.dtype = dtype

    def forward(self, x: Any, training: bool = False, mask: Array | None = None) -> Array:
        array = self._cast(np.asarray(x))
        expected = self.batch_shape
        if array.ndim == len(expected) - 1 and array.ndim >= 1 and expected[-1] == 1:
            array = array[..., np.newaxis]
        elif array.ndim == len(expected) + 1 and array.shape[-1] == 1:
            array = array[..., 0]
        if array.ndim != len(expected) or any(
            n is not None and n != m for n, m in zip(expected[1:], array.shape[1:], strict=True)
        ):
            wanted = ", ".join("any" if n is None else str(n) for n in expected[1:])
            one = array.ndim == len(expected) - 1
            hint = "; for a single sample, add the batch axis: x[np.newaxis]" if one else ""
            raise InputError(
                f"input {self.name!r}: expected shape (batch, {wanted}), got {array.shape}{hint}"
            )
        return array

    def _cast(self, x: Array) -> Array:
        if self.dtype == "string":
            if x.dtype.kind not in "USOT":
                raise InputError(f"input {self.name!r}: expected text, got values of type {x.dtype}")
            return x
        if x.dtype.kind not in "biuf":
            raise InputError(f"input {self.name!r}: expected numbers, got values of type {x.dtype}")
        if self.dtype in HALF:
            floats: Array = Policy(self.dtype).leaving(x if x.dtype.kind == "f" else x.astype(np.float32))
            return floats
        return x.astype(self.dtype, copy=False)

    def vjp(self, x: Array, training: bool = True, mask: Array | None = None) -> tuple[Array, Backward]:
        shape = np.shape(x)
        return self.forward(x, training, mask), lambda dy: (dy.reshape(shape), {})

    def output_shape(self, input_shape: Shape | None) -> Shape:
        return self.batch_shape
