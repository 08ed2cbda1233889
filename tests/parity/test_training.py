"""Training step for step: of the same weights, on the same batches, the same losses and weights as Keras."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import maju
from maju.layers.base import Array
from parity.compare import random

#: How far a loss may lie from Keras's, and a weight, relative to the largest of its array.
TRAINED = 1e-4
STEPS = 100
ROWS = 16
CLASSES = 3

WORDS = np.random.default_rng(3).integers(1, 60, (ROWS * 10, 20))
for _row, _length in enumerate(np.random.default_rng(4).integers(0, 21, len(WORDS))):
    WORDS[_row, _length:] = 0
IMAGES = random(ROWS * 10, 12, 11, 3)
LABELS = np.random.default_rng(5).integers(0, CLASSES, ROWS * 10)

OPTIMIZERS: dict[str, dict[str, Any]] = {
    "SGD": {"learning_rate": 0.01, "momentum": 0.9, "nesterov": True},
    "Adam": {},
    "AdamW": {"weight_decay": 0.01},
    "RMSprop": {},
    "Adagrad": {"learning_rate": 0.05},
    "Adamax": {},
    "Nadam": {},
}


def cnn() -> Any:
    hidden = [layers.Conv2D(n, 3, padding="same", activation="relu") for n in (8, 8, 12)]
    return keras.Sequential(
        [
            keras.Input((12, 11, 3)),
            *hidden[:2],
            layers.MaxPooling2D(2),
            hidden[2],
            layers.AveragePooling2D(2),
            layers.Flatten(),
            layers.Dense(16, activation="relu"),
            layers.Dense(CLASSES, activation="softmax"),
        ]
    )


def text(*recurrent: Any, mask_zero: bool = True) -> Any:
    return keras.Sequential(
        [
            keras.Input((20,), dtype="int64"),
            # With Keras's own start, between -0.05 and 0.05, hardly a weight behind it moves in so few steps.
            layers.Embedding(60, 12, keras.initializers.RandomUniform(-1, 1, seed=1), mask_zero=mask_zero),
            *recurrent,
            layers.Dense(8, activation="relu"),
            layers.Dense(CLASSES, activation="softmax"),
        ]
    )


MODELS: dict[str, tuple[Callable[[], Any], Array]] = {
    "CNN": (cnn, IMAGES),
    "SimpleRNN": (lambda: text(layers.SimpleRNN(7, return_sequences=True), layers.SimpleRNN(6)), WORDS),
    "LSTM": (lambda: text(layers.LSTM(7, return_sequences=True), layers.LSTM(6)), WORDS),
    "LSTM without mask": (lambda: text(layers.LSTM(7), mask_zero=False), WORDS),
    "bidirectional RNN": (lambda: text(layers.Bidirectional(layers.SimpleRNN(7))), WORDS),
    "bidirectional LSTM": (
        lambda: text(
            layers.Bidirectional(layers.LSTM(6, return_sequences=True)), layers.Bidirectional(layers.LSTM(5))
        ),
        WORDS,
    ),
    "GRU": (lambda: text(layers.GRU(7)), WORDS),
}


@functools.cache
def made(name: str) -> tuple[Any, list[Array]]:
    """The Keras model of a name, and its first weights."""
    keras.utils.set_random_seed(7)
    model = MODELS[name][0]()
    return model, model.get_weights()


def batches(x: Array) -> Any:
    for step in range(STEPS):
        rows = slice(step % 10 * ROWS, (step % 10 + 1) * ROWS)
        yield x[rows], LABELS[rows]


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("name", MODELS)
def test_a_hundred_steps(name: str, optimizer: str) -> None:
    keras_model, first = made(name)
    keras_model.set_weights(first)
    model = maju.load(keras_model)
    loss, options = "sparse_categorical_crossentropy", OPTIMIZERS[optimizer]
    keras_model.compile(getattr(keras.optimizers, optimizer)(**options), loss, jit_compile=False)
    model.compile(getattr(maju.optimizers, optimizer)(**options), loss)
    x = MODELS[name][1]

    there = [float(keras_model.train_on_batch(*batch)) for batch in batches(x)]
    here = [model.train_on_batch(*batch) for batch in batches(x)]

    np.testing.assert_allclose(here, there, rtol=TRAINED)
    trained = zip(model.trainable_weights.items(), keras_model.get_weights(), first, strict=True)
    for (path, ours), theirs, before in trained:
        bound = TRAINED * np.abs(theirs).max()
        assert np.abs(theirs - before).max() > 10 * bound, path  # there is something to compare
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=bound, err_msg=path)
