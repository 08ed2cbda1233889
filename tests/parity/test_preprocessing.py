"""The layers that prepare texts, categories and numbers."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import maju
from maju.errors import InputError, UnsupportedModelError
from maju.layers import (
    CategoryEncodingLayer,
    DiscretizationLayer,
    HashedCrossingLayer,
    HashingLayer,
    IntegerLookupLayer,
    Layer,
    NormalizationLayer,
    StringLookupLayer,
)
from maju.layers.fingerprints import farmhash64, join, siphash64
from parity.compare import random

WORDS = np.array(
    [["satu", "dua", "tiga"], ["dua", "É", ""], ["enam", "[UNK]", "tiga"], ["dua", "lain", "tujuh"]]
)
NUMBERS = np.array([[3, 5, 5], [7, 0, -2], [12, 3, 1000], [-1, 8, 5]])
IDS = np.array([[3, 1, 1], [2, 0, 4], [4, 4, 4], [0, 3, 9]])
WHOLE = IDS.astype(np.float32)
VALUES = random(4, 3, 5, seed="values")
SQUARES = (VALUES[1] ** 2).tolist()
VOCABULARY = ["dua", "tiga", "satu"]
PRIMES = [3, 5, 7]
HUGE = random(4, 3, seed="huge") * 1e3


@dataclass(eq=False)
class FileCase:
    """A layer of Keras, what it adapts to (if it does), and what it is given. `name` is the test's id."""

    name: str
    make: Callable[[], Any]
    x: Any
    learn: Any = None
    options: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name

    def model(self) -> Any:
        layer = self.make()
        if self.learn is not None:
            layer.adapt(self.learn)
        several = isinstance(self.x, list)
        inputs = [keras.Input(x.shape[1:], dtype=dtype(x)) for x in (self.x if several else [self.x])]
        extra = {key: keras.Input(x.shape[1:], dtype=dtype(x)) for key, x in self.options.items()}
        y = layer(inputs if several else inputs[0], **extra)
        return keras.Model([*inputs, *extra.values()], y)

    def given(self) -> Any:
        parts = [*(self.x if isinstance(self.x, list) else [self.x]), *self.options.values()]
        return parts if len(parts) > 1 else parts[0]


def dtype(x: Any) -> str:
    return "string" if x.dtype.kind == "U" else str(x.dtype)


def tensors(x: Any) -> Any:
    return [tf.constant(part) for part in x] if isinstance(x, list) else tf.constant(x)


def same(found: Any, expected: Any) -> None:
    assert found.shape == expected.shape
    assert found.dtype == expected.dtype
    if found.dtype == np.float32:
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)
    else:
        np.testing.assert_array_equal(found, expected)


def check(case: FileCase, folder: Path, suffix: str) -> None:
    model = case.model()
    expected = dense(model(tensors(case.given())))
    path = folder / f"model{suffix}"
    model.save(path)
    again = maju.load(path)
    same(again.predict(case.given()), expected)
    told = again.layers[-1].output_shape(shapes(case.x))
    assert len(told) == expected.ndim
    assert all(n in (None, m) for n, m in zip(told[1:], expected.shape[1:], strict=True))
    again.save(folder / "copy.keras")
    same(maju.load(folder / "copy.keras").predict(case.given()), expected)
    copy = keras.models.load_model(folder / "copy.keras")
    same(dense(copy(tensors(case.given()))), expected)


def dense(y: Any) -> Any:
    return np.asarray(tf.sparse.to_dense(y) if isinstance(y, tf.SparseTensor) else y)


def shapes(x: Any) -> Any:
    return [(None, *part.shape[1:]) for part in x] if isinstance(x, list) else (None, *x.shape[1:])


def strings(**config: Any) -> Callable[[], Any]:
    return lambda: layers.StringLookup(**{"vocabulary": VOCABULARY, **config})


def integers(**config: Any) -> Callable[[], Any]:
    return lambda: layers.IntegerLookup(**{"vocabulary": PRIMES, **config})


