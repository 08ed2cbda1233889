"""What Keras's models and layers tell of themselves, and a model made of a part of another."""

from __future__ import annotations

import copy
import gc
import pickle
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
from parity.compare import scramble

X = values(6, 7, 5)
LABELS = np.array([0, 1, 1, 0, 1, 0])


def base(lib: Any) -> Any:
    x = lib.Input((7, 5), name="x")
    h = lib.layers.Bidirectional(lib.layers.LSTM(3, return_sequences=True), name="both")(x)
    h = lib.layers.BatchNormalization(name="norm")(h)
    h = lib.layers.Add(name="sum")([h, lib.layers.Dense(6, name="side")(h)])
    h = lib.layers.GlobalAveragePooling1D(name="pool")(h)
    return lib.Model(x, lib.layers.Dense(4, activation="softmax", name="head")(h), name="base")


def new_head(lib: Any, model: Any) -> Any:
    head = lib.layers.Dense(2, activation="softmax", name="new")
    return lib.Model(model.input, head(model.get_layer("pool").output))


@pytest.fixture(scope="module")
def keras_base() -> Any:
    model = base(keras)
    scramble(model)
    return model


def test_a_head_is_replaced_and_trained_as_in_keras(keras_base: Any) -> None:
    ours = maju.load(keras_base)
    models = []
    for lib, model in ((keras, keras_base), (maju, ours)):
        model.trainable = False
        models.append(new_head(lib, model))
    theirs, mine = models
    mine.set_weights(theirs.get_weights())
    frozen = [weight.copy() for weight in ours.get_weights()]
    results = []
    for lib, model in ((keras, theirs), (maju, mine)):
        model.compile(lib.optimizers.SGD(0.5), "sparse_categorical_crossentropy", metrics=["accuracy"])
        history = model.fit(X, LABELS, epochs=4, batch_size=6, verbose=0).history
        results.append([*history["loss"], *history["accuracy"], *model.evaluate(X, LABELS, verbose=0)])
        results[-1] += list(model.get_layer("new").get_weights()[0].ravel())
        model.trainable = True
    np.testing.assert_allclose(results[1], results[0], rtol=1e-4, atol=1e-6)
    for before, after in zip(frozen, ours.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)  # nor do the moving statistics move


def test_weights_come_and_go_in_the_order_of_keras(keras_base: Any) -> None:
    ours = maju.load(keras_base)
    for mine, theirs in zip(ours.layers, keras_base.layers, strict=True):
        assert mine.name == theirs.name
        for a, b in zip(mine.get_weights(), theirs.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)
    fresh = base(maju)
    kernel = fresh["head"].kernel
    fresh.set_weights(keras_base.get_weights())
    assert fresh["head"].kernel is kernel
    np.testing.assert_allclose(fresh.predict(X), keras_base.predict(X, verbose=0), atol=1e-6)
    fresh.get_weights()[0][...] = 0  # a copy
    np.testing.assert_allclose(fresh.predict(X), keras_base.predict(X, verbose=0), atol=1e-6)
    with pytest.raises(
        InputError, match=r"^'head': expected weights of shapes \[\(6, 4\), \(4,\)\], got \[\(3,\)\]"
    ):
        fresh["head"].set_weights([np.ones(3)])


def test_weights_of_a_file_go_into_the_arrays_that_are_there(keras_base: Any, tmp_path: Path) -> None:
    keras_base.save_weights(tmp_path / "all.weights.h5")
    model = base(maju)
    model.compile("sgd", "sparse_categorical_crossentropy")
    around = maju.Sequential([model, layers.Dense(2)])
    before = model.weights
    model.load_weights(tmp_path / "all.weights.h5")
    for path, weight in model.weights.items():
        assert weight is before[path]
    expected = keras_base.predict(X, verbose=0)
    np.testing.assert_allclose(model.predict(X), expected, atol=1e-6)
    np.testing.assert_allclose(maju.Model(around.input, model(around.input)).predict(X), expected, atol=1e-6)


