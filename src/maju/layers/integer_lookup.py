"""IntegerLookup: whole numbers to their places in a vocabulary."""

from __future__ import annotations

from typing import Any

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array
from maju.layers.index_lookup import IndexLookup
from maju.layers.registry import layer

__all__ = ["IntegerLookupLayer"]


@layer
class IntegerLookupLayer(IndexLookup):
    """Whole numbers to their places in a vocabulary, or back to numbers: see `IndexLookup`.

    Source: `keras.layers.IntegerLookup`.
    """

    keras_class = "IntegerLookup"
    only = {**IndexLookup.only, "vocabulary_dtype": "int64"}

    def __init__(self, *, oov_token: int = -1, **settings: Any) -> None:
        super().__init__(oov_token=oov_token, **settings)

    def _value(self, token: Any) -> int:
        return int(token)

    def _input(self, x: Any) -> Array:
        array = np.asarray(x)
        if array.dtype.kind not in "iubf":
            where = f"layer {self.name!r} (IntegerLookup)"
            raise InputError(f"{where}: expected whole numbers, got values of type {array.dtype}")
        return array.astype(np.int64)

    def _values(self, places: Array) -> Array:
        return super()._values(places).astype(np.int64)
