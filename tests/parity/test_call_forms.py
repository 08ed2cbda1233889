"""The forms in which Keras's layers and models take their tensors, masks and options."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import maju
from maju.errors import InputError
from parity.compare import assert_same, random, scramble


@pytest.fixture(scope="module")
def nested() -> Any:
    a, b, c = (keras.Input((3,), name=name) for name in "abc")
    model = keras.Model([{"b": b, "c": c}, a], layers.Dense(2)(layers.Concatenate()([a, b, c])))
    scramble(model)
    return model


def test_inputs_in_a_nesting_of_lists_and_dicts(nested: Any) -> None:
    x = [{"c": random(4, 3, seed="c"), "b": random(4, 3, seed="b")}, random(4, 3, seed="a")]
    assert_same(maju.load(nested).predict(x), nested.predict(x, verbose=0))


@pytest.mark.parametrize(
    ("x", "said"),
    [
        ([1, 2, 3], "the inputs: expected a list of 2"),
        (np.zeros((4, 3)), "the inputs: expected a list of 2"),
        ([{"b": 1}, 2], "the inputs, number 1: expected a dict of b, c"),
        ([[1, 2], 2], "the inputs, number 1: expected a dict of b, c"),
    ],
    ids=["three", "array", "one key", "list for a dict"],
)
def test_inputs_in_another_nesting(nested: Any, x: Any, said: str) -> None:
    with pytest.raises(InputError, match=f"^{said}$"):
        maju.load(nested).predict(x)


def test_masks_by_place_and_numbers_for_flags(tmp_path: Path) -> None:
    x, mask = keras.Input((5, 4)), keras.Input((5,), dtype="bool")
    pooled = layers.GlobalAveragePooling1D()(x, mask)
    outputs = [
        pooled,
        layers.Softmax()(layers.Dense(5)(pooled), mask),
        layers.Attention()([x, x], [mask, mask]),
        layers.MultiHeadAttention(2, 3)(x, x, x, mask, mask, use_causal_mask=1),
        layers.MultiHeadAttention(2, 3)(x, x, return_attention_scores=1)[1],
        layers.LSTM(3)(x, mask=mask, training=0),
    ]
    model = keras.Model([x, mask], outputs)
    scramble(model)
    model.save(tmp_path / "model.keras")
    given = [random(3, 5, 4), np.array([[1, 1, 1, 0, 0], [1, 0, 1, 1, 1], [1, 1, 1, 1, 1]], bool)]
    mine = maju.load(tmp_path / "model.keras")
    expected = model.predict(given, verbose=0)
    assert_same(mine.predict(given), expected)
    mine.save(tmp_path / "again.keras")
    assert_same(keras.models.load_model(tmp_path / "again.keras").predict(given, verbose=0), expected)
