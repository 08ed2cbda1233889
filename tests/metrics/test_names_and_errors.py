from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras.src.trainers.compile_utils import get_metric

from maju import metrics
from maju.errors import InputError

NEEDED: dict[str, dict[str, Any]] = {
    "SensitivityAtSpecificity": {"specificity": 0.5},
    "SpecificityAtSensitivity": {"sensitivity": 0.5},
    "PrecisionAtRecall": {"recall": 0.5},
    "RecallAtPrecision": {"precision": 0.5},
    "AUC": {"thresholds": [0.2, 0.7]},
    "SparseTopKCategoricalAccuracy": {"from_sorted_ids": True},
}
CLASSES = [name for name in metrics.__all__ if name[0].isupper() and name not in ("Metric", "MeanMetric")]


@pytest.mark.parametrize("name", CLASSES)
def test_a_metric_is_written_as_keras_writes_it_and_read_again(name: str) -> None:
    arguments = NEEDED.get(name, {})
    keras.backend.clear_session()  # Keras numbers the names that it makes itself
    theirs = keras.metrics.serialize(getattr(keras.metrics, name)(**arguments))
    ours = metrics.serialize(getattr(metrics, name)(**arguments))
    if name == "CosineSimilarity":  # of which Keras's `get_config` leaves the axis out
        theirs["config"]["axis"] = -1
    assert ours == theirs
    assert type(keras.metrics.deserialize(ours)).__name__ == name
    read = metrics.get(theirs)
    assert type(read) is getattr(metrics, name)
    assert repr(read) == repr(metrics.deserialize(ours))


@pytest.mark.parametrize(
    "shapes",
    [
        ((5, 1), (5, 1)),
        ((5,), (5, 1)),
        ((5,), (5, 3)),
        ((5, 1), (5, 3)),
        ((5, 3), (5, 3)),
        ((5, 4), (5, 4, 3)),
    ],
    ids=str,
)
def test_accuracy_is_chosen_by_shapes(shapes: Any) -> None:
    for name in ("accuracy", "acc", "mse", "MSE", "auc", "f1_score", "SparseCategoricalAccuracy"):
        ours, theirs = metrics.for_shapes(name, *shapes), get_metric(name, *map(np.zeros, shapes))
        assert ours is not None
        assert type(ours).__name__ == type(theirs).__name__
        assert ours.name == theirs.name


def test_a_function_becomes_a_mean() -> None:
    def gap(y_true: Any, y_pred: Any) -> Any:
        return abs(y_true - y_pred).max(axis=-1)

    ours, theirs = (
        metrics.get(gap),
        keras.metrics.MeanMetricWrapper(lambda t, p: keras.ops.max(keras.ops.abs(t - p), axis=-1)),
    )
    assert ours is not None
    assert ours.name == "gap"
    rng = np.random.default_rng(1)
    for n in (4, 7):
        y_true, y_pred = rng.normal(size=(2, n, 3)).astype(np.float32)
        ours.update_state(y_true, y_pred)
        theirs.update_state(y_true, y_pred)
    assert ours.result() == pytest.approx(float(theirs.result()), rel=1e-6)
    with pytest.raises(InputError, match="made of a function, which no file can hold"):
        metrics.serialize(ours)
    assert metrics.for_shapes(ours, (4, 3), (4, 3)) is ours
    assert metrics.get(None) is None


ROWS = np.full((4, 3), 1 / 3)
BITS = np.eye(3)[[0, 1, 2, 0]]


