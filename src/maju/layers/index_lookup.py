"""What StringLookup and IntegerLookup share: values to their places in a vocabulary, and back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import Any, ClassVar

import numpy as np

from maju.errors import InputError, Problem
from maju.layers.base import Array, Config, Layer, Shape
from maju.layers.categories import distinct, encode, encoded_shape
from maju.layers.hashing import hashed

__all__ = ["IndexLookup"]

OUTPUT_MODES = {"binary": "multi_hot", "tf-idf": "tf_idf"}
#: What no mode but "int" counts: an id beyond every vocabulary.
UNCOUNTED = np.iinfo(np.int64).max


class IndexLookup(Layer):
    """Give each value its place in a vocabulary; with ``invert`` each place its value.

    The places begin with that of ``mask_token`` (0; in mode int alone, if there is such a token), then come
    ``num_oov_indices`` for the values that the vocabulary does not have, then its own. Which of several such
    a value gets: itself modulo their number, for a text (or with ``oov_method`` "farmhash") its hash. If
    there are none, such a value is an error. Outside mode int the mask's token is not counted.

    The weights of mode tf_idf, ``idf_weights``, are those of the given vocabulary; without the places that
    come first, these weigh as much as the others' mean.

    Shapes:
        x: (batch, ...). y: in mode int the same, of int64; else see `maju.layers.categories`, of int64, but
            for mode tf_idf (float32).
    """

    hyper_parameters: ClassVar[tuple[str, ...]] = (
        "max_tokens",
        "num_oov_indices",
        "mask_token",
        "oov_token",
        "vocabulary",
        "idf_weights",
        "invert",
        "output_mode",
        "pad_to_max_tokens",
        "oov_method",
        "salt",
    )
    choices = {
        "output_mode": ("int", "one_hot", "multi_hot", "count", "tf_idf", *OUTPUT_MODES),
        "oov_method": ("floormod", "farmhash"),
        "invert": (False, True),
        "pad_to_max_tokens": (False, True),
    }
    only: ClassVar[dict[str, Any]] = {
        "sparse": ...,  # Keras gives the same values as a SparseTensor
        "dtype": ...,
        "vocabulary_size": ...,
        "has_input_vocabulary": ...,
    }

    def __init__(
        self,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: Any = None,
        oov_token: Any = None,
        vocabulary: Iterable[Any] = (),
        idf_weights: Sequence[float] | Array | None = None,
        invert: bool = False,
        output_mode: str = "int",
        pad_to_max_tokens: bool = False,
        oov_method: str = "floormod",
        salt: int | Sequence[int] | None = None,
        *,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.max_tokens = max_tokens
        self.num_oov_indices = num_oov_indices
        self.mask_token = mask_token
        self.oov_token = oov_token
        self.vocabulary = list(vocabulary)
        self.idf_weights = None if idf_weights is None else [float(weight) for weight in idf_weights]
        self.invert = invert
        self.output_mode = OUTPUT_MODES.get(output_mode, output_mode)
        self.pad_to_max_tokens = pad_to_max_tokens
        self.oov_method = oov_method
        self.salt = [salt, salt] if isinstance(salt, int) else None if salt is None else list(salt)
        if invert and self.output_mode != "int":
            raise ValueError(f"with invert, output_mode is 'int', not {output_mode!r}")
        if pad_to_max_tokens and max_tokens is None:
            raise ValueError("pad_to_max_tokens needs max_tokens")
        self._first_unknown = int(mask_token is not None and self.output_mode == "int")
        special = [mask_token] * self._first_unknown + [oov_token] * num_oov_indices
        self._first = len(special)
        complete = self.vocabulary[: self._first] == special
        learned = self.vocabulary[self._first if complete else 0 :]
        twice = [token for token, count in Counter(map(self._value, learned)).items() if count > 1]
        if twice or not self.vocabulary:
            raise ValueError(f"a vocabulary with tokens twice: {twice!r}" if twice else "an empty vocabulary")
        self.vocabulary = [*special, *learned]
        self._places = {self._value(token): self._first + place for place, token in enumerate(learned)}
        self._ids = {form: place for value, place in self._places.items() for form in self._forms(value)}
        if mask_token is not None:
            masked = 0 if self.output_mode == "int" else UNCOUNTED
            self._ids |= dict.fromkeys(self._forms(self._value(mask_token)), masked)
        if self.output_mode == "tf_idf":
            self.idf_weights = self._whole(self.idf_weights or [], complete)

    @classmethod
    def problems(cls, config: Config, where: str) -> list[Problem]:
        found = super().problems(config, where)
        tf_idf = config.get("output_mode") in ("tf_idf", "tf-idf")
        for key, needed in (("vocabulary", True), ("idf_weights", tf_idf)):
            if needed and config.get(key) is None:
                found.append(Problem(where, f"the file does not hold its {key}", "save the model as .keras"))
        return found

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        return {**config, "vocabulary_size": len(self.vocabulary)}

    @property
    def depth(self) -> int:
        """How many numbers stand for a row, in the modes but int."""
        if self.pad_to_max_tokens and self.max_tokens is not None:
            return self.max_tokens
        return len(self.vocabulary)

    def _value(self, token: Any) -> Any:
        """A token of the vocabulary as it is in data."""
        raise NotImplementedError

    def _forms(self, value: Any) -> tuple[Any, ...]:
        """The forms that a value of the vocabulary may have in data."""
        return (value,)

    def _input(self, x: Any) -> Array:
        """The data as an array.

        Raises:
            InputError: they are of another kind than the vocabulary.
        """
        raise NotImplementedError

    def _whole(self, weights: list[float], complete: bool) -> list[float]:
        """A weight for each place, from those of the given vocabulary or the padded ones that Keras saves."""
        size = len(self.vocabulary)
        if not complete and len(weights) == len(self._places):
            weights = [float(np.mean(weights))] * self._first + weights
        if len(weights) not in (size, self.depth):
            raise ValueError(f"{len(weights)} idf_weights for a vocabulary of {size}")
        return weights[:size]

    def forward(self, x: Any, training: bool = False, mask: Any = None) -> Array:
        if self.invert:
            return self._values(np.asarray(x))
        x = self._input(x)
        try:
            found = list(map(self._ids.get, x.ravel().tolist(), repeat(-1)))
        except TypeError:  # at a value that no dict can have, and no vocabulary either
            distinct(x)
            raise
        ids = np.array(found, np.int64).reshape(x.shape)
        unknown = ids < 0
        if unknown.any():
            others, places = distinct(x[unknown])
            if self.num_oov_indices == 0:
                shown = ", ".join(repr(value) for value in sorted(others.tolist())[:5])
                where = f"layer {self.name!r} ({self.keras_class})"
                raise InputError(f"{where}: not in its vocabulary, which has no place for others: {shown}")
            ids[unknown] = self._first_unknown + self._which(others)[places]
        if self.output_mode == "tf_idf":
            weights = np.zeros(self.depth, np.float32)
            weights[: len(self.vocabulary)] = self.idf_weights
            return encode(ids, "count", self.depth, np.float32) * weights
        return encode(ids, self.output_mode, self.depth, np.int64)

    def _which(self, values: Array) -> Array:
        """Which of the places for unknown values each gets."""
        if self.num_oov_indices == 1:
            return np.zeros(values.shape, np.int64)
        if values.dtype != object and self.oov_method == "floormod":
            return values % self.num_oov_indices
        return hashed(values, self.num_oov_indices, self.salt)

    def _values(self, places: Array) -> Array:
        """The values at places of the vocabulary; the token for unknown ones where there is none."""
        values = {place: value for value, place in self._places.items()}
        unknown = self._value(self.oov_token)
        found = np.empty(places.size, object)
        found[:] = [values.get(place, unknown) for place in places.ravel().astype(np.int64).tolist()]
        if self.mask_token is not None:
            found[places.ravel() == 0] = self._value(self.mask_token)
        return found.reshape(places.shape)

    def output_shape(self, input_shape: Shape) -> Shape:
        mode = "count" if self.output_mode == "tf_idf" else self.output_mode
        return encoded_shape(input_shape, mode, self.depth)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(output_mode={self.output_mode!r}, {len(self._places):,} tokens)"
