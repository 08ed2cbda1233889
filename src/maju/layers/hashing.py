"""Hashing: texts or numbers to bins, without a vocabulary."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array, Layer, Shape
from maju.layers.categories import encode, encoded_shape, text_or_numbers
from maju.layers.fingerprints import farmhash64, siphash64
from maju.layers.policies import Policy
from maju.layers.registry import layer

__all__ = ["HashingLayer", "hashed"]


def hashed(x: Array, bins: int, salt: Sequence[int] | None) -> Array:
    """The bin of each text or whole number, int64: its hash modulo the number of bins.

    Numbers are hashed as the digits that write them. The hash is FarmHash64, with a salt SipHash.
    """
    if x.dtype.kind in "iufb":
        x = x.astype(np.int64) if x.dtype.kind == "f" else x
        texts = [str(value).lower().encode() for value in x.ravel().tolist()]
    else:
        texts = list(x.ravel())
    function: Callable[[bytes], int] = farmhash64 if salt is None else lambda text: siphash64(text, salt)
    known = {text: function(text) % bins for text in set(texts)}
    return np.array([known[text] for text in texts], np.int64).reshape(x.shape)


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
        x = text_or_numbers(x)
        if self.output_mode == "one_hot" and x.ndim and x.shape[-1] == 1:
            x = x[..., 0]
        if self.mask_value is None or self.num_bins == 1:
            bins = hashed(x, self.num_bins, self.salt)
        else:
            special = self.mask_value.encode() if isinstance(self.mask_value, str) else self.mask_value
            if isinstance(special, bytes) != (x.dtype == object):
                kind = "texts" if x.dtype == object else "numbers"
                where = f"layer {self.name!r} (Hashing)"
                raise InputError(f"{where}: got {kind}, but its mask_value is {self.mask_value!r}")
            bins = np.where(x == special, 0, 1 + hashed(x, self.num_bins - 1, self.salt))
        return encode(bins, self.output_mode, self.num_bins, self.dtype)

    @property
    def output_policy(self) -> Policy | None:
        return None  # `forward` gives the type that ``dtype`` says

    def output_shape(self, input_shape: Shape) -> Shape:
        return encoded_shape(input_shape, self.output_mode, self.num_bins)
