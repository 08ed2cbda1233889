"""TextVectorizer: texts to the ids of their tokens, or to counts of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from maju.errors import InputError
from maju.text.tokens import characters, ngrams, standardize, text_array
from maju.text.vocabulary import OOV, PADDING, learn_vocabulary

__all__ = ["TextVectorizer"]

STANDARDIZE = ("lower_and_strip_punctuation", "lower", "strip_punctuation", None)
SPLIT: dict[str | None, Callable[[bytes], list[bytes]] | None] = {
    "whitespace": bytes.split,
    "character": characters,
    None: None,
}
#: The output modes, with the names that older versions of Keras used.
OUTPUT_MODES = {
    "int": "int",
    "multi_hot": "multi_hot",
    "count": "count",
    "tf_idf": "tf_idf",
    "binary": "multi_hot",
    "tf-idf": "tf_idf",
}


#: The widest n-grams; each width takes time, whether any text is so long or not.
MAX_WIDTH = 1000


class TextVectorizer:
    """Turn each text into the ids of its tokens, or into one number for each token of the vocabulary.

    text -> standardize -> split into tokens -> join into n-grams -> look up

    What comes out depends on ``output_mode``:

    - ``"int"``: ids, (batch, time), int64; 0 after a text's last token.
    - ``"multi_hot"``: 1 where the text has the token, (batch, tokens), float32.
    - ``"count"``: how often the text has it, (batch, tokens), float32.
    - ``"tf_idf"``: how often, times the token's weight, (batch, tokens), float32.

    The vocabulary begins with ``""`` (padding; in mode int alone) and ``"[UNK]"`` (every unknown token).

    Args:
        max_tokens: the largest size of a learned vocabulary, those two included.
        standardize: "lower_and_strip_punctuation", "lower", "strip_punctuation" or None. ASCII alone counts.
        split: "whitespace", "character", or None: each string is one token, and a row of strings is a text.
        ngrams: the widths of the n-grams; a number n stands for 1 to n.
        output_mode: see above.
        output_sequence_length: the length that every row of ids is cut or padded to; else the longest's.
        pad_to_max_tokens: make rows `max_tokens` wide however small the vocabulary is.
        vocabulary: the tokens, with or without those that it begins with.
        idf_weights: in mode tf_idf, the weight of each token in `vocabulary`. Where that lacks "[UNK]",
            its weight is the mean of the others.

    Source: `keras.layers.TextVectorization`.
    """

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
        idf_weights: Sequence[float] | npt.NDArray[Any] | None = None,
    ) -> None:
        self.max_tokens = max_tokens
        self.standardize = standardize
        self.split = split
        self.ngrams = ngrams if ngrams is None or isinstance(ngrams, int) else tuple(ngrams)
        self.output_mode = OUTPUT_MODES.get(output_mode, output_mode)
        self.output_sequence_length = output_sequence_length
        self.pad_to_max_tokens = pad_to_max_tokens
        self._check()
        self._tokens: list[bytes] | None = None
        self._ids: dict[bytes, int] = {}
        self._idf: npt.NDArray[np.float32] | None = None
        if vocabulary is not None:
            self.set_vocabulary(vocabulary, idf_weights)
        elif idf_weights is not None:
            raise InputError("idf_weights belong to a vocabulary, and none was given")

    def _check(self) -> None:
        for name, value, known in (
            ("standardize", self.standardize, STANDARDIZE),
            ("split", self.split, SPLIT),
            ("output_mode", self.output_mode, OUTPUT_MODES),
        ):
            if value not in known:
                raise InputError(f"{name}={value!r}; expected {' or '.join(map(repr, known))}")
        if self.max_tokens is not None and self.max_tokens < 2:
            raise InputError(f"max_tokens={self.max_tokens}; a vocabulary has 2 tokens or more")
        if self.pad_to_max_tokens and self.max_tokens is None:
            raise InputError("pad_to_max_tokens=True needs max_tokens")
        if self.output_sequence_length is not None and self.output_mode != "int":
            raise InputError(f"output_sequence_length is for output_mode='int', not {self.output_mode!r}")
        widths = (self.ngrams,) if isinstance(self.ngrams, int) else self.ngrams or ()
        if any(not 1 <= width <= MAX_WIDTH for width in widths):
            raise InputError(f"ngrams={self.ngrams!r}; expected widths from 1 to {MAX_WIDTH:,}")

    # The vocabulary

    @property
    def vocabulary(self) -> list[str] | None:
        """The token of every id; None before `adapt`."""
        if self._tokens is None:
            return None
        return [_as_text(token) for token in self._tokens]

    @property
    def idf_weights(self) -> list[float] | None:
        """The weight of every token of the vocabulary; None in other modes than tf_idf."""
        return None if self._idf is None else self._idf.tolist()

    @property
    def width(self) -> int | None:
        """How many numbers a text becomes in the modes other than int; None before `adapt`."""
        if self.pad_to_max_tokens:
            return self.max_tokens
        return None if self._tokens is None else len(self._tokens)

    def adapt(self, texts: Any) -> None:
        """Learn the vocabulary from texts.

        In mode tf_idf a token's weight is log(1 + n / (1 + m)), where m of the n texts have the token.

        Raises:
            InputError: something that is no text, or no token in all of the texts.
        """
        array = text_array(texts)
        rows = self._rows(array[:, np.newaxis] if array.ndim == 1 else array)
        room = None if self.max_tokens is None else self.max_tokens - len(self._special)
        learned = learn_vocabulary(chain.from_iterable(rows), room)
        self._set(learned)
        if self.output_mode == "tf_idf":
            having = Counter(chain.from_iterable(set(row) for row in rows))
            idf = np.log(1 + len(rows) / (1 + np.array([having[token] for token in learned])))
            self._idf = _with_front(idf.astype(np.float32))

    def set_vocabulary(
        self,
        vocabulary: Iterable[str | bytes],
        idf_weights: Sequence[float] | npt.NDArray[Any] | None = None,
    ) -> None:
        """Take a vocabulary, and in mode tf_idf its weights, in place of learning them.

        Raises:
            InputError: a vocabulary with a token twice or an empty one, or weights that do not fit it.
        """
        if isinstance(vocabulary, str | bytes):
            raise InputError(f"expected a vocabulary as a list of tokens, got {vocabulary!r}")
        tokens = [_as_bytes(token) for token in vocabulary]
        complete = tokens[: len(self._special)] == self._special
        learned = tokens[len(self._special) :] if complete else tokens
        if (idf_weights is not None) != (self.output_mode == "tf_idf"):
            verb = "needs" if idf_weights is None else "has no"
            raise InputError(f"output_mode={self.output_mode!r} {verb} idf_weights")
        self._set(learned)
        if idf_weights is not None:
            self._idf = self._fitted(np.asarray(idf_weights), complete)

    def _set(self, learned: list[bytes]) -> None:
        """Give every token its id: the place that it has after the special ones."""
        tokens = [*self._special, *learned]
        if not learned:
            raise InputError("the vocabulary has no tokens")
        if PADDING in learned:
            raise InputError(f"the vocabulary has an empty token at place {tokens.index(PADDING, 1)}")
        twice = [token for token, count in Counter(learned).items() if count > 1]
        if twice:
            raise InputError(f"the vocabulary has tokens twice: {', '.join(map(repr, map(_as_text, twice)))}")
        if self.max_tokens is not None and len(tokens) > self.max_tokens:
            raise InputError(f"the vocabulary has {len(tokens)} tokens, max_tokens is {self.max_tokens}")
        start = len(self._special)
        self._tokens = tokens
        self._ids = {token: start + place for place, token in enumerate(learned)}
        if self.output_mode == "int":
            self._ids[PADDING] = 0

    def _fitted(self, idf: npt.NDArray[Any], complete: bool) -> npt.NDArray[np.float32]:
        """A weight for every token, from those of the given ones or from the padded ones that Keras saves."""
        size = len(self._tokens or ())
        if not complete and len(idf) == size - 1:
            idf = _with_front(idf)
        elif self.pad_to_max_tokens and len(idf) == self.max_tokens:
            idf = idf[:size]
        if len(idf) != size:
            raise InputError(f"{len(idf)} idf_weights for a vocabulary of {size} tokens")
        return idf.astype(np.float32)

    @property
    def _special(self) -> list[bytes]:
        """What the vocabulary begins with."""
        return [PADDING, OOV] if self.output_mode == "int" else [OOV]

    # From texts to numbers

    def __call__(self, texts: Any) -> npt.NDArray[Any]:
        """The ids or the counts of texts.

        Args:
            texts: strings or UTF-8 bytes: a list, or an array of shape (batch,) or (batch, 1).
        """
        if self._tokens is None:
            raise InputError("there is no vocabulary yet: call adapt(texts), or give a vocabulary")
        array = text_array(texts)
        rows = self._rows(array)
        numbers = self._id_rows(rows) if self.output_mode == "int" else self._count_rows(rows)
        # As in Keras, an array of one axis that is not to be split is one text, each string a token of it.
        return numbers[0] if self.split is None and array.ndim == 1 else numbers

    def _rows(self, array: npt.NDArray[np.object_]) -> list[list[bytes]]:
        """The tokens of each text."""
        split = SPLIT[self.split]
        if array.ndim > 2 or (split and array.ndim == 2 and array.shape[1] != 1):
            expected = "(batch,) or (batch, 1)" if split else "(batch, tokens)"
            raise InputError(f"expected texts of shape {expected}, got {array.shape}")
        if split:
            rows = [split(standardize(text, self.standardize)) for text in array.reshape(-1)]
        else:
            rows = [[standardize(text, self.standardize) for text in row] for row in np.atleast_2d(array)]
        return [ngrams(row, self._widths) for row in rows] if self._widths else rows

    @property
    def _widths(self) -> tuple[int, ...]:
        if self.ngrams is None:
            return ()
        return tuple(range(1, self.ngrams + 1)) if isinstance(self.ngrams, int) else self.ngrams

    def _id_rows(self, rows: list[list[bytes]]) -> npt.NDArray[np.int64]:
        time = self.output_sequence_length
        if time is None:
            time = max(map(len, rows), default=0)
        ids = np.zeros((len(rows), time), np.int64)
        unknown = self._special.index(OOV)
        for place, row in enumerate(rows):
            found = [self._ids.get(token, unknown) for token in row[:time]]
            ids[place, : len(found)] = found
        return ids

    def _count_rows(self, rows: list[list[bytes]]) -> npt.NDArray[np.float32]:
        counts = np.zeros((len(rows), self.width or 0), np.float32)
        unknown = self._special.index(OOV)
        for place, row in enumerate(rows):
            for token in row:
                if token != PADDING:
                    counts[place, self._ids.get(token, unknown)] += 1
        if self.output_mode == "multi_hot":
            return np.minimum(counts, 1)
        if self._idf is not None:
            counts[:, : len(self._idf)] *= self._idf
        return counts


def _with_front(idf: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The weights with that of unknown tokens before them, which is their mean."""
    return np.concatenate([idf.mean(keepdims=True), idf])


def _as_bytes(token: str | bytes) -> bytes:
    if not isinstance(token, str | bytes):
        raise InputError(f"expected a vocabulary of strings, got {token!r}")
    return token if isinstance(token, bytes) else token.encode("utf-8", errors="surrogateescape")


def _as_text(token: bytes) -> str:
    return token.decode("utf-8", errors="surrogateescape")
