"""Hashing: texts or numbers to bins, without a vocabulary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array, Layer, Shape
from maju.layers.categories import distinct, encode, encoded_shape
from maju.layers.fingerprints import farmhash64, siphash64
from maju.layers.policies import Policy
from maju.layers.registry import layer

__all__ = ["HashingLayer", "hashed"]


def hashed(values: Array, bins: int, salt: Sequence[int] | None) -> Array:
    """The bin of each text (as bytes) or whole number, int64: its hash modulo the number of bins.

    Numbers are hashed as the digits that write them. The hash is FarmHash64, with a salt SipHash.
    """
    values = values.astype(np.int64) if values.dtype.kind == "f" else values
    texts = values.tolist()
    if values.dtype != object:
        texts = [str(value).lower().encode() for value in texts]
    prints = farmhash64(texts) if salt is None else siphash64(texts, salt)
    return np.asarray((prints % bins).astype(np.int64))


@layer
class HashingLayer(Layer):
    """Give each text or whole number a bin, by its hash: y = hash(x) mod num_bins.

    With ``mask_value`` bin 0 is for that value alone: y = 1 + hash(x) mod (num_bins − 1) for the others. The
    hash is FarmHash64; with a ``salt`` SipHash, of which this is the key.

    Shapes:
        x: (batch, ...) of texts or numbers. y: in mode int the same; else see `maju.layers.categories`.

    Source: `keras.layers.Hashing` on TensorFlow.
    """

    keras_class = "Hashing"
    hyper_parameters = ("num_bins", "mask_value", "salt", "output_mode", "dtype")
    choices = {
        "output_mode": ("int", "one_hot", "multi_hot", "count"),
        "dtype": (None, "int32", "int64", "float32", "float64"),
    }
    only = {"sparse": ...}  # Keras gives the same values as a SparseTensor

    def __init__(
        self,
        num_bins: int,
        mask_value: str | int | None = None,
        salt: int | Sequence[int] | None = None,
        output_mode: str = "int",
        *,
        dtype: str | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.num_bins = num_bins
        self.mask_value = mask_value
        self.salt = [salt, salt] if isinstance(salt, int) else None if salt is None else list(salt)
        self.output_mode = output_mode
        self.dtype = dtype or ("int64" if output_mode == "int" else "float32")
        if num_bins < 1:
            raise ValueError(f"num_bins is a whole number of at least 1, not {num_bins!r}")

    def forward(self, x: Any, training: bool = False, mask: Any = None) -> Array:
        values, places = distinct(x)
        if self.output_mode == "one_hot" and places.ndim and places.shape[-1] == 1:
            places = places[..., 0]
        if self.mask_value is None or self.num_bins == 1:
            bins = hashed(values, self.num_bins, self.salt)
        else:
            special = self.mask_value.encode() if isinstance(self.mask_value, str) else self.mask_value
            if isinstance(special, bytes) != (values.dtype == object):
                kind = "texts" if values.dtype == object else "numbers"
                where = f"layer {self.name!r} (Hashing)"
                raise InputError(f"{where}: got {kind}, but its mask_value is {self.mask_value!r}")
            bins = np.where(values == special, 0, 1 + hashed(values, self.num_bins - 1, self.salt))
        return encode(bins[places], self.output_mode, self.num_bins, self.dtype)

    @property
    def output_policy(self) -> Policy | None:
        return None  # `forward` gives the type that ``dtype`` says

    def output_shape(self, input_shape: Shape) -> Shape:
        return encoded_shape(input_shape, self.output_mode, self.num_bins)
