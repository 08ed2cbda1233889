"""maju.Sequential: layers one after another, with and without an Input."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import maju
from layers.examples import values
from maju import layers
from maju.errors import InputError

X = values(3, 8, 7, 2)


def images(lib: Any) -> Any:
    return lib.Sequential(
        [
            lib.layers.Input((8, 7, 2)),
            lib.layers.Conv2D(4, 3, padding="same", activation="relu", kernel_initializer="he_normal"),
            lib.layers.BatchNormalization(),
            lib.layers.MaxPooling2D(),
            lib.layers.Dropout(0.3),
            lib.layers.Flatten(),
            lib.layers.Dense(5, activation="softmax", kernel_regularizer="l2", bias_constraint="non_neg"),
        ],
        name="images",
    )


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_keras_makes_and_runs_the_same_model(suffix: str, tmp_path: Path) -> None:
    maju.clear_session()
    keras.utils.clear_session()
    ours, theirs = images(maju), images(keras)
    ours.save(tmp_path / f"model{suffix}")
    again = keras.models.load_model(tmp_path / f"model{suffix}")
    np.testing.assert_allclose(ours.predict(X), again.predict(X, verbose=0), atol=1e-6)
    assert [layer.name for layer in ours.layers[1:]] == [layer.name for layer in theirs.layers]
    assert ours.count_params() == theirs.count_params()
    assert type(again.layers[-1].kernel_regularizer).__name__ == "L2"
    assert ours.output_shape() == theirs.output_shape
    assert "images" in ours.summary(print_fn=None)


def test_the_input_may_come_with_the_data() -> None:
    model = maju.Sequential([layers.Dense(3), layers.Dense(2)], name="late")
    assert not model.built
    assert repr(model) == "Sequential('late', not built yet)"
    assert (model.name, model.predict(X).shape) == ("late", (3, 8, 7, 2))
    assert model.built
    np.testing.assert_array_equal(model.predict(X), model.forward(X))
    for make in (lambda m: m.build((None, 5)), lambda m: m(np.ones((2, 5))), lambda m: m(maju.Input((5,)))):
        model = maju.Sequential([layers.Dense(3)])
        make(model)
        assert model.input_shape == (None, 5)
    assert maju.Sequential([layers.Dense(3, input_shape=(4,))]).input_shape == (None, 4)
    assert maju.Sequential([layers.Dense(3, input_dim=4)]).input_shape == (None, 4)
    assert maju.Sequential([layers.InputLayer((None, 4), name="x"), layers.Dense(3)]).input_shape == (None, 4)


def test_it_is_trained_before_its_input_is_known() -> None:
    maju.set_random_seed(1)
    model = maju.Sequential([layers.Dense(8, activation="tanh"), layers.Dense(2, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    x = values(60, 4)
    history = model.fit(x, (x[:, 0] > 0.1).astype(int), epochs=80, verbose=0)
    assert history.history["loss"][-1] < 0.7 * history.history["loss"][0]


def test_texts_may_come_before_the_input_is_known() -> None:
    words = layers.TextVectorization(vocabulary=["baik", "buruk"], output_sequence_length=3)
    model = maju.Sequential([words, layers.Embedding(4, 2), layers.Flatten(), layers.Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy")
    texts = ["baik sekali", "buruk", "baik", "buruk buruk"]
    history = model.fit(texts, [1, 0, 1, 0], epochs=2, verbose=0)
    assert len(history.epoch) == 2
    assert model.predict(np.array(texts)).shape == (4, 1)


def test_add_and_pop() -> None:
    model = maju.Sequential([layers.Input((8, 7, 2)), layers.Flatten()])
    before = layers.Dense(4)
    model.add(before)
    kernel = before.kernel.copy()
    last = layers.Dense(3)
    model.add(last)
    assert model.predict(X).shape == (3, 3)
    assert model.pop() is last
    assert model.predict(X).shape == (3, 4)
    np.testing.assert_array_equal(before.kernel, kernel)
    assert maju.Sequential([model, layers.Dense(1)]).predict(X).shape == (3, 1)


def test_a_layer_that_does_not_fit_leaves_the_model_as_it_was() -> None:
    model = maju.Sequential([layers.Input((8, 7, 2)), layers.Flatten()])
    with pytest.raises(InputError, match=r"expected 4 axes, .* got shape \(None, 112\)"):
        model.add(layers.Conv2D(3, 3))
    model.add(layers.Dense(4))
    assert model.predict(X).shape == (3, 4)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            lambda: maju.Sequential([layers.Dense(2)], name="m").summary(),
            "'m' is not built yet: give",
        ),
        (lambda: maju.Sequential([layers.Dense(2)], name="m").count_params(), "'m' is not built yet"),
        (lambda: maju.Sequential([layers.Dense(2)], name="m").get_weights(), "'m' is not built yet"),
        (lambda: maju.Sequential(name="m").build((None, 3)), "model 'm' has no layers: add some first"),
        (lambda: maju.Sequential(name="m").pop(), "model 'm' has no layer to take off"),
        (
            lambda: maju.Sequential([layers.Dense]),
            r"write layers.Dense\(3\), not layers.Dense",
        ),
        (lambda: maju.Sequential([3]), "a Sequential takes layers, not 3"),
        (lambda: maju.Sequential([layers.Dense(2), maju.Input((3,))]), "an Input stands first"),
        (
            lambda: maju.Sequential([layers.Dense(2)(maju.Input((3,)))]),
            "maju.Model takes tensors",
        ),
        (
            lambda: maju.Sequential([layers.Dense(2, name="a"), layers.Dense(2, name="a")], name="m"),
            "model 'm': two layers are named 'a'; give each a name of its own, as name='a_b'",
        ),
        (
            lambda: maju.Sequential(
                [maju.Input((4, 3)), layers.LSTM(2, return_state=True), layers.Dense(2, name="d")]
            ),
            "layer 'd' is to follow one that gives 3 tensors",
        ),
    ],
)
def test_wrong_use(wrong: Callable[[], Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        wrong()