ADAPT: dict[str, Any] = {"vocabulary": None}
MODES = ("one_hot", "multi_hot", "count")
CASES = [
    FileCase("StringLookup", strings(), WORDS),
    FileCase("StringLookup, a mask", strings(mask_token=""), WORDS),
    FileCase("StringLookup, another mask", strings(mask_token="[M]", oov_token="?"), WORDS),
    FileCase("StringLookup, complete", strings(vocabulary=["", "[UNK]", "dua", "x"], mask_token=""), WORDS),
    FileCase("StringLookup, many unknown", strings(num_oov_indices=3, mask_token=""), WORDS),
    FileCase("StringLookup, salted", strings(num_oov_indices=3, salt=[7, 9]), WORDS),
    FileCase("StringLookup, one salt", strings(num_oov_indices=5, salt=13), WORDS),
    FileCase("StringLookup, none unknown", strings(num_oov_indices=0), WORDS[:1]),
    FileCase("StringLookup, inverted", strings(invert=True, mask_token=""), IDS),
    FileCase("StringLookup, inverted, no mask", strings(invert=True, num_oov_indices=2), IDS),
    FileCase("StringLookup, learned", strings(**ADAPT), WORDS, WORDS),
    FileCase("StringLookup, learned, masked", strings(**ADAPT, mask_token="dua", max_tokens=4), WORDS, WORDS),
    FileCase("StringLookup, learned, tf_idf", strings(**ADAPT, output_mode="tf_idf"), WORDS, WORDS),
    FileCase(
        "StringLookup, learned, padded tf_idf",
        strings(**ADAPT, output_mode="tf_idf", max_tokens=20, pad_to_max_tokens=True, num_oov_indices=2),
        WORDS,
        WORDS,
    ),
    FileCase("StringLookup, tf_idf", strings(output_mode="tf_idf", idf_weights=[0.2, 0.7, 1.5]), WORDS),
    FileCase("StringLookup, a column", strings(output_mode="one_hot"), WORDS[:, :1]),
    *(FileCase(f"StringLookup, {mode}", strings(output_mode=mode, mask_token=""), WORDS) for mode in MODES),
    FileCase(
        "StringLookup, padded count",
        strings(output_mode="count", max_tokens=9, pad_to_max_tokens=True),
        WORDS,
    ),
    FileCase("StringLookup, sparse", strings(output_mode="count", sparse=True), WORDS),
    FileCase("IntegerLookup", integers(), NUMBERS),
    FileCase("IntegerLookup, a mask", integers(mask_token=0), NUMBERS),
    FileCase("IntegerLookup, many unknown", integers(num_oov_indices=3, mask_token=12), NUMBERS),
    FileCase("IntegerLookup, hashed", integers(num_oov_indices=3, oov_method="farmhash"), NUMBERS),
    FileCase("IntegerLookup, salted", integers(num_oov_indices=3, oov_method="farmhash", salt=5), NUMBERS),
    FileCase("IntegerLookup, inverted", integers(invert=True, mask_token=-5, oov_token=99), IDS),
    FileCase("IntegerLookup, learned", integers(**ADAPT, mask_token=5), NUMBERS, NUMBERS),
    FileCase("IntegerLookup, learned, tf_idf", integers(**ADAPT, output_mode="tf_idf"), NUMBERS, NUMBERS),
    *(FileCase(f"IntegerLookup, {mode}", integers(output_mode=mode), NUMBERS) for mode in MODES),
    FileCase("IntegerLookup, int32", integers(), NUMBERS.astype(np.int32)),
    *(
        FileCase(f"CategoryEncoding, {mode}", lambda mode=mode: layers.CategoryEncoding(10, mode), IDS)  # type: ignore[misc]
        for mode in MODES
    ),
    FileCase("CategoryEncoding, sparse", lambda: layers.CategoryEncoding(10, "count", sparse=True), IDS),
    FileCase("CategoryEncoding, too few", lambda: layers.CategoryEncoding(4, "count"), IDS),
    FileCase("CategoryEncoding, too few, one_hot", lambda: layers.CategoryEncoding(4, "one_hot"), IDS),
    FileCase("CategoryEncoding, a column", lambda: layers.CategoryEncoding(10, "one_hot"), IDS[:, :1]),
    FileCase(
        "CategoryEncoding, weights",
        lambda: layers.CategoryEncoding(10, "count"),
        IDS,
        options={"count_weights": random(4, 3, seed="weights")},
    ),
    *(
        FileCase(
            f"Discretization, {mode}",
            lambda mode=mode: layers.Discretization([-0.5, 0.25, 1.0], output_mode=mode),  # type: ignore[misc]
            VALUES[:, :, 0],
        )
        for mode in ("int", *MODES)
    ),
    FileCase(
        "Discretization, on a boundary",
        lambda: layers.Discretization([0.0, 1.0, 3.0]),
        IDS.astype(np.float32),
    ),
    FileCase("Discretization, whole numbers", lambda: layers.Discretization([0.5, 3.0]), IDS),
    FileCase("Discretization, three axes", lambda: layers.Discretization([0.5, 1.0]), VALUES),
    FileCase("Discretization, learned", lambda: layers.Discretization(num_bins=4), VALUES, VALUES),
    *(
        FileCase(f"Hashing, {mode}", lambda mode=mode: layers.Hashing(5, output_mode=mode), WORDS)  # type: ignore[misc]
        for mode in ("int", *MODES)
    ),
    FileCase(
        "Hashing, sparse float64",
        lambda: layers.Hashing(5, output_mode="multi_hot", sparse=True, dtype="float64"),
        WORDS,
    ),
    FileCase("Hashing, numbers", lambda: layers.Hashing(1000), NUMBERS),
    FileCase("Hashing, floats", lambda: layers.Hashing(1000), HUGE),
    FileCase("Hashing, int32", lambda: layers.Hashing(7, dtype="int32"), NUMBERS),
    FileCase("Hashing, salt", lambda: layers.Hashing(1000, salt=133), WORDS),
    FileCase("Hashing, two salts", lambda: layers.Hashing(1000, salt=[133, 137]), NUMBERS),
    FileCase("Hashing, mask", lambda: layers.Hashing(6, mask_value="dua"), WORDS),
    FileCase("Hashing, numbers, mask", lambda: layers.Hashing(6, mask_value=5, output_mode="count"), NUMBERS),
    FileCase("Hashing, one bin", lambda: layers.Hashing(1, mask_value="dua"), WORDS),
    FileCase("Hashing, a column", lambda: layers.Hashing(6, output_mode="one_hot"), WORDS[:, :1]),
    FileCase("HashedCrossing", lambda: layers.HashedCrossing(1000), [WORDS[:, :1], NUMBERS[:, :1]]),
    FileCase(
        "HashedCrossing, one_hot",
        lambda: layers.HashedCrossing(9, output_mode="one_hot"),
        [NUMBERS[:, :1], IDS[:, :1]],
    ),
    FileCase(
        "HashedCrossing, sparse",
        lambda: layers.HashedCrossing(9, output_mode="one_hot", sparse=True),
        [NUMBERS[:, :1], IDS[:, :1]],
    ),
    FileCase("Normalization", layers.Normalization, VALUES, VALUES),
    FileCase("Normalization, two axes", lambda: layers.Normalization(axis=(-1, 1)), VALUES, VALUES),
    FileCase("Normalization, no axis", lambda: layers.Normalization(axis=None), VALUES, VALUES),
    FileCase("Normalization, inverted", lambda: layers.Normalization(axis=1, invert=True), VALUES, VALUES),
    FileCase(
        "Normalization, given",
        lambda: layers.Normalization(axis=1, mean=[1, 2, 3.5], variance=[2, 0, 3]),
        VALUES,
    ),
    FileCase("Normalization, one given", lambda: layers.Normalization(mean=1.5, variance=2.0), VALUES),
    FileCase(
        "Normalization, given for both axes",
        lambda: layers.Normalization(
            axis=(1, 2), mean=VALUES[0].tolist(), variance=(VALUES[1] ** 2).tolist()
        ),
        VALUES,
    ),
    FileCase(
        "Normalization, fewer axes given",
        lambda: layers.Normalization(axis=(1, 2), mean=[1.0] * 5, variance=[2.0] * 5, invert=True),
        VALUES,
    ),
    FileCase("Normalization, whole numbers", lambda: layers.Normalization(mean=1.5, variance=2.0), IDS),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_through_a_keras_file(case: FileCase, tmp_path: Path) -> None:
    check(case, tmp_path, ".keras")


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.learn is None or "Normal" in case.name or "Discr" in case.name],
    ids=str,
)
def test_through_a_legacy_h5(case: FileCase, tmp_path: Path) -> None:
    check(case, tmp_path, ".h5")


