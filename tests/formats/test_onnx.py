"""Models as ONNX runtimes run them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import maju
from maju.errors import MissingExtraError, UnsupportedModelError
from maju.layers.base import Array
from parity.compare import PROBABILITIES, assert_same, random, scramble


def cnn() -> tuple[Any, list[Array]]:
    body = [layers.Conv2D(4, 3, padding="same", activation="relu"), layers.BatchNormalization()]
    head = [layers.MaxPooling2D(), layers.Flatten(), layers.Dense(3, activation="softmax")]
    return keras.Sequential([keras.Input((9, 8, 3)), *body, *head]), [random(5, 9, 8, 3)]


def masked_rnn() -> tuple[Any, list[Array]]:
    ids, extra = keras.Input((6,), dtype="int32", name="ids"), keras.Input((2,), name="extra")
    x = layers.Embedding(9, 4, mask_zero=True)(ids)
    x = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(x)
    x = layers.Concatenate()([layers.GRU(4)(x), extra])
    model = keras.Model([ids, extra], layers.Dense(3, activation="softmax")(x))
    return model, [np.array([[1, 2, 3, 0, 0, 0], [4, 5, 0, 6, 7, 8]], np.int32), random(2, 2)]


@pytest.mark.slow
@pytest.mark.parametrize("make", [cnn, masked_rnn])
def test_an_onnx_runtime_gives_the_same(make: Any, tmp_path: Path) -> None:
    import onnxruntime

    model, x = make()
    scramble(model)
    mine = maju.load(model)
    mine.save(tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    feeds = {entry.name: part for entry, part in zip(session.get_inputs(), x, strict=True)}
    (found,) = session.run(None, feeds)
    assert_same(found, mine.predict(x if len(x) > 1 else x[0]), PROBABILITIES)
    assert [entry.name for entry in tmp_path.iterdir()] == ["model.onnx"]


def test_text_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    words = layers.TextVectorization(output_sequence_length=4, name="words")
    words.adapt(["satu dua"])
    model = keras.Sequential([keras.Input((), dtype="string", name="text"), words, layers.Embedding(9, 2)])
    with pytest.raises(
        UnsupportedModelError, match=r"layer 'text' .*takes text.*give the model word numbers"
    ):
        maju.load(model).save(tmp_path / "model.onnx")
    assert list(tmp_path.iterdir()) == []


def test_half_precision_is_refused(tmp_path: Path) -> None:
    inner = keras.Sequential([keras.Input((3,)), layers.Dense(2, dtype="mixed_float16", name="half")])
    mine = maju.load(keras.Sequential([keras.Input((3,)), inner]))
    with pytest.raises(UnsupportedModelError, match=r"layer 'half' .*'mixed_float16', and only float32"):
        mine.save(tmp_path / "model.onnx")
    assert list(tmp_path.iterdir()) == []


def test_what_onnx_cannot_say_is_refused(tmp_path: Path) -> None:
    mine = maju.load(keras.Sequential([keras.Input((3,)), layers.Dense(2, activation="gelu")]))
    with pytest.raises(UnsupportedModelError, match=r"not all of it can be said in ONNX .*Erfc"):
        mine.save(tmp_path / "model.onnx")
    assert list(tmp_path.iterdir()) == []


def test_without_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = maju.load(keras.Sequential([keras.Input((3,)), layers.Dense(2)]))
    monkeypatch.setitem(sys.modules, "tf2onnx", None)
    with pytest.raises(MissingExtraError, match=r"writing \.onnx needs more .* pip install 'maju\[onnx\]'"):
        mine.save(tmp_path / "model.onnx")
    assert list(tmp_path.iterdir()) == []
