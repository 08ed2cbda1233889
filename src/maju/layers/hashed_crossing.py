"""HashedCrossing: several categories to bins for their combinations."""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array, Layer
from maju.layers.categories import encode, encoded_shape, text_or_numbers
from maju.layers.fingerprints import FULL, farmhash64, join
from maju.layers.policies import Policy
from maju.layers.registry import layer

__all__ = ["HashedCrossingLayer"]

#: What TensorFlow's crossed features begin with.
KEY = 0xDECAFCAFFE


@layer
class HashedCrossingLayer(Layer):
    """Give each combination of values a bin: y = join(join(key, h(x₁)), h(x₂)) … mod num_bins.

    h is FarmHash64 of a text, and a whole number itself; `maju.layers.fingerprints` has them.

    Shapes:
        x: a list of (batch,) or (batch, 1), of texts or whole numbers. y: in mode int the same as one of
            them; in mode one_hot (batch, num_bins).

    Source: `keras.layers.HashedCrossing` on TensorFlow.
    """

    keras_class = "HashedCrossing"
    hyper_parameters = ("num_bins", "output_mode", "dtype")
    choices = {"output_mode": ("int", "one_hot"), "dtype": (None, "int32", "int64", "float32", "float64")}
    only = {"sparse": ...}  # Keras gives the same values as a SparseTensor

    def __init__(
        self,
        num_bins: int,
        output_mode: str = "int",
        *,
        dtype: str | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.num_bins = num_bins
        self.output_mode = output_mode
        self.dtype = dtype or ("int64" if output_mode == "int" else "float32")
        if num_bins < 1:
            raise ValueError(f"num_bins is a whole number of at least 1, not {num_bins!r}")

    def forward(self, x: Any, training: bool = False, mask: Any = None) -> Array:
        parts = self._checked(x)
        rows = zip(*(self._fingerprints(part) for part in parts), strict=True)
        bins = [reduce(join, row, KEY) % self.num_bins for row in rows]
        ids = np.array(bins, np.int64).reshape(parts[0].shape)
        return encode(ids, self.output_mode, self.num_bins, self.dtype)

    @staticmethod
    def _fingerprints(x: Array) -> list[int]:
        if x.dtype == object:
            return [farmhash64(text) for text in x.ravel()]
        return [int(value) & FULL for value in x.ravel()]

    def _checked(self, x: Any) -> list[Array]:
        where = f"layer {self.name!r} (HashedCrossing)"
        if not isinstance(x, (list, tuple)) or len(x) < 2:
            raise InputError(f"{where}: expected a list of at least two tensors")
        parts = [text_or_numbers(part) for part in x]
        shapes = {part.shape for part in parts}
        shape = parts[0].shape
        if len(shapes) > 1 or len(shape) not in (1, 2) or shape[1:] not in ((), (1,)):
            shown = ", ".join(str(part.shape) for part in parts)
            raise InputError(f"{where}: expected tensors of one shape, (batch,) or (batch, 1), got {shown}")
        if any(part.dtype.kind not in "Oiu" for part in parts):
            raise InputError(f"{where}: expected texts or whole numbers")
        return parts

    @property
    def output_policy(self) -> Policy | None:
        return None  # `forward` gives the type that ``dtype`` says

    def output_shape(self, input_shape: Any) -> Any:
        return encoded_shape(tuple(input_shape[0]), self.output_mode, self.num_bins)
