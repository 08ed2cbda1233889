"""Metrics under Keras's names: numbers that are gathered over the batches of an epoch.

::

    from maju import metrics

    accuracy = metrics.get("sparse_categorical_accuracy")
    for y_true, y_pred in batches:
        accuracy.update_state(y_true, y_pred)
    accuracy.result()

A metric of your own is a function that gives a value for each sample, whose mean `from_function` takes,

::

    def within_one(y_true, y_pred):
        return abs(y_true - y_pred).max(axis=-1) <= 1

    metric = metrics.from_function(within_one)

or a subclass of `Metric` with `reset_state`, `update_state` and `result`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from maju.lookup import Lookup
from maju.losses.targets import kind_of_targets
from maju.metrics.accuracy import Accuracy
from maju.metrics.at_another import (
    PrecisionAtRecall,
    RecallAtPrecision,
    SensitivityAtSpecificity,
    SpecificityAtSensitivity,
)
from maju.metrics.auc import AUC
from maju.metrics.binary_accuracy import BinaryAccuracy
from maju.metrics.categorical_accuracy import CategoricalAccuracy
from maju.metrics.cosine_similarity import CosineSimilarity
from maju.metrics.f_score import F1Score, FBetaScore
from maju.metrics.mean import Mean, MeanMetric, Sum
from maju.metrics.metric import Metric
from maju.metrics.of_losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    CategoricalHinge,
    Hinge,
    KLDivergence,
    LogCoshError,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    Poisson,
    SparseCategoricalCrossentropy,
    SquaredHinge,
)
from maju.metrics.own import from_function
from maju.metrics.precision_recall import (
    FalseNegatives,
    FalsePositives,
    Precision,
    Recall,
    TrueNegatives,
    TruePositives,
)
from maju.metrics.r2_score import R2Score
from maju.metrics.root_mean_squared_error import RootMeanSquaredError
from maju.metrics.sparse_categorical_accuracy import SparseCategoricalAccuracy
from maju.metrics.top_k import SparseTopKCategoricalAccuracy, TopKCategoricalAccuracy

_CLASSES: tuple[type[Metric], ...] = (
    AUC,
    Accuracy,
    BinaryAccuracy,
    BinaryCrossentropy,
    CategoricalAccuracy,
    CategoricalCrossentropy,
    CategoricalHinge,
    CosineSimilarity,
    F1Score,
    FBetaScore,
    FalseNegatives,
    FalsePositives,
    Hinge,
    KLDivergence,
    LogCoshError,
    Mean,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    Poisson,
    Precision,
    PrecisionAtRecall,
    R2Score,
    Recall,
    RecallAtPrecision,
    RootMeanSquaredError,
    SensitivityAtSpecificity,
    SparseCategoricalAccuracy,
    SparseCategoricalCrossentropy,
    SparseTopKCategoricalAccuracy,
    SpecificityAtSensitivity,
    SquaredHinge,
    Sum,
    TopKCategoricalAccuracy,
    TrueNegatives,
    TruePositives,
)

__all__ = [
    "AUC",
    "Accuracy",
    "BinaryAccuracy",
    "BinaryCrossentropy",
    "CategoricalAccuracy",
    "CategoricalCrossentropy",
    "CategoricalHinge",
    "CosineSimilarity",
    "F1Score",
    "FBetaScore",
    "FalseNegatives",
    "FalsePositives",
    "Hinge",
    "KLDivergence",
    "LogCoshError",
    "Mean",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanMetric",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Metric",
    "Poisson",
    "Precision",
    "PrecisionAtRecall",
    "R2Score",
    "Recall",
    "RecallAtPrecision",
    "RootMeanSquaredError",
    "SensitivityAtSpecificity",
    "SparseCategoricalAccuracy",
    "SparseCategoricalCrossentropy",
    "SparseTopKCategoricalAccuracy",
    "SpecificityAtSensitivity",
    "SquaredHinge",
    "Sum",
    "TopKCategoricalAccuracy",
    "TrueNegatives",
    "TruePositives",
    "deserialize",
    "for_shapes",
    "from_function",
    "get",
    "serialize",
]

_OTHER_NAMES: dict[str, type[Metric]] = {
    "bce": BinaryCrossentropy,
    "mae": MeanAbsoluteError,
    "mape": MeanAbsolutePercentageError,
    "mse": MeanSquaredError,
    "msle": MeanSquaredLogarithmicError,
}
_LOOKUP: Lookup[Metric] = Lookup("metric", Metric, _CLASSES, "keras.metrics", _OTHER_NAMES)
_ACCURACIES: dict[str, type[Metric]] = {
    "binary": BinaryAccuracy,
    "sparse": SparseCategoricalAccuracy,
    "categorical": CategoricalAccuracy,
}


def get(identifier: Any) -> Metric | None:
    """The metric that is meant.

    Args:
        identifier: a metric or its class; its name as ``"mse"``, ``"mean_squared_error"`` or
            ``"MeanSquaredError"``; what `serialize` or Keras has made of one; a function, as `from_function`
            takes it; or None, which is given back.

    Raises:
        InputError: there is no such metric.
    """
    if callable(identifier) and not isinstance(identifier, (type, Metric)):
        return from_function(identifier)
    return _LOOKUP.get(identifier)


def for_shapes(identifier: Any, y_true_shape: Sequence[int], y_pred_shape: Sequence[int]) -> Metric | None:
    """The metric that Keras's `compile` makes of what it is given, under the name that it was asked for by.

    ``"accuracy"`` and ``"acc"`` are the binary one where a prediction is one number, the sparse one where the
    targets are numbers of categories, and else the categorical one.
    """
    if not isinstance(identifier, str):
        return get(identifier)
    if identifier.lower() in ("accuracy", "acc"):
        return _ACCURACIES[kind_of_targets(y_true_shape, y_pred_shape)](name=identifier)
    metric = _LOOKUP.named(identifier)()
    metric.name = identifier
    return metric


def serialize(metric: Metric) -> dict[str, Any]:
    """The metric as Keras 3 writes it."""
    return _LOOKUP.serialize(metric)


def deserialize(config: Mapping[str, Any] | str) -> Metric:
    """The metric that `serialize`, Keras 3 or Keras 2 has written."""
    return _LOOKUP.deserialize(config)