def test_hashes_are_those_of_tensorflow() -> None:
    rng = np.random.default_rng(8)
    lengths = rng.permutation([*range(70), *range(70), 127, 128, 129, 129, 191, 192, 193, 1000])
    texts = [bytes(rng.integers(0, 256, length, np.uint8)) for length in lengths]
    bins = 2**62 - 57
    np.testing.assert_array_equal(farmhash64(texts) % bins, tf.strings.to_hash_bucket_fast(texts, bins))
    for key in ([1, 2], [2**62 + 3, 5]):
        np.testing.assert_array_equal(
            siphash64(texts, key) % bins, tf.strings.to_hash_bucket_strong(texts, bins, key)
        )
    columns = [tf.constant(texts)[:, tf.newaxis], tf.constant(lengths)[:, tf.newaxis]]
    crossed = tf.sparse.to_dense(tf.sparse.cross_hashed(columns, bins))[:, 0]
    begin = np.full(len(texts), 0xDECAFCAFFE, np.uint64)
    found = join(join(begin, farmhash64(texts)), lengths.astype(np.uint64)) % bins
    np.testing.assert_array_equal(found, crossed)
    assert farmhash64([]).shape == siphash64([], [1, 2]).shape == (0,)


def learned(make: Any, x: Any) -> Any:
    layer = make()
    layer.adapt(x)
    return layer


