"""StringLookup: texts to their places in a vocabulary."""

from __future__ import annotations

from typing import Any

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array
from maju.layers.index_lookup import IndexLookup
from maju.layers.registry import layer
from maju.text.tokens import text_array

__all__ = ["StringLookupLayer"]


@layer
class StringLookupLayer(IndexLookup):
    """Texts to their places in a vocabulary, or back to texts (UTF-8 bytes): see `IndexLookup`.

    Source: `keras.layers.StringLookup`.
    """

    keras_class = "StringLookup"
    only = {**IndexLookup.only, "encoding": "utf-8", "vocabulary_dtype": "string"}

    def __init__(self, *, oov_token: str = "[UNK]", **settings: Any) -> None:
        super().__init__(oov_token=oov_token, **settings)

    def _value(self, token: Any) -> bytes:
        return token if isinstance(token, bytes) else str(token).encode("utf-8", errors="surrogateescape")

    def _input(self, x: Any) -> Array:
        array = np.asarray(x)
        if array.dtype.kind not in "USOT":
            where = f"layer {self.name!r} (StringLookup)"
            raise InputError(f"{where}: expected texts, got values of type {array.dtype}")
        return array if array.ndim else text_array(array)

    def _forms(self, value: bytes) -> tuple[bytes | str, ...]:
        try:
            return value, value.decode()
        except UnicodeDecodeError:
            return (value,)