@pytest.mark.parametrize(
    ("name", "arguments", "given", "message"),
    [
        ("Accuracy", {}, (np.ones(4), ROWS), r"y_true of shape \(4,\) does not fit y_pred of shape \(4, 3\)"),
        ("BinaryAccuracy", {}, (np.ones((4, 2)), ROWS), r"expected one shape$"),
        ("CategoricalAccuracy", {}, (np.ones(4), ROWS), r"for numbers take 'sparse_categorical_accuracy'$"),
        ("SparseCategoricalAccuracy", {}, (BITS, ROWS), r"expected y_true of shape \(4,\)$"),
        ("TopKCategoricalAccuracy", {}, (np.ones(4), ROWS), r"expected one shape$"),
        ("SparseTopKCategoricalAccuracy", {}, (BITS, ROWS), r"expected y_true of shape \(4,\)$"),
        ("RootMeanSquaredError", {}, (np.ones(4), ROWS), r"expected one shape$"),
        ("R2Score", {}, (np.ones(4), np.ones(4)), r"expected \(batch, outputs\) for both$"),
        ("R2Score", {}, (BITS, ROWS, np.ones(3)), r"sample weights of shape \(3, 1\) do not fit values"),
        ("F1Score", {}, (np.ones(4), ROWS), r"expected \(batch, categories\) for both$"),
        ("F1Score", {}, (BITS, ROWS, np.ones((4, 3))), r"expected sample weights of shape \(4,\), got"),
        ("Precision", {}, (np.ones((4, 2)), ROWS), r"expected one shape$"),
        ("Precision", {}, (BITS, ROWS, np.ones(3)), r"weights do not fit values of shape \(4, 3\)$"),
        ("Recall", {"class_id": 3}, (BITS, ROWS), r"class_id=3 is not among predictions of shape \(4, 3\)$"),
        ("AUC", {"multi_label": True, "num_labels": 2}, (BITS, ROWS), r"y_pred of shape \(batch, 2\), got"),
        ("MeanSquaredError", {}, (["a"], ["b"]), r"expected numbers as y_true, got <U1 values$"),
        ("BinaryAccuracy", {}, (BITS, ROWS, np.ones(3)), r"shape \(3,\) do not fit values of shape \(4,\)$"),
        (
            "BinaryAccuracy",
            {},
            (BITS, ROWS, np.ones(4), np.ones((4, 3), bool)),
            r"do not fit a mask of shape \(4, 3\); to weigh rows, give them shape \(4, 1\)$",
        ),
    ],
)
def test_what_does_not_fit_gives_one_clear_line(
    name: str, arguments: dict[str, Any], given: Any, message: str
) -> None:
    metric = getattr(metrics, name)(**arguments)
    with pytest.raises(InputError, match=message) as caught:
        metric.update_state(*given)
    assert str(caught.value).startswith(f"metric {metric.name!r}: ")


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        (
            "F1Score",
            {"average": "mean"},
            r"average='mean'; expected one of None, 'micro', 'macro', 'weighted'$",
        ),
        ("FBetaScore", {"beta": 0.0}, r"beta=0.0; expected more than 0$"),
        ("F1Score", {"threshold": 1.5}, r"threshold=1.5; expected more than 0, at most 1$"),
        (
            "R2Score",
            {"class_aggregation": "mean"},
            r"class_aggregation='mean'; expected one of None, 'uniform_",
        ),
        ("R2Score", {"num_regressors": -1}, r"num_regressors=-1; expected 0 or more$"),
        ("Precision", {"thresholds": [0.5, 1.5]}, r"thresholds=\[0.5, 1.5\]; expected numbers from 0 to 1$"),
        ("TopKCategoricalAccuracy", {"k": 0}, r"k=0; expected a whole number from 1 up$"),
        ("AUC", {"curve": "DET"}, r"curve='DET'; expected one of 'ROC', 'PR', 'PRGAIN'$"),
        ("AUC", {"summation_method": "sum"}, r"summation_method='sum'; expected one of 'interpolation', "),
        ("AUC", {"num_thresholds": 1}, r"num_thresholds=1; expected 2 or more$"),
        ("AUC", {"num_labels": 3}, r"num_labels goes with multi_label=True alone$"),
        ("PrecisionAtRecall", {"recall": 1.5}, r"recall=1.5; expected a number from 0 to 1$"),
        ("PrecisionAtRecall", {"recall": 0.5, "num_thresholds": 0}, r"num_thresholds=0; expected 1 or more$"),
    ],
)
def test_bad_arguments_give_one_clear_line(name: str, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        getattr(metrics, name)(**arguments)


def test_too_many_inputs_for_an_adjusted_score_are_warned_of() -> None:
    metric = metrics.R2Score(num_regressors=9)
    metric.update_state([[1.0], [2.0], [4.0]], [[1.5], [2.0], [3.0]])
    with pytest.warns(
        UserWarning, match="9 inputs for 3 values leave no adjusted score; this is the plain one"
    ):
        adjusted = metric.result()
    plain = metrics.R2Score()
    assert adjusted == plain([[1.0], [2.0], [4.0]], [[1.5], [2.0], [3.0]])


def test_metrics_are_read_as_keras_2_and_compiled_models_hold_them() -> None:
    wrapper = {
        "class_name": "MeanMetricWrapper",
        "config": {"name": "acc", "dtype": "float32", "fn": "sparse_categorical_accuracy"},
    }
    metric = metrics.get(wrapper)
    assert isinstance(metric, metrics.SparseCategoricalAccuracy)
    assert metric.name == "acc"


def test_an_unknown_metric_is_refused() -> None:
    with pytest.raises(InputError, match=r"^no metric 'recal'; near it are .*Recall"):
        metrics.get("recal")