def test_the_tensors_of_a_model(keras_base: Any) -> None:
    for model in (base(maju), maju.load(keras_base)):
        assert [t.shape for t in model.inputs] == [(None, 7, 5)]
        assert [t.shape for t in model.outputs] == [(None, 4)]
        assert model.output.shape == model["head"].output.shape == (None, 4)
        assert model["x"].input.name == model["x"].output.name == "x"
        assert [t.name for t in model["sum"].input] == ["norm", "side"]
        every = maju.Model(model.input, {layer.name: layer.output for layer in model.layers})
        for name, value in every.forward(X).items():
            np.testing.assert_array_equal(value, model.activations(X)[name])
        assert every["both"] is model["both"]


def test_a_part_shares_the_author_s_own_tensors() -> None:
    x = maju.Input((5,))
    h = layers.LSTM(3, return_state=True, name="lstm")(layers.RepeatVector(4)(x))
    model = maju.Model(x, layers.Dense(2)(h[0]))
    states = maju.Model(x, model["lstm"].output)
    y, *rest = states.predict(X[:, 0])
    np.testing.assert_array_equal(y, rest[0])
    assert [part.shape for part in rest] == [(6, 3), (6, 3)]


@pytest.mark.parametrize(
    "how", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["copy", "pickle"]
)
def test_copies_have_parts_of_their_own(how: Callable[[Any], Any], keras_base: Any) -> None:
    for model in (base(maju), maju.load(keras_base), maju.Sequential([base(maju), layers.Dense(2)])):
        again = how(model)
        part = maju.Model(again.input, again.layers[-1].output)
        assert part.layers[-1] is again.layers[-1] is not model.layers[-1]
        np.testing.assert_array_equal(part.predict(X), model.predict(X))


def test_a_layer_whose_model_is_gone_has_no_output() -> None:
    layer = base(maju)["pool"]
    gc.collect()
    with pytest.raises(
        InputError, match="layer 'pool' is in no model, so that it has neither input nor output"
    ):
        layer.output  # noqa: B018
    with pytest.raises(InputError, match="layer 'flatten' is in no model"):
        layers.FlattenLayer().input  # noqa: B018


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"name": "heat"}, "no layer 'heat'; near it are head"),
        ({"index": 7}, "no layer at index 7; there are 7 layers"),
        ({}, "get_layer takes a name, or index=..., and not both"),
        ({"name": "head", "index": 1}, "and not both"),
    ],
    ids=["name", "index", "neither", "both"],
)
def test_layers_that_are_not_there(asked: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        base(maju).get_layer(**asked)


def test_places_are_counted_as_in_keras() -> None:
    for lib in (keras, maju):
        stack = [lib.layers.Input((4,)), lib.layers.Dense(3, name="a"), lib.layers.Dense(2, name="b")]
        model = lib.Sequential(stack)
        assert [model.get_layer(index=place).name for place in (0, 1, -1)] == ["a", "b", "b"]
        assert base(lib).get_layer(index=0).name == "x"


def test_the_summary_counts_what_is_trained(keras_base: Any) -> None:
    model = maju.load(keras_base)
    assert model.get_layer(index=-1) is model.get_layer("head") is model["head"]
    counts = [
        sum(int(np.prod(w.shape)) for w in weights)
        for weights in (keras_base.weights, keras_base.trainable_weights, keras_base.non_trainable_weights)
    ]
    text = model.summary(print_fn=None).splitlines()[-3:]
    assert text == [
        f"Total parameters: {counts[0]:,}",
        f"Trainable parameters: {counts[1]:,}",
        f"Non-trainable parameters: {counts[2]:,}",
    ]
    model.trainable = False
    assert model.summary(print_fn=None).endswith(f"Non-trainable parameters: {counts[0]:,}")
