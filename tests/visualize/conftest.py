"""Small Keras models, each with its twin in maju."""

from __future__ import annotations

from typing import Any

import pytest

import maju
from visualize.fixtures import WORDS, Pair, Pairs


def image_classifier() -> Any:
    from keras import Input, Sequential, layers

    return Sequential(
        [
            Input((12, 10, 3), name="pixels"),
            layers.Rescaling(2.0, offset=-0.5, name="scale"),
            layers.Conv2D(6, 3, activation="relu", padding="same", name="first"),
            layers.MaxPooling2D(name="pool"),
            layers.Conv2D(5, 3, activation="tanh", name="last"),
            layers.Flatten(name="flat"),
            layers.Dense(4, activation="softmax", name="classes"),
        ]
    )


def binary() -> Any:
    from keras import Input, Sequential, layers

    body = [layers.Conv2D(4, 3, activation="relu", name="conv"), layers.GlobalAveragePooling2D()]
    return Sequential([Input((9, 7, 1)), *body, layers.Dense(1, activation="sigmoid", name="p")])


def nested() -> Any:
    """Two inputs, two outputs, a model within the model, and a layer that is called twice."""
    from keras import Input, Model, Sequential, layers

    inner = Sequential(
        [Input((8, 9, 2)), layers.Conv2D(3, 2, activation="elu", name="deep"), layers.MaxPooling2D()],
        name="inner",
    )
    left, right = Input((8, 9, 2), name="left"), Input((5,), name="right")
    wide = layers.Dense(5, activation="tanh", name="wide")
    h = layers.Concatenate()([layers.Flatten()(inner(left)), wide(wide(right))])
    one = layers.Dense(3, activation="softmax", name="one")(h)
    return Model([left, right], [one, layers.Dense(2, name="two")(h)])


def text() -> Any:
    from keras import Input, Sequential, layers

    words = layers.TextVectorization(output_sequence_length=8, vocabulary=WORDS, name="words")
    return Sequential(
        [
            Input((), dtype="string"),
            words,
            layers.Embedding(9, 5, mask_zero=True, name="table"),
            layers.Bidirectional(layers.LSTM(4, return_sequences=True), name="both"),
            layers.GRU(3, name="gru"),
            layers.Dense(3, activation="softmax", name="classes"),
        ]
    )


def ids() -> Any:
    """Ids in, no mask, read backwards."""
    from keras import Input, Sequential, layers

    return Sequential(
        [
            Input((None,), name="ids"),
            layers.Embedding(9, 5, name="table"),
            layers.GRU(4, go_backwards=True, reset_after=False, name="back"),
            layers.Dense(1, activation="sigmoid", name="p"),
        ]
    )


def attending() -> Any:
    from keras import Input, Model, layers

    x = Input((6,), name="ids")
    h = layers.Embedding(11, 8, mask_zero=True, name="table")(x)
    h = layers.MultiHeadAttention(2, 4, name="heads")(h, h, use_causal_mask=True)
    h = layers.Attention(use_scale=True, name="luong")([h, h])
    h = layers.AdditiveAttention(name="bahdanau")([h, h])
    return Model(x, layers.Dense(2)(layers.GlobalAveragePooling1D()(h)))


def sequence() -> Any:
    from keras import Input, Sequential, layers

    body = [layers.Conv1D(6, 3, activation="relu", name="conv"), layers.SimpleRNN(4, name="rnn")]
    return Sequential([Input((9, 3)), *body, layers.Dense(2, name="out")])


def volume() -> Any:
    from keras import Input, Sequential, layers

    body = [layers.Conv3D(3, 2, activation="relu", name="conv"), layers.Flatten()]
    return Sequential([Input((5, 6, 4, 2)), *body, layers.Dense(3, activation="softmax", name="classes")])


def first() -> Any:
    """Channels before the places, depthwise and transposed convolutions, whole numbers in."""
    from keras import Input, Sequential, layers

    return Sequential(
        [
            Input((3, 7, 6), dtype="uint8", name="bytes"),
            layers.Rescaling(1 / 255),
            layers.DepthwiseConv2D(3, depth_multiplier=2, data_format="channels_first", name="each"),
            layers.Conv2DTranspose(4, 2, data_format="channels_first", activation="relu", name="up"),
            layers.Flatten(data_format="channels_first"),
            layers.Dense(3, activation="softmax", name="classes"),
        ]
    )


MODELS = (image_classifier, binary, nested, text, ids, attending, sequence, volume)


@pytest.fixture(scope="session")
def pairs() -> Pairs:
    from keras import utils

    from parity.compare import scramble

    utils.clear_session()
    found = {}
    for make in MODELS:
        live = make()
        scramble(live, make.__name__)
        found[make.__name__] = Pair(live, maju.load(live))
    return found


@pytest.fixture(scope="session")
def channels_first() -> maju.Model:
    """A model that Keras can build here, and TensorFlow's CPU kernels cannot run."""
    from parity.compare import scramble

    live = first()
    scramble(live, "first")
    return maju.load(live)
