"""`compile` and what a compiled model tells, beside Keras."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import maju
from parity.compare import random, scramble

X = random(50, 6)
LABELS = np.random.default_rng(1).integers(0, 3, 50)
ONE_HOT = np.eye(3, dtype=np.float32)[LABELS]
NUMBERS = random(50, 1, seed="y")
SPARSE = "sparse_categorical_crossentropy"


@pytest.mark.parametrize(
    "method", ["compile", "fit", "evaluate", "predict", "train_on_batch", "test_on_batch", "predict_on_batch"]
)
def test_positional_arguments_stand_in_the_order_of_keras(method: str) -> None:
    def given(model: Any) -> list[tuple[str, Any]]:
        parameters = inspect.signature(getattr(model, method)).parameters.values()
        positional = [p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
        return [(p.name, p.default) for p in positional]

    expected = given(keras.Model)
    assert given(maju.Model) == given(maju.Sequential) == expected
    assert [name for name, _ in given(maju.Classifier)] == [name for name, _ in expected]


def one(units: int = 3, last: str | None = "softmax") -> Any:
    return keras.Sequential([keras.Input((6,)), layers.Dense(units, last, name="out")])


def two() -> Any:
    x = keras.Input((6,))
    outputs = [layers.Dense(3, "softmax", name="b")(x), layers.Dense(1, name="a")(x)]
    return keras.Model(x, outputs)


def saturated(units: int = 3, last: str = "softmax") -> Callable[[], Any]:
    def build() -> Any:
        model = one(units, last)
        scramble(model)
        model.set_weights([w * 100 for w in model.get_weights()])
        return model

    return build


def metrics_twice(lib: Any) -> list[Any]:
    m = lib.metrics
    return [
        m.Precision(),
        m.Precision(thresholds=0.6),
        m.AUC(),
        "AUC",
        "auc",
        m.BinaryAccuracy(),
        m.BinaryAccuracy(threshold=0.4),
        m.Recall(name="r"),
        m.Recall(name="r"),
    ]


#: The model, y, and what `compile` is given by each library.
CASES: dict[str, tuple[Callable[[], Any], Any, Callable[[Any], dict[str, Any]]]] = {
    "a list of one": (lambda: one(1, None), [NUMBERS], lambda lib: {"loss": ["mse"], "loss_weights": [0.5]}),
    "a tuple, a factor": (lambda: one(1, None), NUMBERS, lambda lib: {"loss": ("mae",), "loss_weights": 0.3}),
    "metrics of one name": (
        lambda: one(1, "sigmoid"),
        (LABELS > 1)[:, None],
        lambda lib: {"loss": "bce", "metrics": metrics_twice(lib)},
    ),
    "weighted metrics of one name": (
        one,
        LABELS,
        lambda lib: {"loss": SPARSE, "metrics": ["accuracy"], "weighted_metrics": ["accuracy", "accuracy"]},
    ),
    "two outputs": (
        two,
        [LABELS, NUMBERS],
        lambda lib: {
            "loss": {"b": SPARSE, "a": "mse"},
            "metrics": {"b": ["accuracy", "sparse_top_k_categorical_accuracy"], "a": ["mse"]},
            "weighted_metrics": {"a": ["mae"], "b": ["accuracy"]},
        },
    ),
    "one loss of two": (two, [LABELS, NUMBERS], lambda lib: {"loss": [None, "mse"]}),
    "one factor for both": (two, [ONE_HOT, NUMBERS], lambda lib: {"loss": "mse", "loss_weights": 0.5}),
    "labels, sure of themselves": (
        saturated(),
        LABELS,
        lambda lib: {"loss": SPARSE, "metrics": [SPARSE], "weighted_metrics": [SPARSE]},
    ),
    "rows, sure of themselves": (
        saturated(),
        ONE_HOT,
        lambda lib: {
            "loss": lib.losses.CategoricalCrossentropy(label_smoothing=0.1),
            "metrics": [
                "categorical_crossentropy",
                lib.metrics.CategoricalCrossentropy("smooth", label_smoothing=0.2),
            ],
        },
    ),
    "yes and no, sure of themselves": (
        saturated(1, "sigmoid"),
        (LABELS > 1)[:, None],
        lambda lib: {
            "loss": "bce",
            "metrics": ["bce", lib.metrics.BinaryCrossentropy(name="own"), lib.metrics.KLDivergence(), "mse"],
        },
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_numbers_names_and_order_beside_keras(name: str) -> None:
    build, y, compiled = CASES[name]
    keras.utils.clear_session()  # it numbers names on through the whole process
    theirs = build()
    if not name.endswith("themselves"):
        scramble(theirs, name)
    ours = maju.load(theirs)
    theirs.compile("sgd", **compiled(keras))
    ours.compile("sgd", **compiled(maju))
    assert (ours.metrics, ours.metrics_names) == ([], [])
    expected = theirs.evaluate(X, y, batch_size=25, return_dict=True, verbose=0)
    found = ours.evaluate(X, y, batch_size=25, return_dict=True, verbose=0)
    assert set(found) == set(expected)
    for key, value in expected.items():
        np.testing.assert_allclose(found[key], value, rtol=1e-5, atol=1e-6, err_msg=key)
    in_list = ours.evaluate(X, y, batch_size=25, verbose=0)
    listed = in_list if isinstance(in_list, list) else [in_list]
    assert dict(zip(ours.metrics_names, listed, strict=True)) == found
    assert [metric.result() for metric in ours.metrics] == listed
    there = np.ravel(theirs.evaluate(X, y, batch_size=25, verbose=0))
    if len(there) == len(listed):  # Keras lists a result twice where another one has its metric's name
        np.testing.assert_allclose(listed, there, rtol=1e-5, atol=1e-6)
    else:
        assert "of one name" in name or name.startswith("labels")


def test_a_metric_of_the_user_s_own_is_the_one_that_gathers() -> None:
    metric = maju.metrics.SparseCategoricalCrossentropy()
    model = maju.load(one())
    model.compile("sgd", SPARSE, metrics=[metric])
    result = model.evaluate(X, LABELS, verbose=0)
    assert metric.result() == result[1] == pytest.approx(result[0], rel=1e-6)
    model.reset_metrics()
    assert metric.count == 0


def test_what_keras_is_told_of_how_to_compute_goes_there_and_back(tmp_path: Path) -> None:
    model = maju.load(one())
    told: dict[str, Any] = {
        "run_eagerly": True,
        "steps_per_execution": 3,
        "jit_compile": False,
        "auto_scale_loss": False,
    }
    model.compile("sgd", SPARSE, None, ["accuracy"], **told)
    plain = maju.load(one())
    model.save(tmp_path / "told.keras")
    theirs = keras.models.load_model(tmp_path / "told.keras")
    assert (theirs.run_eagerly, theirs.steps_per_execution, theirs.jit_compile) == (True, 3, False)
    theirs.save(tmp_path / "again.keras")
    again = maju.load(tmp_path / "again.keras")
    assert again.trainer.for_keras == {"run_eagerly": True, "steps_per_execution": 3, "jit_compile": False}
    plain.set_weights(model.get_weights())
    plain.compile("sgd", SPARSE)
    losses = [m.fit(X, LABELS, shuffle=False, verbose=0).history["loss"] for m in (model, plain, again)]
    assert losses[0] == losses[1] == losses[2]


def test_what_a_model_tells_before_and_after_compile() -> None:
    keras_model = one()
    model = maju.load(keras_model)
    for each in (keras_model, model):
        assert (each.compiled, each.loss, each.metrics_names) == (False, None, [])
        each.compile("adam", SPARSE, metrics=["accuracy"])
        assert (each.compiled, each.loss) == (True, SPARSE)
        history = each.fit(X, LABELS, verbose=0)
        assert each.history is history


#: What `fit` is told of steps, for 50 rows in batches of 10 (40 with a share of 0.2 for validation).
STEPS: dict[str, dict[str, Any]] = {
    "two of five, the next after them": {"steps_per_epoch": 2, "epochs": 2},
    "with rows for validation": {"steps_per_epoch": 2, "validation_split": 0.2, "epochs": 2},
    "steps of validation": {"validation_split": 0.6, "validation_steps": 1, "epochs": 2},
    "batches of validation": {"validation_split": 0.6, "validation_batch_size": 7, "epochs": 2},
}


@pytest.mark.parametrize("name", STEPS)
def test_steps_beside_keras(name: str) -> None:
    keras_model = one()
    scramble(keras_model, name)
    model = maju.load(keras_model)
    found: list[dict[str, list[float]]] = []
    for each in (keras_model, model):
        each.compile("sgd", SPARSE)
        history = each.fit(X, LABELS, batch_size=10, shuffle=False, verbose=0, **STEPS[name])
        found.append(history.history)
    assert found[0].keys() == found[1].keys()
    for key, values in found[0].items():
        np.testing.assert_allclose(found[1][key], values, rtol=1e-5, err_msg=key)
    np.testing.assert_allclose(model.get_weights()[0], keras_model.get_weights()[0], rtol=1e-4, atol=1e-6)
