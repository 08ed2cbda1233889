"""Precision and recall, and the four counts that they are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy.typing as npt

from maju.metrics.confusion import LOWEST, Counting, evenly_spread, ratio, thresholds_of
from maju.metrics.metric import Array

__all__ = [
    "FalseNegatives",
    "FalsePositives",
    "Precision",
    "Recall",
    "TrueNegatives",
    "TruePositives",
]


class _AtThresholds(Counting):
    def __init__(
        self,
        thresholds: float | Sequence[float] | None,
        default: float,
        name: str | None,
        dtype: str | None,
    ) -> None:
        self.thresholds = thresholds
        listed = thresholds_of(thresholds, default, name or type(self).__name__)
        super().__init__(name, dtype, listed, evenly_spread(listed))

    def _one_or_all(self, values: Array) -> Any:
        return float(values[0]) if len(values) == 1 else values


class _Share(_AtThresholds):
    direction = "up"
    arguments = ("thresholds", "top_k", "class_id")

    def __init__(
        self,
        thresholds: float | Sequence[float] | None = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(thresholds, 0.5 if top_k is None else LOWEST, name, dtype)
        self.top_k = top_k
        self.class_id = class_id

    def update_state(
        self, y_true: npt.ArrayLike, y_pred: npt.ArrayLike, sample_weight: Any = None, mask: Any = None
    ) -> None:
        self._count(y_true, y_pred, sample_weight, top_k=self.top_k, class_id=self.class_id)


class Precision(_Share):
    """TP / (TP + FP): how much of what is said to be so is so.

    Args:
        thresholds: above which a prediction means yes: one, or a list for an array of results.
        top_k: that only the k highest predictions of a row mean yes.
        class_id: the only category that counts.

    Shapes:
        y_true, y_pred: (batch, ...).

    Source: `keras.metrics.Precision`.
    """

    def result(self) -> Any:
        c = self.counts
        return self._one_or_all(ratio(c.true_positives, c.true_positives + c.false_positives))


class Recall(_Share):
    """TP / (TP + FN): how much of what is so is said to be so.

    Args:
        thresholds: above which a prediction means yes: one, or a list for an array of results.
        top_k: that only the k highest predictions of a row mean yes.
        class_id: the only category that counts.

    Shapes:
        y_true, y_pred: (batch, ...).

    Source: `keras.metrics.Recall`.
    """

    def result(self) -> Any:
        c = self.counts
        return self._one_or_all(ratio(c.true_positives, c.true_positives + c.false_negatives))


class _Count(_AtThresholds):
    arguments = ("thresholds",)

    def __init__(
        self,
        thresholds: float | Sequence[float] | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(thresholds, 0.5, name, dtype)

    def update_state(
        self, y_true: npt.ArrayLike, y_pred: npt.ArrayLike, sample_weight: Any = None, mask: Any = None
    ) -> None:
        self._count(y_true, y_pred, sample_weight)


class TruePositives(_Count):
    """How often yes is said and right. Source: `keras.metrics.TruePositives`."""

    def result(self) -> Any:
        return self._one_or_all(self.counts.true_positives)


class FalsePositives(_Count):
    """How often yes is said and wrong. Source: `keras.metrics.FalsePositives`."""

    def result(self) -> Any:
        return self._one_or_all(self.counts.false_positives)


class TrueNegatives(_Count):
    """How often no is said and right. Source: `keras.metrics.TrueNegatives`."""

    def result(self) -> Any:
        return self._one_or_all(self.counts.true_negatives)


class FalseNegatives(_Count):
    """How often no is said and wrong. Source: `keras.metrics.FalseNegatives`."""

    def result(self) -> Any:
        return self._one_or_all(self.counts.false_negatives)
