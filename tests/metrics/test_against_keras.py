from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import keras
import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf

from maju import metrics

Array: TypeAlias = npt.NDArray[Any]
Draw: TypeAlias = Callable[[np.random.Generator, int], tuple[Array, Array]]
#: Batches of different sizes, as an epoch ends with.
SIZES = (9, 4, 1, 6)


def numbers(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    return rng.normal(size=(n, 3)) + 0.4, rng.normal(size=(n, 3))


def positive(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    return np.abs(rng.normal(size=(n, 3))), np.abs(rng.normal(size=(n, 3))) + 0.1


def steps(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    return rng.normal(size=(n, 5, 3)), rng.normal(size=(n, 5, 3))


def shares(rng: np.random.Generator, *shape: int) -> Array:
    x = rng.random(shape)
    return np.asarray(x / x.sum(axis=-1, keepdims=True))


def labels(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    return rng.integers(0, 4, n), shares(rng, n, 4)


def column(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    return rng.integers(0, 4, (n, 1)), shares(rng, n, 4)


def step_labels(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    return rng.integers(0, 4, (n, 5)), shares(rng, n, 5, 4)


def one_hot(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    return np.eye(4)[rng.integers(0, 4, n)], shares(rng, n, 4)


def step_one_hot(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    return np.eye(4)[rng.integers(0, 4, (n, 5))], shares(rng, n, 5, 4)


def logits(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    return (rng.random((n, 1)) < 0.5).astype(float), rng.normal(size=(n, 1)) * 3


def flags(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    return (rng.random((n, 3)) < 0.4).astype(float), rng.random((n, 3))


def flag(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    return (rng.random(n) < 0.4).astype(float), rng.random((n, 1))


def on_thresholds(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    return (rng.random(n) < 0.4).astype(float), rng.integers(0, 11, n) / 10


def classes(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    return rng.integers(0, 3, (n, 2)), rng.integers(0, 3, (n, 2)).astype(float)


def ties(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    y_pred = rng.integers(0, 3, (n, 6)).astype(float)
    y_pred[0, 1] = np.nan
    return rng.integers(0, 7, n), y_pred


def ids(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    return rng.integers(0, 6, n), np.argsort(rng.random((n, 6)), axis=-1).astype(float)


CASES: dict[str, tuple[str, dict[str, Any], Draw]] = {
    "accuracy": ("Accuracy", {}, classes),
    "binary accuracy": ("BinaryAccuracy", {}, flags),
    "binary accuracy of a column": ("BinaryAccuracy", {"threshold": 0.3}, flag),
    "categorical accuracy": ("CategoricalAccuracy", {}, one_hot),
    "categorical accuracy of steps": ("CategoricalAccuracy", {}, step_one_hot),
    "sparse accuracy": ("SparseCategoricalAccuracy", {}, labels),
    "sparse accuracy of a column": ("SparseCategoricalAccuracy", {}, column),
    "sparse accuracy of steps": ("SparseCategoricalAccuracy", {}, step_labels),
    "top 2": ("TopKCategoricalAccuracy", {"k": 2}, one_hot),
    "top 2 of steps": ("TopKCategoricalAccuracy", {"k": 2}, step_one_hot),
    "sparse top 2": ("SparseTopKCategoricalAccuracy", {"k": 2}, labels),
    "sparse top 2 of a column": ("SparseTopKCategoricalAccuracy", {"k": 2}, column),
    "sparse top 3 with ties": ("SparseTopKCategoricalAccuracy", {"k": 3}, ties),
    "sparse top 3 of ids": ("SparseTopKCategoricalAccuracy", {"k": 3, "from_sorted_ids": True}, ids),
    "mse": ("MeanSquaredError", {}, numbers),
    "mse of steps": ("MeanSquaredError", {}, steps),
    "mae": ("MeanAbsoluteError", {}, numbers),
    "mape": ("MeanAbsolutePercentageError", {}, numbers),
    "msle": ("MeanSquaredLogarithmicError", {}, positive),
    "rmse": ("RootMeanSquaredError", {}, numbers),
    "log cosh": ("LogCoshError", {}, numbers),
    "cosine": ("CosineSimilarity", {}, numbers),
    "cosine on axis 1": ("CosineSimilarity", {"axis": 1}, steps),
    "hinge": ("Hinge", {}, flags),
    "squared hinge": ("SquaredHinge", {}, flags),
    "categorical hinge": ("CategoricalHinge", {}, one_hot),
    "kl": ("KLDivergence", {}, one_hot),
    "poisson": ("Poisson", {}, positive),
    "binary crossentropy": ("BinaryCrossentropy", {"label_smoothing": 0.1}, flags),
    "binary crossentropy of logits": ("BinaryCrossentropy", {"from_logits": True}, logits),
    "categorical crossentropy": ("CategoricalCrossentropy", {"label_smoothing": 0.1}, one_hot),
    "categorical crossentropy on axis 1": ("CategoricalCrossentropy", {"axis": 1}, step_one_hot),
    "sparse crossentropy": ("SparseCategoricalCrossentropy", {}, step_labels),
    "sparse crossentropy without class 2": (
        "SparseCategoricalCrossentropy",
        {"ignore_class": 2, "from_logits": True},
        step_labels,
    ),
    "r2": ("R2Score", {}, numbers),
    "r2 by variance": ("R2Score", {"class_aggregation": "variance_weighted_average"}, numbers),
    "r2 of each": ("R2Score", {"class_aggregation": None, "num_regressors": 2}, numbers),
    "f1 of each": ("F1Score", {}, one_hot),
    "f1 micro": ("F1Score", {"average": "micro"}, one_hot),
    "f1 macro": ("F1Score", {"average": "macro", "threshold": 0.4}, flags),
    "f beta weighted": ("FBetaScore", {"average": "weighted", "beta": 2.0}, one_hot),
    "true positives": ("TruePositives", {}, flags),
    "false positives": ("FalsePositives", {"thresholds": [0.2, 0.7]}, flags),
    "true negatives": ("TrueNegatives", {"thresholds": 0.3}, flags),
    "false negatives": ("FalseNegatives", {"thresholds": [0.0, 0.5, 1.0]}, on_thresholds),
    "precision": ("Precision", {}, flag),
    "precision of top 2": ("Precision", {"top_k": 2}, flags),
    "precision of class 1": ("Precision", {"class_id": 1, "thresholds": [0.3, 0.5]}, flags),
    "precision at even thresholds": ("Precision", {"thresholds": [0, 0.25, 0.5, 0.75, 1]}, on_thresholds),
    "recall": ("Recall", {"thresholds": 0.4}, flags),
    "recall of top 1": ("Recall", {"top_k": 1, "class_id": 0}, one_hot),
    "auc": ("AUC", {}, flag),
    "auc on thresholds": ("AUC", {"num_thresholds": 11}, on_thresholds),
    "auc of logits": ("AUC", {"from_logits": True, "summation_method": "majoring"}, logits),
    "auc pr": ("AUC", {"curve": "PR"}, flags),
    "auc pr minoring": ("AUC", {"curve": "PR", "summation_method": "minoring", "num_thresholds": 20}, flags),
    "auc prgain": ("AUC", {"curve": "PRGAIN", "num_thresholds": 30}, flags),
    "auc at uneven thresholds": ("AUC", {"thresholds": [0.6, 0.1, 0.25]}, flags),
    "auc of weighed labels": (
        "AUC",
        {"multi_label": True, "label_weights": [0.2, 1.5, 0.7], "num_labels": 3},
        flags,
    ),
    "auc pr of labels": ("AUC", {"multi_label": True, "curve": "PR", "thresholds": [0.6, 0.1]}, flags),
    "auc of weights on labels": ("AUC", {"label_weights": [0.2, 1.5, 0.7]}, flags),
    "sensitivity": ("SensitivityAtSpecificity", {"specificity": 0.6}, flag),
    "specificity": ("SpecificityAtSensitivity", {"sensitivity": 0.5, "num_thresholds": 7}, flag),
    "precision at recall": ("PrecisionAtRecall", {"recall": 0.7, "class_id": 1}, flags),
    "recall at precision": ("RecallAtPrecision", {"precision": 0.5, "num_thresholds": 1}, flags),
}


def compare(ours: Any, theirs: Any) -> None:
    np.testing.assert_allclose(ours.result(), np.asarray(theirs.result()), rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize(
    "case",
    # Keras takes seconds to count labels apart at thresholds in equal steps.
    [
        pytest.param(case, id=name, marks=[pytest.mark.slow] if name == "auc of weighed labels" else [])
        for name, case in CASES.items()
    ],
)
def test_several_batches(case: tuple[str, dict[str, Any], Draw]) -> None:
    kind, arguments, draw = case
    rng = np.random.default_rng(len(kind))
    for weighed in (False, True):
        ours, theirs = getattr(metrics, kind)(**arguments), getattr(keras.metrics, kind)(**arguments)
        for n in SIZES:
            y_true, y_pred = draw(rng, n)
            rows = (n, 1) if "ignore_class" in arguments else (n,)  # of Keras's, the others take both
            weights = rng.random(rows).astype(np.float32) if weighed else None
            # A function of Keras's metrics, unlike its losses, takes the truth in the type of the prediction.
            y_pred = y_pred.astype(np.float32)
            ours.update_state(y_true, y_pred, weights)
            theirs.update_state(y_true.astype(np.float32), y_pred, weights)
            compare(ours, theirs)
    ours.reset_state()
    theirs.reset_state()
    y_true, y_pred = draw(rng, 5)
    assert ours(y_true, y_pred.astype(np.float32)) is not None
    theirs.update_state(y_true.astype(np.float32), y_pred.astype(np.float32))
    compare(ours, theirs)


STEPS = ("sparse accuracy of steps", "mse of steps", "sparse crossentropy without class 2", "top 2 of steps")


@pytest.mark.parametrize("name", STEPS)
def test_weights_and_masks_of_steps(name: str) -> None:
    kind, arguments, draw = CASES[name]
    rng = np.random.default_rng(4)
    for with_weights in (None, "steps", "rows"):
        ours, theirs = getattr(metrics, kind)(**arguments), getattr(keras.metrics, kind)(**arguments)
        for masked in (True, False):
            for n in SIZES:
                y_true, y_pred = draw(rng, n)
                weights = None if with_weights is None else rng.random((n, 5)).astype(np.float32)
                weights = weights[:, :1] if with_weights == "rows" and weights is not None else weights
                mask = rng.random((n, 5)) < 0.6 if masked else None
                tensor = tf.constant(y_pred, tf.float32)
                if mask is not None:
                    keras.src.backend.set_keras_mask(tensor, tf.constant(mask))
                ours.update_state(y_true, y_pred, weights, mask)
                theirs.update_state(y_true.astype(np.float32), tensor, weights)
                compare(ours, theirs)


def test_mean_and_sum() -> None:
    rng = np.random.default_rng(8)
    for kind in ("Mean", "Sum"):
        ours, theirs = getattr(metrics, kind)(), getattr(keras.metrics, kind)()
        for shape, weights in (
            ((4,), None),
            ((4, 3), rng.random(4)),
            ((4, 3), rng.random((4, 1))),
            ((), None),
        ):
            values = rng.normal(size=shape)
            ours(values, weights)
            theirs.update_state(values, weights)
            compare(ours, theirs)


def test_nothing_gives_zero() -> None:
    for name in ("MeanSquaredError", "Precision", "AUC", "RootMeanSquaredError", "SparseCategoricalAccuracy"):
        assert getattr(metrics, name)().result() == 0.0
