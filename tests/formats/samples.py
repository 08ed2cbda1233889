"""Keras models of every shape that a file can have, small and with random weights, and data for them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import layers

from parity.compare import random, scramble

__all__ = ["SAMPLES", "Sample"]

IMAGES = random(6, 9, 8, 3)
IDS = np.random.default_rng(3).integers(1, 20, (7, 6))
for _row, _length in enumerate([6, 2, 0, 5, 1, 3, 4]):
    IDS[_row, _length:] = 0
ROWS = random(5, 4)
TEXTS = np.array([["makan enak, SEKALI"], ["tidak enak"], [""], ["é baru"], ["mahal mahal mahal"]], object)
CORPUS = ["makanan enak sekali", "tidak enak", "mahal sekali", "é mahal"]


@dataclass(frozen=True)
class Sample:
    """A Keras model, and data for it."""

    name: str
    make: Callable[[], Any]
    x: Any

    @functools.cached_property
    def keras_model(self) -> Any:
        """The model, with random weights."""
        keras.utils.clear_session()  # the layers get the same names whatever ran before in this process
        model = self.make()
        scramble(model, self.name)
        return model

    @functools.cached_property
    def expected(self) -> Any:
        """What Keras computes for the data."""
        return self.run(self.keras_model)

    def run(self, model: Any) -> Any:
        """What another Keras model computes for the data."""
        outputs = model(keras.tree.map_structure(keras.ops.convert_to_tensor, self.x))
        return keras.tree.map_structure(keras.ops.convert_to_numpy, outputs)


SAMPLES: dict[str, Sample] = {}


def sample(x: Any) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    """Make a function that builds a model a sample, with the data for it."""

    def register(make: Callable[[], Any]) -> Callable[[], Any]:
        name = make.__name__.replace("_", " ")
        SAMPLES[name] = Sample(name, make, x)
        return make

    return register


@sample(IMAGES)
def cnn() -> Any:
    model = keras.Sequential(
        [
            keras.Input((9, 8, 3)),
            layers.Rescaling(2.0, -0.5),
            layers.Conv2D(4, (3, 2), padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.MaxPooling2D((2, 3), padding="same"),
            layers.Conv2D(6, 2, groups=2, activation="gelu"),
            layers.Flatten(),
            layers.Dropout(0.4, seed=3),
            layers.Dense(5, activation="softmax"),
        ]
    )
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model


@sample(IDS)
def rnn() -> Any:
    return keras.Sequential(
        [
            keras.Input((6,)),
            layers.Embedding(20, 5, mask_zero=True),
            layers.Bidirectional(layers.SimpleRNN(4, return_sequences=True)),
            layers.SimpleRNN(3, go_backwards=True),
            layers.Dense(3, activation="softmax"),
        ]
    )


@sample(IDS)
def lstm() -> Any:
    return keras.Sequential(
        [
            keras.Input((6,)),
            layers.Embedding(20, 5, mask_zero=True),
            layers.LSTM(4, return_sequences=True),
            layers.Bidirectional(layers.LSTM(3), merge_mode="mul"),
            layers.Dense(3, activation="softmax"),
        ]
    )


@sample(IDS)
def functional_with_masks() -> Any:
    ids = keras.Input((6,), name="ids")
    vectors = layers.Embedding(20, 5, mask_zero=True)(ids)
    ahead = layers.LSTM(4)(layers.Dropout(0.2)(vectors))
    both = layers.Bidirectional(layers.GRU(3, return_sequences=True, reset_after=False))(vectors)
    merged = layers.Concatenate()([ahead, layers.SimpleRNN(2)(both)])
    return keras.Model(ids, layers.Dense(3, activation="softmax")(merged))


@sample({"left": ROWS, "right": random(5, 3, seed="right")})
def named_inputs_and_outputs() -> Any:
    left, right = keras.Input((4,), name="left"), keras.Input((3,), name="right")
    merged = layers.Concatenate()([right, left])
    return keras.Model(
        {"left": left, "right": right},
        {"label": layers.Dense(2, activation="softmax")(merged), "score": layers.Dense(1)(left)},
    )


@sample([ROWS, random(5, 4, seed="second")])
def shared_layers() -> Any:
    first, second = keras.Input((4,)), keras.Input((4,))
    shared = layers.Dense(4, activation="tanh", name="shared")
    return keras.Model([second, first], [shared(shared(first)), layers.Add()([shared(second), first])])


@sample(ROWS)
def nested_models() -> Any:
    x = keras.Input((4,))
    two = keras.Model(x, [layers.Dense(3)(x), layers.Dense(4)(x)], name="two")
    norm = [keras.Input((4,)), layers.Dense(4, activation="relu"), layers.BatchNormalization()]
    chain = keras.Sequential(norm, name="chain")
    entrance = keras.Input((4,))
    left, right = two(chain(entrance))
    return keras.Model(entrance, [right, chain(right), left])


@sample(TEXTS)
def texts() -> Any:
    words = layers.TextVectorization(max_tokens=12, output_sequence_length=4)
    words.adapt(CORPUS)
    return keras.Sequential(
        [
            keras.Input((1,), dtype="string"),
            words,
            layers.Embedding(12, 4, mask_zero=True),
            layers.LSTM(3),
            layers.Dense(2, activation="softmax"),
        ]
    )


@sample(TEXTS)
def weighed_texts() -> Any:
    words = layers.TextVectorization(output_mode="tf_idf", max_tokens=15, pad_to_max_tokens=True)
    words.adapt(CORPUS)
    head = layers.Dense(2, activation="softmax")
    return keras.Sequential([keras.Input((1,), dtype="string"), words, head])
