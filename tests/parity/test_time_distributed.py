"""TimeDistributed, over many kinds of layers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import maju
from maju.errors import InputError, ModelFormatError, UnsupportedModelError
from maju.layers import DenseLayer, TimeDistributedLayer
from parity.compare import Case, assert_same, check_alone, check_through_file, random, scramble

ROWS = random(3, 5, 4)
SEQUENCES = random(3, 4, 6, 2)
IMAGES = random(2, 3, 6, 5, 2)
MASK = np.array([[1, 1, 0, 1, 1], [0, 1, 1, 0, 0], [0, 0, 0, 0, 0]], bool)

INSIDE: dict[str, tuple[Callable[[], Any], Any]] = {
    "Dense": (lambda: layers.Dense(3, activation="softmax"), ROWS),
    "Dense of more axes": (lambda: layers.Dense(3, use_bias=False), SEQUENCES),
    "Activation": (lambda: layers.Activation("tanh"), ROWS),
    "Dropout": (lambda: layers.Dropout(0.5), ROWS),
    "BatchNormalization": (lambda: layers.BatchNormalization(), ROWS),
    "LayerNormalization": (lambda: layers.LayerNormalization(), SEQUENCES),
    "Flatten": (lambda: layers.Flatten(), IMAGES),
    "Reshape": (lambda: layers.Reshape((5, 12)), IMAGES),
    "Conv1D": (lambda: layers.Conv1D(3, 3, padding="causal"), SEQUENCES),
    "Conv2D": (lambda: layers.Conv2D(3, (3, 2), strides=2, padding="same"), IMAGES),
    "MaxPooling2D": (lambda: layers.MaxPooling2D((2, 3)), IMAGES),
    "GlobalAveragePooling2D": (lambda: layers.GlobalAveragePooling2D(), IMAGES),
    "SimpleRNN": (lambda: layers.SimpleRNN(3), SEQUENCES),
    "LSTM": (lambda: layers.LSTM(3, return_sequences=True, go_backwards=True), SEQUENCES),
    "Bidirectional": (lambda: layers.Bidirectional(layers.GRU(3)), SEQUENCES),
    "RNN": (lambda: layers.RNN([layers.GRUCell(3), layers.LSTMCell(2)]), SEQUENCES),
    "ConvLSTM1D": (lambda: layers.ConvLSTM1D(3, 2), random(2, 3, 4, 5, 2)),
    "TimeDistributed": (lambda: layers.TimeDistributed(layers.Dense(3)), SEQUENCES),
    "Embedding": (lambda: layers.Embedding(7, 3), np.arange(30).reshape(2, 3, 5) % 7),
}


def make(kind: str) -> Any:
    return layers.TimeDistributed(INSIDE[kind][0]())


CASES = [
    *(Case(kind, partial(make, kind), x) for kind, (_, x) in INSIDE.items()),
    Case("Dense, masked", partial(make, "Dense"), ROWS, MASK),
    Case("one step", partial(make, "Dense"), ROWS[:, :1]),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_alone(case: Case) -> None:
    check_alone(case)


def test_all_of_them_through_a_file(tmp_path: Path) -> None:
    check_through_file(CASES, tmp_path)


def test_a_file_of_the_legacy_kind(tmp_path: Path) -> None:
    model = keras.Sequential(
        [
            keras.Input((5, 6, 4)),
            layers.TimeDistributed(layers.BatchNormalization()),
            layers.TimeDistributed(layers.Conv1D(3, 2, activation="relu")),
            layers.TimeDistributed(layers.LSTM(3)),
            layers.RNN([layers.LSTMCell(4), layers.GRUCell(3)], return_sequences=True),
            layers.TimeDistributed(layers.Dense(2)),
        ]
    )
    scramble(model)
    x = random(3, 5, 6, 4)
    for suffix in (".h5", ".keras"):
        model.save(tmp_path / f"model{suffix}")
        loaded = maju.load(tmp_path / f"model{suffix}")
        assert_same(loaded.forward(x), model(x))
        for again in (".h5", ".keras", ".safetensors"):
            loaded.save(tmp_path / f"again{again}")
            assert_same(maju.load(tmp_path / f"again{again}").forward(x), model(x))
        assert_same(keras.saving.load_model(tmp_path / "again.keras")(x), model(x))


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_model_at_every_step(suffix: str, tmp_path: Path) -> None:
    image = keras.Input((6, 5, 2))
    seen = layers.Add()(
        [layers.Conv2D(3, 2, strides=2)(image), layers.MaxPooling2D()(image[..., :1])[..., :1]]
    )
    functional = keras.Model(image, layers.GlobalMaxPooling2D()(layers.BatchNormalization()(seen)))
    inner = keras.Sequential([keras.Input((3,)), layers.Dense(4, activation="tanh"), layers.Dense(2)])
    x = keras.Input((3, 6, 5, 2))
    features = layers.TimeDistributed(functional, name="see")(x)
    both = [layers.TimeDistributed(inner)(features), layers.TimeDistributed(layers.Dense(2))(features)]
    model = keras.Model(x, [layers.LSTM(3)(layers.Concatenate()(both)), *both])
    scramble(model)
    expected = model(IMAGES)
    model.save(tmp_path / f"model{suffix}")
    loaded = maju.load(tmp_path / f"model{suffix}")
    assert_same(loaded.forward(IMAGES), expected)
    for again in (".h5", ".keras", ".safetensors"):
        loaded.save(tmp_path / f"again{again}")
        assert_same(maju.load(tmp_path / f"again{again}").forward(IMAGES), expected)
    loaded.save(tmp_path / "only.weights.h5")
    for weight in loaded.weights.values():
        weight[...] = 0
    assert_same(loaded.load_weights(tmp_path / "only.weights.h5").forward(IMAGES), expected)
    if suffix == ".keras":
        assert_same(keras.saving.load_model(tmp_path / "again.keras")(IMAGES), expected)


def test_what_a_model_at_every_step_cannot_do_is_named(tmp_path: Path) -> None:
    inner = keras.Sequential([keras.Input((4,)), layers.Lambda(lambda x: x + 1, name="plus")])
    keras.Sequential([keras.Input((5, 4)), layers.TimeDistributed(inner, name="each")]).save(
        tmp_path / "model.keras"
    )
    with pytest.raises(UnsupportedModelError) as caught:
        maju.load(tmp_path / "model.keras")
    assert str(caught.value).startswith(
        "not supported: layer 'each' (TimeDistributed), layer 'plus' (Lambda): runs Python code"
    )


def test_in_training_each_step_is_normalized_by_itself() -> None:
    case = Case("training", partial(make, "BatchNormalization"), ROWS)
    assert_same(case.twin.forward(ROWS, training=True), case.keras_layer(ROWS, training=True))


def test_the_mask_goes_on_to_the_layer_after(tmp_path: Path) -> None:
    model = keras.Sequential(
        [
            keras.Input((5, 4)),
            layers.Masking(),
            layers.TimeDistributed(layers.Dense(3)),
            layers.LSTM(2),
        ]
    )
    scramble(model)
    x = ROWS * MASK[:, :, np.newaxis]
    model.save(tmp_path / "model.keras")
    loaded = maju.load(tmp_path / "model.keras")
    assert_same(loaded.forward(x), model(x))


# What does not fit

DENSE = TimeDistributedLayer(DenseLayer(np.ones((4, 2), np.float32), name="inside"), name="each")


@pytest.mark.parametrize(
    ("x", "mask", "message"),
    [
        (
            ROWS[0],
            None,
            "layer 'each' (TimeDistributed): expected shape (batch, time, ...), at least one step, "
            "got (5, 4)",
        ),
        (
            ROWS[:, :0],
            None,
            "layer 'each' (TimeDistributed): expected shape (batch, time, ...), at least one "
            "step, got (3, 0, 4)",
        ),
        ([ROWS, ROWS], None, "layer 'each' (TimeDistributed): expected one tensor, got a list of 2"),
        (ROWS, MASK[:, 1:], "layer 'each' (TimeDistributed): expected a mask of shape (3, 5), got (3, 4)"),
        (ROWS[..., :3], None, "layer 'inside' (Dense): expected 4 values on the last axis, got shape (3, 3)"),
    ],
    ids=["no steps", "zero steps", "two tensors", "mask", "width"],
)
def test_what_does_not_fit_is_refused(x: Any, mask: Any, message: str) -> None:
    for call in (DENSE.forward, DENSE.vjp):
        with pytest.raises(InputError) as caught:
            call(x, mask=mask)
        assert str(caught.value) == message


def test_what_the_layer_inside_cannot_do_is_named() -> None:
    inside = {"class_name": "LSTM", "config": {"name": "inside", "units": 3, "clockwork": 8}}
    with pytest.raises(UnsupportedModelError) as caught:
        TimeDistributedLayer.from_config({"name": "each", "layer": inside})
    assert str(caught.value) == (
        "not supported: layer 'each' (TimeDistributed), layer: unknown hyper-parameter clockwork=8"
    )
    with pytest.raises(UnsupportedModelError, match="its layer is a Nonsense, which maju does not have"):
        TimeDistributedLayer.from_config({"name": "each", "layer": {"class_name": "Nonsense", "config": {}}})
    with pytest.raises(ModelFormatError, match=r"layer 'each' \(TimeDistributed\): its layer is no layer"):
        TimeDistributedLayer.from_config({"name": "each", "layer": "LSTM"})