def test_what_nested_models_learned(tmp_path: Path) -> None:
    inner = keras.Sequential(
        [keras.Input((3,), dtype="string"), learned(strings(**ADAPT, output_mode="tf_idf"), WORDS)]
    )
    words = keras.Input((3,), dtype="string")
    numbers = keras.Input((3,), dtype="int64")
    outputs = {
        "nested": inner(words),
        "first": learned(strings(**ADAPT), WORDS[:2])(words),
        "second": learned(strings(**ADAPT), WORDS[2:])(words),
        "numbers": learned(integers(**ADAPT), NUMBERS)(numbers),
        "dense": layers.Dense(2)(learned(integers(**ADAPT, output_mode="count"), NUMBERS)(numbers)),
    }
    model = keras.Model([words, numbers], outputs)
    expected = model([tf.constant(WORDS), tf.constant(NUMBERS)])
    model.save(tmp_path / "model.keras")
    again = maju.load(tmp_path / "model.keras")
    again.save(tmp_path / "copy.keras")
    for copy in (again, maju.load(tmp_path / "copy.keras")):
        found = copy.predict([WORDS, NUMBERS])
        for name in outputs:
            same(found[name], np.asarray(expected[name]))


def test_what_is_not_in_the_file_is_named(tmp_path: Path) -> None:
    words, values = keras.Input((3,), dtype="string"), keras.Input((3,))
    outputs = [learned(strings(**ADAPT), WORDS)(words), layers.Discretization(num_bins=3)(values)]
    keras.Model([words, values], outputs).save(tmp_path / "model.h5")
    with pytest.raises(UnsupportedModelError) as caught:
        maju.load(tmp_path / "model.h5")
    text = str(caught.value)
    assert "(StringLookup): the file does not hold its vocabulary (save the model as .keras)" in text
    assert "(Discretization): the file does not hold its bin_boundaries" in text


@pytest.mark.parametrize(
    ("layer", "x", "message"),
    [
        (StringLookupLayer(vocabulary=["a"], num_oov_indices=0, name="s"), ["b"], "not in its vocabulary"),
        (StringLookupLayer(vocabulary=["a"], name="s"), [1, 2], "expected texts, got values of type int64"),
        (
            IntegerLookupLayer(vocabulary=[1], name="i"),
            ["b"],
            "expected whole numbers, got values of type <U1",
        ),
        (CategoryEncodingLayer(3, name="c"), [[-1, 2]], "ids of at least 0 can be counted, got -1"),
        (HashedCrossingLayer(3, name="h"), [np.ones((2, 1), int)], "expected a list of at least two tensors"),
        (HashedCrossingLayer(3, name="h"), [np.ones(2, int), np.ones((2, 1), int)], "tensors of one shape"),
        (HashedCrossingLayer(3, name="h"), [np.ones(2), np.ones(2)], "expected texts or whole numbers"),
        (HashingLayer(3, mask_value="a", name="h"), [1, 2], "got numbers, but its mask_value is 'a'"),
        (
            NormalizationLayer([1.0, 2], [1.0, 2], name="n"),
            np.ones((2, 3)),
            "a mean of shape (2,) along axis",
        ),
    ],
    ids=range(9),
)
def test_what_does_not_fit(layer: Layer, x: Any, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        layer.forward(x)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: StringLookupLayer(vocabulary=["a", "a"]), "a vocabulary with tokens twice: [b'a']"),
        (lambda: StringLookupLayer(vocabulary=[]), "an empty vocabulary"),
        (
            lambda: StringLookupLayer(vocabulary=["a"], invert=True, output_mode="count"),
            "with invert, output",
        ),
        (lambda: StringLookupLayer(vocabulary=["a"], pad_to_max_tokens=True), "needs max_tokens"),
        (lambda: StringLookupLayer(vocabulary=["a"], output_mode="tf_idf"), "0 idf_weights for a vocabulary"),
        (lambda: DiscretizationLayer([2.0, 1.0]), "bin_boundaries must ascend"),
        (lambda: HashingLayer(0), "num_bins is a whole number of at least 1"),
        (lambda: NormalizationLayer([1.0], [1.0, 2.0]), "mean and variance of shapes (1,) and (2,)"),
    ],
    ids=range(8),
)
def test_what_no_keras_writes(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        make()
