"""The five mistakes of the study that this project starts from; each would bring down one of these tests."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import maju
from maju.errors import InputError, MajuError, ModelFormatError
from maju.layers.base import Array
from parity.compare import PROBABILITIES, assert_same, random, scramble

IDS = np.random.default_rng(5).integers(1, 20, (13, 8))
IDS[:, 0] = np.arange(3, 16)  # no two rows are alike
for _row, _length in enumerate([8, 3, 5, 1, 7, 2, 6, 4, 8, 1, 3, 5, 2]):
    IDS[_row, _length:] = 0


def text_model(*middle: Any, mask_zero: bool = False) -> Any:
    entrance = [keras.Input((8,)), layers.Embedding(20, 5, mask_zero=mask_zero)]
    model = keras.Sequential([*entrance, *middle, layers.Dense(3, activation="softmax")])
    scramble(model)
    return model


def functional(model: Any) -> Any:
    """The same layers in a functional model, where masks are nodes of the graph."""
    x = entrance = keras.Input((8,), name="ids")
    for layer in model.layers:
        x = layer(x)
    return keras.Model(entrance, x)


@pytest.fixture
def saved(tmp_path: Path) -> Callable[..., Path]:
    def save(model: Any, name: str = "model.keras") -> Path:
        path = tmp_path / name
        model.save_weights(path) if name.endswith(".weights.h5") else model.save(path)
        return path

    return save


# 1. A bidirectional backward half that saw one token


@pytest.mark.parametrize("half", [layers.SimpleRNN, layers.LSTM, layers.GRU])
def test_the_backward_half_has_seen_every_token(half: Any, saved: Callable[..., Path]) -> None:
    keras_model = text_model(layers.Bidirectional(half(4), name="both"))
    model = maju.load(saved(keras_model))
    whole = np.where(IDS == 0, 7, IDS)
    found = model.activations(whole)["both"][:, 4:]
    for place in range(8):
        changed = whole.copy()
        changed[:, place] = (whole[:, place] + 9) % 20
        difference = np.abs(model.activations(changed)["both"][:, 4:] - found).max(axis=1)
        assert (difference > 1e-6).all(), f"token {place} left no trace in the backward half"
    assert_same(model.predict(whole), keras_model(whole), PROBABILITIES)


# 2. Biases overwritten on load


@pytest.mark.parametrize("name", ["model.keras", "model.h5", "model.weights.h5"])
def test_every_bias_is_the_one_that_was_trained(name: str, saved: Callable[..., Path]) -> None:
    recurrent = [
        layers.LSTM(4, unit_forget_bias=True, bias_initializer="ones", return_sequences=True),
        layers.Bidirectional(layers.LSTM(3, unit_forget_bias=True, return_sequences=True)),
        layers.GRU(3, return_sequences=True),
        layers.SimpleRNN(4),
    ]
    keras_model = text_model(*recurrent)
    biases = [w.numpy() for w in keras_model.weights if "bias" in w.name]
    assert len(biases) == 6
    path, architecture = saved(keras_model, name), None
    if name.endswith(".weights.h5"):
        scramble(keras_model, "the architecture's own")
        architecture = saved(keras_model)
    model = maju.load(path, architecture=architecture)
    found = [array for key, array in model.weights.items() if key.endswith("bias")]
    for one, other in zip(found, biases, strict=True):
        np.testing.assert_array_equal(one, other)
    again = path.parent / "again.keras"
    model.save(again)
    for key, array in maju.load(again).weights.items():
        np.testing.assert_array_equal(array, model.weights[key])


# 3. An error swallowed, and scored 0


def without_an_array(path: Path) -> None:
    """Take the weights out of the archive."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content if name.endswith(".json") else content[: len(content) // 2])


def of_another_model(path: Path) -> None:
    """Put another model's weights into the archive."""
    other = keras.Sequential([keras.Input((8,)), layers.Embedding(20, 5), layers.GRU(9), layers.Dense(3)])
    other.save(path.with_name("other.keras"))
    with zipfile.ZipFile(path.with_name("other.keras")) as archive:
        weights = archive.read("model.weights.h5")
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, weights if name == "model.weights.h5" else content)


DAMAGE: dict[str, Callable[[Path], Any]] = {
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:-2000]),
    "empty": lambda path: path.write_bytes(b""),
    "weights cut short": without_an_array,
    "weights of another model": of_another_model,
    "gone": lambda path: path.unlink(),
}


@pytest.mark.parametrize("kind", [maju.load, maju.LSTMFromScratch.load], ids=["load", "LSTMFromScratch.load"])
@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_model_raises_and_predicts_nothing(
    damage: Callable[[Path], Any], kind: Callable[[Path], Any], saved: Callable[..., Path]
) -> None:
    path = saved(text_model(layers.LSTM(4)))
    damage(path)
    with pytest.raises(ModelFormatError, match=r"model\.keras: "):
        kind(path)


UNFIT: dict[str, tuple[Any, str]] = {
    "too few tokens": (IDS[:, :5], r"expected shape \(batch, 8\), got \(13, 5\)"),
    "one row without a batch": (IDS[0], r"expected shape \(batch, 8\), got \(8,\); for a single sample, add"),
    "ids too large": (IDS + 15, r"the table has the ids 0 to 19, got 15 to 34"),
    "not a number": (np.where(IDS == 0, np.nan, IDS), r"expected ids, got values that are not finite"),
    "text": (np.array([["baik"] * 8]), r"expected numbers, got values of type <U4"),
    "two inputs": ([IDS, IDS], r"expected shape \(batch, 8\), got \(2, 13, 8\)"),
}


