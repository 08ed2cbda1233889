"""Layers that several models share: Keras 3 writes their arrays once, and does not find them again itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import keras
import pytest
from keras import layers

import maju
from maju.errors import ModelFormatError
from parity.compare import assert_same, random, scramble

X = random(3, 5, 4)


def sharing() -> Any:
    """Layers in two nested models, a model in two places, a layer and a cell within wrappers and without."""
    keras.utils.clear_session()
    step, sequence = keras.Input((4,)), keras.Input((5, 4))
    dense = layers.Dense(4, activation="tanh", name="kept")
    tower = keras.Sequential([keras.Input((4,)), layers.Dense(4, name="inside")], name="tower")
    one = keras.Model(step, layers.Dense(3)(tower(dense(step))), name="one")
    two = keras.Model(step, layers.Dense(4, name="other")(dense(step)), name="two")
    lstm = layers.LSTM(4, return_sequences=True, name="lstm")
    reader = keras.Model(sequence, lstm(sequence), name="reader")
    cell = layers.GRUCell(3, name="cell")

    x = keras.Input((5, 4))
    steps = layers.TimeDistributed(dense)(lstm(reader(x)))
    last = dense(steps)[:, -1]
    read = [layers.RNN(cell)(steps), layers.RNN(cell, go_backwards=True)(x)]
    model = keras.Model(x, [one(last), two(last), tower(last), *read])
    scramble(model)
    return model


@pytest.mark.parametrize("kind", [".keras", "weights"])
def test_the_arrays_are_found_where_they_came_first(kind: str, tmp_path: Path) -> None:
    model = sharing()
    if kind == ".keras":
        model.save(tmp_path / "model.keras")
        mine = maju.load(tmp_path / "model.keras")
    else:
        (tmp_path / "model.json").write_text(model.to_json())
        model.save_weights(tmp_path / "model.weights.h5")
        mine = maju.load(tmp_path / "model.weights.h5", architecture=tmp_path / "model.json")
    assert_same(mine.predict(X), model(X))
    mine.save(tmp_path / "new.keras")
    assert_same(keras.models.load_model(tmp_path / "new.keras")(X), model(X))


def test_arrays_that_two_layers_have_are_not_guessed(tmp_path: Path) -> None:
    x = keras.Input((4,))
    models = [keras.Sequential([keras.Input((4,)), layers.Dense(4, name="same")]) for _ in range(3)]
    whole = keras.Model(x, [model(x) for model in models])
    (tmp_path / "model.json").write_text(whole.to_json())
    path = tmp_path / "model.weights.h5"
    whole.save_weights(path)
    maju.load(path, architecture=tmp_path / "model.json")
    with h5py.File(path, "r+") as file:
        del file["layers/sequential/layers/dense"]
    with pytest.raises(
        ModelFormatError, match=r"layer 'same' \(Dense\) needs 2 arrays, the file holds 0 there"
    ):
        maju.load(path, architecture=tmp_path / "model.json")
