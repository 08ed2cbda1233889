from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from maju.errors import InputError
from maju.text import TextVectorizer

INDONESIAN = [
    "Makanannya enak sekali, pelayanannya juga ramah!",
    "Saya tidak suka; mahal dan rasanya biasa-biasa saja.",
    "Tempatnya lumayan. Harga: Rp 25.000/porsi (belum PPN)",
    "ENAK ENAK ENAK sekali 😀😀 #kuliner @bandung",
    "Kami kecewa... nasi gorengnya dingin & asin, tidak akan kembali",
]
HOSTILE = [
    "",
    "   \t\n ",
    "nasi\u00a0goreng nasi goreng",
    "\u3000enak\u3000enak sekali",
    "cafe\u0301 café CAFÉ",
    "👩\u200d👩\u200d👧 👍🏽 enak👍🏽",
    "a\0b a \0 b\0",
    "satu\u2028dua tiga\x85empat lima\x1cenam tujuh\x0bdelapan\x0csembilan",
    "\ufeffsaya \ufeff saya",
    "[UNK] [unk] unk",
    "!!! ??? ...",
    "İstanbul ǅ ß ﬁ",
]
TEXTS = INDONESIAN + HOSTILE
MODES = ["int", "multi_hot", "count", "tf_idf"]


def both(texts: list[str], **options: Any) -> tuple[TextVectorizer, Any]:
    """Our vectorizer and Keras's, each having learned from the same texts."""
    theirs = keras.layers.TextVectorization(**options)
    theirs.adapt(texts)
    ours = TextVectorizer(**options)
    ours.adapt(texts)
    return ours, theirs


def assert_same(ours: TextVectorizer, theirs: Any, texts: Any) -> None:
    expected = theirs(tf.constant(texts)).numpy()
    got = ours(texts)
    assert got.dtype == (np.int64 if ours.output_mode == "int" else np.float32)
    if ours.output_mode == "tf_idf":
        np.testing.assert_allclose(got, expected, rtol=1e-6)
    else:
        np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("output_mode", MODES)
@pytest.mark.parametrize("split", ["whitespace", "character"])
@pytest.mark.parametrize("how", ["lower_and_strip_punctuation", "lower", "strip_punctuation", None])
def test_adapt_and_call_equal_keras(how: str | None, split: str, output_mode: str) -> None:
    ours, theirs = both(TEXTS, standardize=how, split=split, output_mode=output_mode)
    # Keras's own list of the vocabulary loses NUL at the end of a token.
    assert [token.rstrip("\0") for token in ours.vocabulary or []] == theirs.get_vocabulary()
    assert_same(ours, theirs, [*TEXTS[::-1], "Kata yang belum pernah ada: zamrud"])


@pytest.mark.parametrize("output_mode", MODES)
@pytest.mark.parametrize("ngrams", [1, 2, 3, (2,), (3, 1)], ids=str)
def test_ngrams(ngrams: Any, output_mode: str) -> None:
    ours, theirs = both(TEXTS, ngrams=ngrams, output_mode=output_mode, max_tokens=60)
    assert [token.rstrip("\0") for token in ours.vocabulary or []] == theirs.get_vocabulary()
    assert_same(ours, theirs, TEXTS)


@pytest.mark.parametrize("output_mode", MODES)
@pytest.mark.parametrize("pad", [False, True], ids=["as wide as needed", "padded"])
@pytest.mark.parametrize("max_tokens", [5, 17, 500])
def test_max_tokens(max_tokens: int, pad: bool, output_mode: str) -> None:
    options = {"max_tokens": max_tokens, "output_mode": output_mode, "pad_to_max_tokens": pad}
    ours, theirs = both(INDONESIAN, **options)
    assert ours.vocabulary == theirs.get_vocabulary()
    assert_same(ours, theirs, TEXTS)
    if output_mode != "int":
        assert ours(TEXTS).shape[1] == ours.width


@pytest.mark.parametrize("length", [None, 1, 4, 30])
@pytest.mark.parametrize("split", ["whitespace", "character"])
def test_output_sequence_length(split: str, length: int | None) -> None:
    ours, theirs = both(TEXTS, split=split, output_sequence_length=length)
    assert_same(ours, theirs, TEXTS)


