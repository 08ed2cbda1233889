"""From texts to tokens: standardize, split, join into n-grams.

Everything works on UTF-8 bytes, as TensorFlow does. That is what makes lower-casing, punctuation and white
space a matter of ASCII alone: ``É`` stays as it is, and a no-break space is part of its token.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from maju.errors import InputError

__all__ = ["characters", "ngrams", "standardize", "text_array"]

PUNCTUATION = rb"""!"#$%&()*+,-./:;<=>?@[\]^_`{|}~'"""


def text_array(texts: Any) -> npt.NDArray[np.object_]:
    """Strings or bytes, in a list or in an array of any type that holds text, as an array of bytes.

    Raises:
        InputError: something that is no text, or that has no UTF-8 form.
    """
    if isinstance(texts, Iterable) and not isinstance(texts, str | bytes | np.ndarray):
        texts = list(texts)
    array = np.asarray(texts, dtype=object)
    if array.ndim == 0:
        raise InputError("expected a list or an array of texts, got a single text: put it into a list")
    encoded = np.empty(array.size, dtype=object)
    encoded[:] = [_encode(text) for text in array.ravel().tolist()]
    return encoded.reshape(array.shape)


def _encode(text: Any) -> bytes:
    if isinstance(text, bytes):
        return bytes(text)
    if not isinstance(text, str):
        raise InputError(f"expected texts, got a value of type {type(text).__name__}: {text!r}")
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError(f"a text cannot be written in UTF-8: {error}") from None


def standardize(text: bytes, how: str | None) -> bytes:
    """The text in lower case or without punctuation, as `how` says, or both; ASCII alone changes."""
    if how in ("lower", "lower_and_strip_punctuation"):
        text = text.lower()
    if how in ("strip_punctuation", "lower_and_strip_punctuation"):
        text = text.translate(None, delete=PUNCTUATION)
    return text


def characters(text: bytes) -> list[bytes]:
    """The code points, each in UTF-8; a byte that is none becomes U+FFFD."""
    return [character.encode("utf-8") for character in text.decode("utf-8", errors="replace")]


def ngrams(tokens: Sequence[bytes], widths: Sequence[int]) -> list[bytes]:
    """Neighbouring tokens joined by spaces: all of the first width, then all of the second, ..."""
    return [
        b" ".join(tokens[start : start + width])
        for width in widths
        for start in range(len(tokens) - width + 1)
    ]
