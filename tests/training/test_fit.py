"""What `fit` and `evaluate` make of what they are given, beside Keras."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import maju
from maju.errors import InputError, NotFiniteError
from maju.layers.base import Array
from parity.compare import random, scramble

X = random(50, 6)
IMAGES = random(50, 6, 5, 2)
LABELS = np.random.default_rng(1).integers(0, 3, 50)
ONE_HOT = np.eye(3, dtype=np.float32)[LABELS]
NUMBERS = random(50, 2, seed="y")
WEIGHTS = np.random.default_rng(2).uniform(0, 2, 50).astype(np.float32)
STEPS = random(50, 4, 6)
SPARSE = "sparse_categorical_crossentropy"


def dense(*hidden: Any, last: str | None = "softmax", units: int = 3) -> Any:
    return keras.Sequential(
        [keras.Input((6,)), *(hidden or [layers.Dense(5, "tanh")]), layers.Dense(units, last)]
    )


def two_outputs() -> Any:
    x = keras.Input((6,))
    h = layers.Dense(5, "tanh")(x)
    outputs = [layers.Dense(3, "softmax", name="kind")(h), layers.Dense(2, name="size")(h)]
    return keras.Model(x, outputs)


def two_named_outputs() -> Any:
    x = keras.Input((6,))
    h = layers.Dense(5, "tanh")(x)
    return keras.Model(x, {"b": layers.Dense(3, "softmax")(h), "a": layers.Dense(2)(h)})


def normalized() -> Any:
    hidden = [
        layers.Conv2D(3, 3, use_bias=False),
        layers.BatchNormalization(momentum=0.8),
        layers.ReLU(),
        layers.Flatten(),
    ]
    return keras.Sequential([keras.Input((6, 5, 2)), *hidden, layers.Dense(3, "softmax")])


def frozen() -> Any:
    model = normalized()
    model.layers[0].trainable = False
    model.layers[1].trainable = False
    return model


def penalized() -> Any:
    settings: dict[str, Any] = {
        "kernel_regularizer": keras.regularizers.L1L2(1e-3, 1e-2),
        "bias_regularizer": "l2",
        "kernel_constraint": keras.constraints.MaxNorm(0.8, axis=0),
    }
    hidden = [layers.Dense(5, "tanh", **settings, activity_regularizer=keras.regularizers.L2(0.01))]
    return dense(*hidden, layers.ActivityRegularization(l1=0.01))


def nested() -> Any:
    inner = keras.Sequential([keras.Input((6,)), layers.Dense(4, "relu", activity_regularizer="l1")])
    return keras.Sequential([keras.Input((6,)), inner, layers.Dense(3), layers.Softmax()])


def masked_steps() -> Any:
    x = keras.Input((4, 6))
    h = layers.LSTM(4, return_sequences=True)(layers.Masking()(x))
    return keras.Model(x, layers.Dense(2)(h))


MASKED = STEPS.copy()
MASKED[:20, 2:] = 0
#: With a smaller last batch, what Keras says of the loss of each output does not add up to its total: the
#: weight of a batch is lost where its size was not known when the graph was traced.
EVEN = {"batch_size": 25}
BOTH = {"loss": {"kind": SPARSE, "size": "mse"}, "metrics": {"kind": ["accuracy"], "size": "mae"}}
#: The model, x, y, what `compile` and what `fit` are given.
CASES: dict[str, tuple[Callable[[], Any], Array, Any, dict[str, Any], dict[str, Any]]] = {
    "labels": (dense, X, LABELS, {"loss": SPARSE, "metrics": ["accuracy"]}, {"validation_split": 0.3}),
    "rows of 0 and 1": (dense, X, ONE_HOT, {"loss": "categorical_crossentropy", "metrics": ["acc"]}, {}),
    "a sigmoid": (
        lambda: dense(last="sigmoid", units=1),
        X,
        LABELS > 1,
        {"loss": "binary_crossentropy", "metrics": ["accuracy", "AUC"]},
        {},
    ),
    "class weights": (
        dense,
        X,
        LABELS,
        {"loss": SPARSE, "weighted_metrics": ["accuracy"], "metrics": ["accuracy"]},
        {"class_weight": {0: 3.0, 2: 0.5}},
    ),
    "sample weights, and in validation": (
        dense,
        X,
        LABELS,
        {"loss": SPARSE, "weighted_metrics": ["accuracy"]},
        {"sample_weight": WEIGHTS, "validation_data": (X[:20], LABELS[:20], WEIGHTS[:20])},
    ),
    "two outputs": (
        two_outputs,
        X,
        [LABELS, NUMBERS],
        {"loss": [SPARSE, "mse"], "loss_weights": [1.0, 0.3], "metrics": [["accuracy"], ["mae"]]},
        {"validation_data": (X[:9], [LABELS[:9], NUMBERS[:9]]), "validation_freq": 2, **EVEN},
    ),
    "two outputs by name": (two_outputs, X, {"kind": LABELS, "size": NUMBERS}, BOTH, EVEN),
    "two outputs in a dict": (
        two_named_outputs,
        X,
        {"b": LABELS, "a": NUMBERS},
        {"loss": {"b": SPARSE, "a": "mae"}},
        {"sample_weight": {"b": WEIGHTS, "a": WEIGHTS[::-1].copy()}, **EVEN},
    ),
    "batch normalization": (normalized, IMAGES, LABELS, {"loss": SPARSE}, {"validation_split": 0.2}),
    "frozen layers": (frozen, IMAGES, LABELS, {"loss": SPARSE}, {}),
    "regularizers and constraints": (penalized, X, LABELS, {"loss": SPARSE}, {"validation_split": 0.2}),
    "a model in a model": (nested, X, LABELS, {"loss": SPARSE, "metrics": ["accuracy"]}, {}),
    "masked steps": (
        masked_steps,
        MASKED,
        random(50, 4, 2, seed="steps"),
        {"loss": "mse", "metrics": ["mae"]},
        {"validation_split": 0.2},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_fit_beside_keras(name: str) -> None:
    build, x, y, compiled, given = CASES[name]
    keras_model = build()
    scramble(keras_model, name)
    model = maju.load(keras_model)
    keras_model.compile(keras.optimizers.Adam(0.01), **compiled)
    model.compile(maju.optimizers.Adam(0.01), **compiled)
    settings: dict[str, Any] = {"batch_size": 16, "epochs": 3, "shuffle": False, "verbose": 0, **given}
    there = keras_model.fit(x, y, **settings).history
    here = model.fit(x, y, **settings).history

    assert set(here) == set(there)
    for key, values in there.items():
        np.testing.assert_allclose(here[key], values, rtol=2e-5, atol=1e-6, err_msg=key)
    for (path, ours), theirs in zip(model.weights.items(), keras_model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=3e-5 * np.abs(theirs).max(), err_msg=path)
    results = keras_model.evaluate(x, y, batch_size=25, return_dict=True, verbose=0)
    ours = model.evaluate(x, y, batch_size=25, return_dict=True, verbose=0)
    assert set(ours) == set(results)
    for key, value in results.items():
        np.testing.assert_allclose(ours[key], value, rtol=2e-5, atol=1e-6, err_msg=key)


def loaded(build: Callable[[], Any] = dense, **compiled: Any) -> maju.Model:
    keras_model = build()
    scramble(keras_model)
    model = maju.load(keras_model)
    model.compile("adam", **{"loss": SPARSE, **compiled})
    return model


def in_batches(count: int) -> Iterator[tuple[Array, Array]]:
    while count:
        for start in range(0, 50, 10):
            yield X[start : start + 10], LABELS[start : start + 10]
            count -= 1


class Items:
    """Batches by number, as a `keras.utils.PyDataset` gives them."""

    def __len__(self) -> int:
        return 5

    def __getitem__(self, index: int) -> tuple[Array, Array]:
        return X[index * 10 : index * 10 + 10], LABELS[index * 10 : index * 10 + 10]


@pytest.mark.parametrize(
    ("stream", "steps"),
    [(in_batches(10), 5), (Items(), None)],
    ids=["generator", "items"],
)
def test_batches_come_from_anything_that_gives_them(stream: Any, steps: int | None) -> None:
    arrays, streamed = loaded(), loaded()
    expected = arrays.fit(X, LABELS, batch_size=10, epochs=2, shuffle=False, verbose=0).history
    found = streamed.fit(
        iter(stream) if steps else stream, steps_per_epoch=steps, epochs=2, verbose=0
    ).history
    assert found == expected


def test_shuffling_draws_another_order_each_epoch_and_the_same_in_each_run() -> None:
    seen: list[list[float]] = []
    for _ in range(2):
        maju.set_random_seed(3)
        seen.append(loaded().fit(X, LABELS, epochs=3, verbose=0).history["loss"])
    maju.set_random_seed(4)
    other = loaded().fit(X, LABELS, epochs=3, verbose=0).history["loss"]
    assert seen[0] == seen[1] != other


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((X, LABELS[:9]), "the same number of rows everywhere, got input 'input_layer.*50, y 9"),
        ((X, None), "came without targets"),
        ((X, LABELS + 1), "3"),
        ((X, LABELS.astype(str)), "y: expected an array of numbers"),
        ((X[:0], LABELS[:0]), "at least one row"),
        ((X[:, :4], LABELS), "6"),
    ],
    ids=["rows", "no targets", "unknown label", "text", "empty", "shape"],
)
def test_wrong_data_is_refused_in_one_line(arguments: Any, message: str) -> None:
    model = loaded()
    before = {path: w.copy() for path, w in model.weights.items()}
    with pytest.raises(InputError, match=message) as raised:
        model.fit(x=arguments[0], y=arguments[1], verbose=0)
    assert "\n" not in str(raised.value)
    for path, weight in model.weights.items():
        np.testing.assert_array_equal(weight, before[path])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"class_weight": {"a": 1}}, "class_weight: expected a dict"),
        ({"class_weight": {0: 1}, "sample_weight": WEIGHTS}, "not both"),
    ],
    ids=["class weight", "both weights"],
)
def test_wrong_weights_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        loaded().fit(X, LABELS, verbose=0, **settings)


def test_a_model_that_is_not_compiled_says_so() -> None:
    model = maju.load(dense())
    with pytest.raises(InputError, match="not compiled: call compile"):
        model.fit(X, LABELS)


def test_a_model_all_frozen_says_so() -> None:
    model = loaded()
    model.trainable = False
    with pytest.raises(InputError, match="no weights that training may move"):
        model.fit(X, LABELS, verbose=0)


def test_infinity_names_the_layer_and_changes_nothing() -> None:
    model = loaded(lambda: dense(layers.Dense(5), layers.Activation("exponential", name="explodes")))
    model.weights["explodes" if "explodes" in model.weights else next(iter(model.weights))][...] = 50
    before = {path: w.copy() for path, w in model.weights.items()}
    with pytest.raises(NotFiniteError, match="epoch 1, batch 1: the output of 'explodes'"):
        model.fit(np.abs(X), LABELS, verbose=0)
    for path, weight in model.weights.items():
        np.testing.assert_array_equal(weight, before[path])


def test_an_input_that_is_not_finite_is_named() -> None:
    x = X.copy()
    x[40, 2] = np.nan
    with pytest.raises(NotFiniteError, match=r"epoch 1, batch 2: the input 'input_layer.*' holds values"):
        loaded().fit(x, LABELS, shuffle=False, verbose=0)


@pytest.mark.parametrize("optimizer", ["SGD", "Adam", "RMSprop", "Nadam"])
def test_going_on_with_what_keras_began(optimizer: str, tmp_path: Path) -> None:
    options: dict[str, Any] = {"momentum": 0.9} if optimizer == "SGD" else {}
    keras_model = normalized()
    scramble(keras_model, optimizer)
    keras_model.compile(getattr(keras.optimizers, optimizer)(0.01, **options), SPARSE, metrics=["accuracy"])
    settings: dict[str, Any] = {"batch_size": 16, "shuffle": False, "verbose": 0}
    keras_model.fit(IMAGES, LABELS, epochs=2, **settings)
    keras_model.save(tmp_path / "begun.keras")

    model = maju.load(tmp_path / "begun.keras")
    here = model.fit(IMAGES, LABELS, epochs=2, **settings).history
    there = keras_model.fit(IMAGES, LABELS, epochs=2, **settings).history
    for key in there:
        np.testing.assert_allclose(here[key], there[key], rtol=2e-5, err_msg=key)

    model.save(tmp_path / "continued.keras")
    continued = keras.models.load_model(tmp_path / "continued.keras")
    after = continued.fit(IMAGES, LABELS, epochs=2, **settings).history
    there = keras_model.fit(IMAGES, LABELS, epochs=2, **settings).history
    for key in there:
        np.testing.assert_allclose(after[key], there[key], rtol=5e-5, err_msg=key)
    assert int(continued.optimizer.iterations) == int(keras_model.optimizer.iterations)
