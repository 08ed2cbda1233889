"""The harmonic mean of precision and recall."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from maju.errors import InputError
from maju.metrics.metric import Array, Metric

__all__ = ["F1Score", "FBetaScore"]

EPSILON = 1e-7
AVERAGES = (None, "micro", "macro", "weighted")


class FBetaScore(Metric):
    """(1 + β²)·P·R / (β²·P + R), with P the precision and R the recall of each category.

    Args:
        average: how the categories become one number: ``"macro"``, their mean; ``"weighted"``, by how often
            each is true; ``"micro"``, of the counts of all; None for an array of one each.
        beta: β, how much more recall counts than precision.
        threshold: above which a prediction means yes; None for the highest of each row alone.

    Shapes:
        y_true, y_pred: (batch, categories).

    Source: `keras.metrics.FBetaScore`.
    """

    default_name = "fbeta_score"
    direction = "up"
    gathered = ("true_positives", "false_positives", "false_negatives", "intermediate_weights")
    arguments: ClassVar[tuple[str, ...]] = ("average", "beta", "threshold")

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, dtype)
        if average not in AVERAGES:
            expected = ", ".join(map(repr, AVERAGES))
            raise InputError(f"metric {self.name!r}: average={average!r}; expected one of {expected}")
        if not beta > 0:
            raise InputError(f"metric {self.name!r}: beta={beta}; expected more than 0")
        if threshold is not None and not 0 < threshold <= 1:
            raise InputError(f"metric {self.name!r}: threshold={threshold}; expected more than 0, at most 1")
        self.average = average
        self.beta = beta
        self.threshold = threshold
        self.reset_state()

    def reset_state(self) -> None:
        self.true_positives: Any = 0.0
        self.false_positives: Any = 0.0
        self.false_negatives: Any = 0.0
        self.intermediate_weights: Any = 0.0

    def update_state(
        self, y_true: npt.ArrayLike, y_pred: npt.ArrayLike, sample_weight: Any = None, mask: Any = None
    ) -> None:
        true, pred = self._array(y_true, "y_true"), self._array(y_pred, "y_pred")
        if true.ndim != 2 or true.shape != pred.shape:
            raise self._misfit(true, pred, "(batch, categories) for both")
        if self.threshold is None:
            said = (pred >= pred.max(axis=-1, keepdims=True)) & (np.abs(pred) > pred.dtype.type(1e-9))
        else:
            said = pred > pred.dtype.type(self.threshold)
        weights = np.ones(len(true), self.dtype)
        if sample_weight is not None:
            weights = self._array(sample_weight, "sample_weight")
            if weights.shape != (len(true),):
                raise InputError(
                    f"metric {self.name!r}: expected sample weights of shape ({len(true)},), "
                    f"got {weights.shape}"
                )
        axis = None if self.average == "micro" else 0

        def total(values: Array) -> Any:
            return (values * weights[:, None]).sum(axis=axis, dtype=np.float64)

        self.true_positives = self.true_positives + total(said * true)
        self.false_positives = self.false_positives + total(said * (1 - true))
        self.false_negatives = self.false_negatives + total(~said * true)
        self.intermediate_weights = self.intermediate_weights + total(true)

    def result(self) -> Any:
        precision = self.true_positives / (self.true_positives + self.false_positives + EPSILON)
        recall = self.true_positives / (self.true_positives + self.false_negatives + EPSILON)
        square = self.beta**2
        score = precision * recall / (square * precision + recall + EPSILON) * (1 + square)
        if self.average == "weighted":
            weights = self.intermediate_weights / (np.sum(self.intermediate_weights) + EPSILON)
            return float(np.sum(score * weights))
        return score if self.average is None else float(np.mean(score))


class F1Score(FBetaScore):
    """2·P·R / (P + R): see `FBetaScore`.

    Source: `keras.metrics.F1Score`.
    """

    default_name = "f1_score"
    arguments = ("average", "threshold")

    def __init__(
        self,
        average: str | None = None,
        threshold: float | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(average, 1.0, threshold, name, dtype)