@pytest.mark.parametrize("output_mode", MODES)
@pytest.mark.parametrize("ngrams", [None, 2])
@pytest.mark.parametrize(
    "texts",
    [
        [["enak"], ["tidak enak"], [""], ["lain"]],
        [["enak", "sekali", ""], ["tidak", "enak", "enak"]],
        ["enak", "", "lain", "enak"],
    ],
    ids=["a column", "rows of tokens", "one row"],
)
def test_without_a_split_each_string_is_a_token(texts: Any, ngrams: int | None, output_mode: str) -> None:
    learned = [["enak"], ["tidak enak"], ["Sekali"], ["enak sekali"], [""], ["enak"]]
    ours, theirs = both(learned, split=None, output_mode=output_mode, ngrams=ngrams)  # type: ignore[arg-type]
    assert ours.vocabulary == theirs.get_vocabulary()
    assert_same(ours, theirs, texts)


@pytest.mark.parametrize("length", [1, 2, 6])
def test_without_a_split_rows_are_cut_and_padded(length: int) -> None:
    ours, theirs = both(INDONESIAN, split=None, output_sequence_length=length)
    assert_same(ours, theirs, [[INDONESIAN[0]], [INDONESIAN[3]], ["lain"]])


@pytest.mark.parametrize(
    ("output_mode", "vocabulary", "idf_weights"),
    [
        ("int", ["saya", "enak", "É"], None),
        ("int", ["", "[UNK]", "saya", "enak", "É"], None),
        ("int", ["[UNK]", "saya", "enak"], None),
        ("count", ["saya", "enak"], None),
        ("multi_hot", ["[UNK]", "saya", "enak"], None),
        ("tf_idf", ["saya", "enak"], [0.7, 2.5]),
        ("tf_idf", ["[UNK]", "saya", "enak"], [0.1, 0.7, 2.5]),
    ],
    ids=[
        "ids",
        "complete ids",
        "[UNK] as a token",
        "counts",
        "complete counts",
        "weights",
        "complete weights",
    ],
)
@pytest.mark.parametrize("pad", [False, True], ids=["as wide as needed", "padded"])
def test_a_given_vocabulary(output_mode: str, vocabulary: list[str], idf_weights: Any, pad: bool) -> None:
    options: dict[str, Any] = {"output_mode": output_mode, "vocabulary": vocabulary, "standardize": None}
    options |= {"idf_weights": idf_weights, "max_tokens": 8, "pad_to_max_tokens": pad}
    ours, theirs = TextVectorizer(**options), keras.layers.TextVectorization(**options)
    assert ours.vocabulary == theirs.get_vocabulary()
    assert_same(ours, theirs, ["saya enak enak lain É", "[UNK] saya", ""])


def test_the_saved_weights_may_be_padded() -> None:
    options: dict[str, Any] = {"output_mode": "tf_idf", "max_tokens": 60, "pad_to_max_tokens": True}
    ours, theirs = both(INDONESIAN, **options)
    store: dict[str, Any] = {}
    theirs.save_own_variables(store)
    assert len(store["idf_weights"]) == 60
    again = TextVectorizer(**options, vocabulary=theirs.get_vocabulary(), idf_weights=store["idf_weights"])
    np.testing.assert_allclose(again.idf_weights or [], ours.idf_weights or [], rtol=1e-6)
    assert_same(again, theirs, TEXTS)


def test_learning_again_forgets() -> None:
    ours = TextVectorizer()
    ours.adapt(["satu dua"])
    ours.adapt(["tiga"])
    assert ours.vocabulary == ["", "[UNK]", "tiga"]


def test_an_empty_batch() -> None:
    ours = TextVectorizer(vocabulary=["a"])
    assert ours([]).shape == (0, 0)
    assert TextVectorizer(vocabulary=["a"], output_sequence_length=3)(np.array([], str)).shape == (0, 3)
    assert TextVectorizer(vocabulary=["a"], output_mode="count")([]).shape == (0, 2)


tokens = st.sampled_from(
    [" ", "  ", "\t", "a", "b", "A", "É", "é", ".", "'", "\0", "\u00a0", "\u3000", "[UNK]", "😀"]
)
texts = st.lists(
    st.lists(st.one_of(tokens, st.characters(codec="utf-8")), max_size=12).map("".join),
    min_size=1,
    max_size=6,
)


