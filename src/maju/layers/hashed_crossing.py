"""HashedCrossing: several categories to bins for their combinations."""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array, Layer
from maju.layers.categories import distinct, encode, encoded_shape
from maju.layers.fingerprints import farmhash64, join
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
        begin = np.full(parts[0][1].size, KEY, np.uint64)
        joined = reduce(join, [self._fingerprints(*part) for part in parts], begin)
        ids = (joined % self.num_bins).astype(np.int64).reshape(parts[0][1].shape)
        return encode(ids, self.output_mode, self.num_bins, self.dtype)

    @staticmethod
    def _fingerprints(values: Array, places: Array) -> Array:
        """Those of an array with these different values at these places."""
        is_text = values.dtype == object
        prints = farmhash64(values.tolist()) if is_text else values.astype(np.int64).view(np.uint64)
        return np.asarray(prints[places.ravel()])

    def _checked(self, x: Any) -> list[tuple[Array, Array]]:
        where = f"layer {self.name!r} (HashedCrossing)"
        if not isinstance(x, (list, tuple)) or len(x) < 2:
            raise InputError(f"{where}: expected a list of at least two tensors")
        parts = [distinct(part) for part in x]
        shapes = [places.shape for _, places in parts]
        if len(set(shapes)) > 1 or len(shapes[0]) not in (1, 2) or shapes[0][1:] not in ((), (1,)):
            shown = ", ".join(map(str, shapes))
            raise InputError(f"{where}: expected tensors of one shape, (batch,) or (batch, 1), got {shown}")
        if any(values.dtype.kind not in "Oiu" for values, _ in parts):
            raise InputError(f"{where}: expected texts or whole numbers")
        return parts

    @property
    def output_policy(self) -> Policy | None:
        return None  # `forward` gives the type that ``dtype`` says

    def output_shape(self, input_shape: Any) -> Any:
        return encoded_shape(tuple(input_shape[0]), self.output_mode, self.num_bins)
