"""TextVectorization: texts in, the ids or the counts of their tokens out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from maju.errors import Problem
from maju.layers.base import Array, Config, Layer, Shape
from maju.layers.registry import layer
from maju.text.vectorizer import OUTPUT_MODES, SPLIT, STANDARDIZE, TextVectorizer

__all__ = ["TextVectorizationLayer"]


@layer
class TextVectorizationLayer(Layer):
    """Texts to the ids or the counts of their tokens; `maju.text.TextVectorizer` says how.

    Counts are int64, as Keras's layer computes them, and those of mode tf_idf float32.

    Shapes:
        x: (batch,) or (batch, 1) of strings or UTF-8 bytes.
        y: (batch, time) of ids in mode int, else (batch, tokens) of counts.

    Source: `keras.layers.TextVectorization`.
    """

    keras_class = "TextVectorization"
    hyper_parameters = (
        "max_tokens",
        "standardize",
        "split",
        "ngrams",
        "output_mode",
        "output_sequence_length",
        "pad_to_max_tokens",
        "vocabulary",
        "idf_weights",
    )
    choices = {"standardize": STANDARDIZE, "split": tuple(SPLIT), "output_mode": tuple(OUTPUT_MODES)}
    only = {
        "ragged": False,
        "sparse": ...,  # how Keras keeps counts in memory
        "encoding": "utf-8",
        "dtype": ...,
        "vocabulary_size": ...,
        "has_input_vocabulary": ...,
    }

    def __init__(
        self,
        max_tokens: int | None = None,
        standardize: str | None = "lower_and_strip_punctuation",
        split: str | None = "whitespace",
        ngrams: int | Sequence[int] | None = None,
        output_mode: str = "int",
        output_sequence_length: int | None = None,
        pad_to_max_tokens: bool = False,
        vocabulary: Iterable[str | bytes] | None = None,
        idf_weights: Sequence[float] | Array | None = None,
        *,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.vectorizer = TextVectorizer(
            max_tokens,
            standardize,
            split,
            ngrams,
            output_mode,
            output_sequence_length,
            pad_to_max_tokens,
            vocabulary,
            idf_weights,
        )

    @classmethod
    def problems(cls, config: Config, where: str) -> list[Problem]:
        functions = {key for key in ("standardize", "split") if isinstance(config.get(key), Mapping)}
        found = super().problems({k: v for k, v in config.items() if k not in functions}, where)
        for key in sorted(functions):
            function = config[key].get("config", "?")
            what = f"{key} is the function {function!r} of the model's author, which the file does not hold"
            found.append(Problem(where, what))
        for key in cls.unlearned(config):
            found.append(Problem(where, f"the file does not hold its {key}", "save the model as .keras"))
        return found

    @classmethod
    def unlearned(cls, config: Config) -> list[str]:
        needed = ["vocabulary", *(["idf_weights"] if config.get("output_mode") == "tf_idf" else [])]
        return [key for key in needed if config.get(key) is None]

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        tokens = config["vocabulary"]
        return {**config, "vocabulary_size": None if tokens is None else len(tokens)}

    def __getattr__(self, name: str) -> Any:
        # The hyper-parameters live in the vectorizer, which changes some of them when it learns.
        if name in self.hyper_parameters:
            return getattr(self.vectorizer, name)
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def adapt(self, data: Any) -> None:
        """Learn the vocabulary from texts, in the place of the one that there is."""
        self.vectorizer.adapt(data)

    def get_vocabulary(self) -> list[str]:
        """The token of every id."""
        return self.vocabulary or []

    def forward(self, x: Any, training: bool = False, mask: Any = None) -> Array:
        y = self.vectorizer(x)
        # Keras's layer counts in whole numbers.
        return y.astype(np.int64) if self.output_mode in ("count", "multi_hot") else y

    def output_shape(self, input_shape: Shape) -> Shape:
        if self.output_mode == "int":
            return (input_shape[0], self.output_sequence_length)
        return (input_shape[0], self.vectorizer.width)

    def __repr__(self) -> str:
        tokens = self.vocabulary
        size = "no" if tokens is None else f"{len(tokens):,}"
        return f"{type(self).__name__}(output_mode={self.output_mode!r}, {size} tokens)"