@given(
    learned=texts,
    asked=texts,
    how=st.sampled_from(["lower_and_strip_punctuation", "lower", "strip_punctuation", None]),
    split=st.sampled_from(["whitespace", "character", None]),
    ngrams=st.sampled_from([None, 1, 2, 3, (2,)]),
    output_mode=st.sampled_from(MODES),
    max_tokens=st.sampled_from([None, 3, 6]),
)
@settings(deadline=None, max_examples=60, database=None)
def test_any_text(
    learned: list[str], asked: list[str], max_tokens: int | None, how: Any, **rest: Any
) -> None:
    options = {"standardize": how, "max_tokens": max_tokens, **rest}
    ours = TextVectorizer(**options)
    try:
        ours.adapt(learned)
    except InputError:  # no tokens: Keras would learn nothing, and fail when it is called
        reject()
    theirs = keras.layers.TextVectorization(**options)
    theirs.adapt(learned)
    assert_same(ours, theirs, [[text] for text in asked])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"standardize": "upper"},
            "standardize='upper'; expected 'lower_and_strip_punctuation' or 'lower' or",
        ),
        ({"split": "words"}, "split='words'; expected 'whitespace' or 'character' or None"),
        ({"output_mode": "one_hot"}, "output_mode='one_hot'; expected 'int' or 'multi_hot'"),
        ({"max_tokens": 1}, "max_tokens=1; a vocabulary has 2 tokens or more"),
        ({"pad_to_max_tokens": True}, "pad_to_max_tokens=True needs max_tokens"),
        ({"output_mode": "count", "output_sequence_length": 4}, "is for output_mode='int', not 'count'"),
        ({"ngrams": (0, 2)}, r"ngrams=\(0, 2\); expected widths from 1 to 1,000"),
        ({"vocabulary": ["a", "b", "a"]}, "the vocabulary has tokens twice: 'a'"),
        ({"vocabulary": ["a", ""]}, "the vocabulary has an empty token at place 3"),
        ({"vocabulary": ["", "[UNK]"]}, "the vocabulary has no tokens"),
        ({"vocabulary": ["a", 3]}, "expected a vocabulary of strings, got 3"),
        ({"vocabulary": "words.txt"}, "expected a vocabulary as a list of tokens, got 'words.txt'"),
        ({"vocabulary": ["a", "b"], "max_tokens": 3}, "the vocabulary has 4 tokens, max_tokens is 3"),
        ({"vocabulary": ["a"], "output_mode": "tf_idf"}, "output_mode='tf_idf' needs idf_weights"),
        ({"vocabulary": ["a"], "idf_weights": [1.0]}, "output_mode='int' has no idf_weights"),
        (
            {"vocabulary": ["a"], "idf_weights": [1.0, 2.0, 3.0], "output_mode": "tf_idf"},
            "3 idf_weights for a vocabulary of 2 tokens",
        ),
        ({"idf_weights": [1.0], "output_mode": "tf_idf"}, "idf_weights belong to a vocabulary"),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, dict) else "",
)
def test_what_does_not_fit_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        TextVectorizer(**options)


def test_without_a_vocabulary_there_are_no_ids() -> None:
    vectorizer = TextVectorizer()
    assert vectorizer.vocabulary is None
    assert vectorizer.idf_weights is None
    with pytest.raises(InputError, match=r"there is no vocabulary yet: call adapt\(texts\)"):
        vectorizer(["a"])


def test_texts_without_tokens_teach_nothing() -> None:
    with pytest.raises(InputError, match="the vocabulary has no tokens"):
        TextVectorizer().adapt(["", " !"])


@pytest.mark.parametrize("shape", [(2, 2), (1, 2, 1)], ids=str)
def test_texts_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match=r"expected texts of shape \(batch,\) or \(batch, 1\), got"):
        TextVectorizer(vocabulary=["a"])(np.full(shape, "a"))


@pytest.fixture(scope="module")
def nusax() -> list[str]:
    """The Indonesian texts that NusaX trains on."""
    root = os.environ.get("MAJU_DATA_DIR")
    path = Path(root or "") / "nusax" / "indonesian" / "train.csv"
    if not root or not path.is_file():
        pytest.skip("MAJU_DATA_DIR holds no NusaX")
    with path.open(encoding="utf-8", newline="") as file:
        return [row["text"] for row in csv.DictReader(file)]


@pytest.mark.data
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"max_tokens": 2000, "output_sequence_length": 100},
        {"output_mode": "tf_idf", "ngrams": 2, "max_tokens": 3000},
        {"split": "character", "standardize": None, "output_mode": "count"},
    ],
    ids=["as it comes", "as for an LSTM", "bigrams", "characters"],
)
def test_nusax(nusax: list[str], options: dict[str, Any]) -> None:
    ours, theirs = both(nusax, **options)
    assert ours.vocabulary == theirs.get_vocabulary()
    assert_same(ours, theirs, nusax)
