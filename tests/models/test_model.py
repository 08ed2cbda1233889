"""A model as a graph: its layers by name, its outputs in Keras's structure, inputs that do not fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import maju
from maju.errors import InputError


@pytest.fixture(scope="module")
def pair() -> tuple[Any, maju.Model]:
    """Two inputs, a shared layer, two outputs: by Keras and by maju."""
    from keras import Input, Model, layers

    a, b = Input((4,), name="a"), Input((4,), name="b")
    shared = layers.Dense(3, activation="tanh", name="shared")
    joined = layers.Concatenate(name="joined")([shared(a), shared(b)])
    model = Model([a, b], [layers.Dense(2, name="first")(joined), shared(b)])
    return model, maju.load(model)


X = [np.random.default_rng(seed).normal(size=(9, 4)).astype("float32") for seed in (1, 2)]


@pytest.mark.parametrize("batch_size", [1, 4, 9, 100])
def test_predict_gives_every_output_for_every_row(pair: tuple[Any, maju.Model], batch_size: int) -> None:
    keras_model, model = pair
    found = model.predict(X, batch_size=batch_size)
    assert isinstance(found, list)
    for ours, theirs in zip(found, keras_model.predict(X, verbose=0), strict=True):
        assert ours.shape == theirs.shape
        assert np.abs(ours - theirs).max() <= 1e-6


def test_inputs_by_name(pair: tuple[Any, maju.Model]) -> None:
    _, model = pair
    for ours, again in zip(model.predict(X), model.predict({"b": X[1], "a": X[0]}), strict=True):
        np.testing.assert_array_equal(ours, again)


def test_activations_hold_every_call(pair: tuple[Any, maju.Model]) -> None:
    _, model = pair
    found = model.activations(X)
    assert set(found) == {"a", "b", "shared", "shared:1", "shared:2", "joined", "first"}
    np.testing.assert_array_equal(found["joined"], np.concatenate([found["shared"], found["shared:1"]], 1))


def test_layers_by_name(pair: tuple[Any, maju.Model]) -> None:
    _, model = pair
    assert model["shared"].name == "shared"
    with pytest.raises(KeyError, match="no layer 'dense'; the layers are"):
        model["dense"]


def test_no_rows_give_no_rows(pair: tuple[Any, maju.Model]) -> None:
    _, model = pair
    assert [y.shape for y in model.predict([x[:0] for x in X])] == [(0, 2), (0, 3)]


def test_summary_is_printed_and_returned(
    pair: tuple[Any, maju.Model], capsys: pytest.CaptureFixture[str]
) -> None:
    keras_model, model = pair
    text = model.summary()
    assert capsys.readouterr().out == f"{text}\n"
    assert f"Total parameters: {keras_model.count_params():,}" in text
    assert "(None, 6)" in text
    assert "a, b" in text
    assert model.summary(print_fn=None) == text
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (lambda: X[0], r"expected 2 inputs \(a, b\), got 1"),
        (lambda: [X[0], X[1][:5]], "the inputs have different numbers of rows"),
        (lambda: {"a": X[0]}, "expected inputs named a, b, got a"),
        (lambda: [X[0], X[1][:, :3]], r"input 'b': expected shape \(batch, 4\), got \(9, 3\)"),
        (lambda: [X[0], np.array([["x"] * 4] * 9)], "input 'b': expected numbers, got values of type <U1"),
        (lambda: [X[0], [[1, 2], [3]]], "input 'b': not an array"),
        (lambda: [3.0, 4.0], "input 'a': expected an array with a batch axis"),
    ],
)
def test_inputs_that_do_not_fit(pair: tuple[Any, maju.Model], x: Callable[[], Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        pair[1].predict(x())


def test_a_single_sample_is_told_about_the_batch_axis() -> None:
    from keras import Input, Sequential, layers

    model = maju.load(Sequential([Input((4, 3)), layers.Flatten()]))
    with pytest.raises(InputError, match=r"for a single sample, add the batch axis: x\[np.newaxis\]"):
        model.predict(np.zeros((4, 3)))