@pytest.mark.parametrize(("x", "message"), UNFIT.values(), ids=UNFIT)
@pytest.mark.parametrize("batch_size", [4, 128])
def test_an_input_that_does_not_fit_raises_and_scores_nothing(
    x: Any, message: str, batch_size: int, saved: Callable[..., Path]
) -> None:
    path = saved(text_model(layers.LSTM(4)))
    classifier = maju.LSTMFromScratch.load(path)
    for predict in (maju.load(path).predict, classifier.predict, classifier.predict_proba):
        with pytest.raises(InputError, match=message if batch_size == 128 else "expected|the table has"):
            predict(x, batch_size=batch_size)


def test_a_bad_row_in_the_last_batch_is_no_quiet_zero(saved: Callable[..., Path]) -> None:
    model = maju.load(saved(text_model(layers.SimpleRNN(4))))
    x = IDS.copy()
    x[12, 0] = 99
    with pytest.raises(MajuError, match="the table has the ids 0 to 19, got 0 to 99"):
        model.predict(x, batch_size=4)


# 4. A comparison over a part of the rows


@pytest.fixture(scope="module")
def thirteen_rows(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Array]:
    """A model file, and what Keras makes of all the rows at once: each row something else."""
    keras_model = text_model(layers.Bidirectional(layers.LSTM(4)), mask_zero=True)
    path = tmp_path_factory.mktemp("rows") / "model.keras"
    keras_model.save(path)
    expected: Array = keras.ops.convert_to_numpy(keras_model(IDS))
    assert len(np.unique(expected.round(4), axis=0)) == 13
    return path, expected


@pytest.mark.parametrize("batch_size", [1, 2, 4, 5, 12, 13, 14, 128])
def test_every_row_has_its_prediction_whatever_the_batch_size(
    batch_size: int, thirteen_rows: tuple[Path, Array]
) -> None:
    path, expected = thirteen_rows
    classifier = maju.LSTMFromScratch.load(path)
    assert_same(maju.load(path).predict(IDS, batch_size=batch_size), expected, PROBABILITIES)
    assert_same(classifier.predict_proba(IDS, batch_size=batch_size), expected, PROBABILITIES)
    np.testing.assert_array_equal(classifier.predict(IDS, batch_size=batch_size), expected.argmax(axis=1))


@pytest.mark.parametrize("rows", [0, 1, 7])
def test_as_many_rows_come_out_as_went_in(rows: int, saved: Callable[..., Path]) -> None:
    image, steps = keras.Input((5, 4, 2), name="image"), keras.Input((6, 3), name="steps")
    flat = layers.Flatten()(layers.Conv2D(3, 2)(image))
    outputs = {"image": layers.Dense(2)(flat), "steps": layers.LSTM(3, return_sequences=True)(steps)}
    model = maju.load(saved(keras.Model({"image": image, "steps": steps}, outputs)))
    x = {"image": random(rows, 5, 4, 2), "steps": random(rows, 6, 3)}
    found = model.predict(x, batch_size=3)
    assert found["image"].shape == (rows, 2)
    assert found["steps"].shape == (rows, 6, 3)


def test_inputs_of_different_lengths_are_refused(saved: Callable[..., Path]) -> None:
    one, other = keras.Input((3,), name="one"), keras.Input((3,), name="other")
    dense = layers.Dense(2)
    model = maju.load(saved(keras.Model([one, other], [dense(one), dense(other)])))
    with pytest.raises(InputError, match=r"the inputs have different numbers of rows: \[4, 5\]"):
        model.predict([random(4, 3), random(5, 3)])


# 5. A mask ignored


def shorter(ids: Array) -> Array:
    """The same texts, with other words where the padding was."""
    return np.where(ids == 0, 11, ids)


@pytest.mark.parametrize("name", ["model.keras", pytest.param("model.h5", marks=pytest.mark.slow)])
@pytest.mark.parametrize("form", [lambda model: model, functional], ids=["Sequential", "functional"])
@pytest.mark.parametrize(
    "kind", [layers.SimpleRNN, layers.LSTM, pytest.param(layers.GRU, marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("both_ways", [False, True], ids=["one way", "both ways"])
def test_padding_is_left_out_where_the_model_says_so(
    both_ways: bool, kind: Any, form: Callable[[Any], Any], name: str, saved: Callable[..., Path]
) -> None:
    layer = kind(4, return_sequences=True)
    middle = [
        layers.Bidirectional(layer) if both_ways else layer,
        layers.Dropout(0.5),
        layers.Bidirectional(kind(3)) if both_ways else kind(3),
    ]
    masking = form(text_model(*middle, mask_zero=True))
    blind = text_model(*(type(layer).from_config(layer.get_config()) for layer in middle))
    blind.set_weights(masking.get_weights())
    masked = maju.load(saved(masking, name)).predict(IDS)
    unmasked = maju.load(saved(blind, name)).predict(IDS)
    assert_same(masked, masking(IDS), PROBABILITIES)
    padded = (IDS == 0).any(axis=1)
    difference = np.abs(masked - unmasked).max(axis=1)
    assert (difference[padded] > 1e-4).all()
    assert (difference[~padded] <= PROBABILITIES).all()
