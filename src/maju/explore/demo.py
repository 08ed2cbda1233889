"""The tiny models that maju trains by itself in seconds, where there is nothing else to look at."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files

import numpy as np

from maju import layers
from maju.datasets.nusax_csv import CLASSES, parse_csv
from maju.explore.shapes import SHAPES, drawn_shapes
from maju.layers.base import Array
from maju.losses import SparseCategoricalCrossentropy
from maju.models import Model
from maju.models.blueprint import Blueprint
from maju.models.sequential import Sequential
from maju.models.symbolic import Input
from maju.optimizers import Adam
from maju.random import set_random_seed
from maju.text.vectorizer import TextVectorizer

__all__ = ["SENTENCE_CLASSES", "TINY", "sentences", "tiny_cnn", "tiny_gru", "tiny_lstm", "tiny_rnn"]

SENTENCE_CLASSES = tuple(CLASSES)
#: The sides of the tiny network's images.
SIDE = 16
#: How many words the readers know, and how many of a sentence they read.
WORDS, LENGTH = 500, 16


def sentences() -> tuple[Array, Array]:
    """The Indonesian sentences that come with maju, and the class of each."""
    # By its path: the package that it lies in needs more than maju's core.
    file = files("maju").joinpath("experiments", "data", "indonesian_sentiment.csv")
    return parse_csv(file.read_bytes(), file.name)


def tiny_cnn() -> Model:
    """A network of two convolutions that tells drawn shapes apart."""
    images, labels = drawn_shapes(800, SIDE, SIDE, seed=1)
    set_random_seed(0)
    model = Sequential(
        [
            Input((SIDE, SIDE, 3), name="image"),
            layers.Rescaling(1 / 255, name="rescaling"),
            layers.Conv2D(8, 3, padding="same", activation="relu", name="conv_1"),
            layers.MaxPooling2D(2, name="pool_1"),
            layers.Conv2D(16, 3, activation="relu", name="conv_2"),
            layers.MaxPooling2D(2, name="pool_2"),
            layers.Flatten(name="flatten"),
            layers.Dense(32, activation="relu", name="dense"),
            layers.Dense(len(SHAPES), activation="softmax", name="classes"),
        ],
        name="tiny-cnn",
    )
    return _trained(model, images, labels, epochs=8, batch_size=32, rate=0.004)


def _reader(name: str, cell: Blueprint, epochs: int) -> Model:
    texts, labels = sentences()
    vectorizer = TextVectorizer(WORDS, output_sequence_length=LENGTH)
    vectorizer.adapt(texts)
    words = layers.TextVectorization(
        WORDS, output_sequence_length=LENGTH, vocabulary=vectorizer.vocabulary, name="words"
    )
    set_random_seed(0)
    model = Sequential(
        [
            Input((), dtype="string", name="text"),
            words,
            layers.Embedding(WORDS, 16, mask_zero=True, name="embedding"),
            cell,
            layers.Dense(len(SENTENCE_CLASSES), activation="softmax", name="classes"),
        ],
        name=name,
    )
    return _trained(model, texts, labels, epochs=epochs, batch_size=16, rate=0.01)


def tiny_lstm() -> Model:
    """An LSTM that tells negative, neutral and positive sentences apart."""
    return _reader("tiny-lstm", layers.LSTM(12, name="lstm"), 8)


def tiny_gru() -> Model:
    """A GRU that reads sentences both ways."""
    return _reader("tiny-gru", layers.Bidirectional(layers.GRU(8), name="both_ways"), 8)


def tiny_rnn() -> Model:
    """A plain recurrent network that reads sentences."""
    return _reader("tiny-rnn", layers.SimpleRNN(12, name="rnn"), 8)


def _trained(model: Model, x: Array, y: Array, epochs: int, batch_size: int, rate: float) -> Model:
    model.compile(Adam(rate), SparseCategoricalCrossentropy())
    model.fit(x, np.asarray(y), batch_size=batch_size, epochs=epochs, verbose=0)
    return model


#: Each by its name in the list.
TINY: dict[str, Callable[[], Model]] = {
    "tiny-cnn": tiny_cnn,
    "tiny-lstm": tiny_lstm,
    "tiny-gru": tiny_gru,
    "tiny-rnn": tiny_rnn,
}
