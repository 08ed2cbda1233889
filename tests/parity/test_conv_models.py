"""Whole models of convolutions: their probabilities, through the files of Keras and through those of maju."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import maju
from parity.compare import PROBABILITIES, assert_same, random, scramble

IDS = np.array([[3, 1, 4, 1, 5, 9, 2, 6, 0, 0, 0], [2, 7, 1, 8, 0, 0, 0, 0, 0, 0, 0], [1] * 11], np.int32)


def small_mobilenet() -> Any:
    x = inputs = keras.Input((17, 15, 3))
    x = layers.Conv2D(6, 3, strides=2, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    for strides in (1, 2):
        before = x
        x = layers.DepthwiseConv2D(3, strides=strides, padding="same", use_bias=False)(x)
        x = layers.ReLU(max_value=6)(layers.BatchNormalization()(x))
        x = layers.Conv2D(6, 1)(x)
        x = layers.Add()([before, x]) if strides == 1 else x
    x = layers.SeparableConv2D(8, 3, depth_multiplier=2, activation="relu")(x)
    x = layers.GlobalMaxPooling2D()(x)
    return keras.Model(inputs, layers.Dense(5, activation="softmax")(x))


def text_cnn() -> Any:
    return keras.Sequential(
        [
            keras.Input((11,), dtype="int32"),
            layers.Embedding(10, 6),
            layers.Conv1D(8, 3, padding="causal", dilation_rate=2, activation="relu"),
            layers.MaxPooling1D(2, padding="same"),
            layers.SeparableConv1D(8, 3, padding="same", activation="tanh"),
            layers.AveragePooling1D(2),
            layers.GlobalAveragePooling1D(),
            layers.Dense(4, activation="softmax"),
        ]
    )


def bag_of_words() -> Any:
    return keras.Sequential(
        [
            keras.Input((11,), dtype="int32"),
            layers.Embedding(10, 6, mask_zero=True),
            layers.GlobalAveragePooling1D(),
            layers.Dense(4, activation="softmax"),
        ]
    )


def small_unet() -> Any:
    inputs = keras.Input((12, 10, 2))
    wide = layers.Conv2D(4, 3, padding="same", activation="relu")(inputs)
    narrow = layers.Conv2D(6, 3, padding="same", activation="relu")(layers.MaxPooling2D()(wide))
    up = layers.Conv2DTranspose(4, 3, strides=2, padding="same")(narrow)
    x = layers.Concatenate()([wide, up])
    return keras.Model(inputs, layers.Conv2D(3, 1, activation="softmax")(x))


def volumes() -> Any:
    return keras.Sequential(
        [
            keras.Input((7, 6, 5, 2)),
            layers.Conv3D(4, 3, padding="same", activation="relu"),
            layers.MaxPooling3D((2, 1, 2), padding="same"),
            layers.Conv3DTranspose(3, 2, strides=(1, 2, 1)),
            layers.AdaptiveAveragePooling3D((2, 3, 2)),
            layers.Flatten(),
            layers.Dense(4, activation="softmax"),
        ]
    )


MODELS: dict[str, tuple[Callable[[], Any], Any]] = {
    "small-mobilenet": (small_mobilenet, random(3, 17, 15, 3)),
    "text-cnn": (text_cnn, IDS),
    "bag-of-words": (bag_of_words, IDS),
    "small-unet": (small_unet, random(3, 12, 10, 2)),
    "volumes": (volumes, random(3, 7, 6, 5, 2)),
}


@pytest.fixture(params=MODELS)
def pair(request: pytest.FixtureRequest) -> tuple[Any, Any]:
    build, x = MODELS[request.param]
    model = build()
    scramble(model, request.param)
    return model, x


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
def test_probabilities_through_a_file_of_keras(pair: tuple[Any, Any], suffix: str, tmp_path: Path) -> None:
    theirs, x = pair
    theirs.save(tmp_path / f"model{suffix}")
    ours = maju.load(tmp_path / f"model{suffix}")
    assert_same(ours.predict(x), theirs.predict(x, verbose=0), PROBABILITIES)


def test_keras_opens_what_maju_saves(pair: tuple[Any, Any], tmp_path: Path) -> None:
    theirs, x = pair
    maju.load(theirs).save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert_same(again.predict(x, verbose=0), theirs.predict(x, verbose=0), PROBABILITIES)
