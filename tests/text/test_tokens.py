from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from maju.errors import InputError
from maju.text.tokens import PUNCTUATION, characters, ngrams, standardize, text_array

KERAS_PUNCTUATION = r'[!"#$%&()\*\+,-\./:;<=>?@\[\\\]^_`{|}~\']'
EVERY_BYTE = [bytes([97, byte, 65]) for byte in range(256)]


@pytest.mark.parametrize("middle", EVERY_BYTE, ids=[f"{text[1]:02x}" for text in EVERY_BYTE])
def test_every_byte_is_treated_as_tensorflow_treats_it(middle: bytes) -> None:
    assert middle.split() == tf.strings.split([middle])[0].numpy().tolist()
    lower = tf.strings.lower([middle])
    assert standardize(middle, "lower") == lower[0].numpy()
    stripped = tf.strings.regex_replace([middle], KERAS_PUNCTUATION, "")[0].numpy()
    assert standardize(middle, "strip_punctuation") == stripped
    both = tf.strings.regex_replace(lower, KERAS_PUNCTUATION, "")[0].numpy()
    assert standardize(middle, "lower_and_strip_punctuation") == both
    assert characters(middle) == tf.strings.unicode_split([middle], "UTF-8")[0].numpy().tolist()


def test_no_standardization_leaves_the_text() -> None:
    assert standardize(b"Enak, Bu!", None) == b"Enak, Bu!"


def test_all_of_ascii_punctuation_goes() -> None:
    assert len(PUNCTUATION) == 32
    assert standardize(PUNCTUATION, "strip_punctuation") == b""


def test_only_ascii_becomes_lower_case() -> None:
    assert standardize("ÉÀ CAFÉ".encode(), "lower") == "ÉÀ cafÉ".encode()


def test_characters_are_code_points_not_graphemes() -> None:
    assert characters("e\u0301👩\u200d👧".encode()) == [c.encode() for c in "e\u0301👩\u200d👧"]


@pytest.mark.parametrize(
    "text",
    [b"\xff", b"a\xc3", b"\xe2\x80a", b"\xed\xa0\x80", b"\xf0\x9f\x91", b"\xc0\xaf", b"\xf8\x88\x80\x80\x80"],
)
def test_bytes_that_are_no_utf8_split_as_in_tensorflow(text: bytes) -> None:
    assert characters(text) == tf.strings.unicode_split([text], "UTF-8")[0].numpy().tolist()


@pytest.mark.parametrize("widths", [(1, 2), (3, 1), (2,), (5,)], ids=str)
def test_ngrams_stand_width_after_width(widths: tuple[int, ...]) -> None:
    tokens = [b"saya", b"suka", b"nasi", b"goreng"]
    expected = tf.strings.ngrams(tf.constant(tokens), widths, separator=" ").numpy().tolist()
    assert ngrams(tokens, widths) == expected


@pytest.mark.parametrize(
    "texts",
    [
        ["enak", "É!"],
        ("enak", "É!"),
        ["enak", "É!".encode()],
        np.array(["enak", "É!"]),
        np.array(["enak", "É!"], object),
        np.array([b"enak", "É!".encode()]),
        np.array(["enak", "É!"]).astype(np.dtypes.StringDType()),
        iter(["enak", "É!"]),
    ],
    ids=["list", "tuple", "mixed", "<U", "object", "S", "StringDType", "iterator"],
)
def test_texts_come_in_many_forms(texts: Any) -> None:
    array = text_array(texts)
    assert array.tolist() == [b"enak", "É!".encode()]


@pytest.mark.parametrize("texts", ["enak", b"enak", np.array("enak")], ids=["str", "bytes", "array"])
def test_a_single_text_is_refused(texts: Any) -> None:
    with pytest.raises(InputError, match="expected a list or an array of texts, got a single text"):
        text_array(texts)


@pytest.mark.parametrize("value", [3, None, 1.5, ["a"]], ids=["int", "None", "float", "list"])
def test_what_is_no_text_is_named(value: Any) -> None:
    with pytest.raises(InputError, match=f"expected texts, got a value of type {type(value).__name__}"):
        text_array(["a", value])


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(InputError, match="cannot be written in UTF-8"):
        text_array(["\ud800"])
