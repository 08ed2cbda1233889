"""How often predictions of yes and no are right."""

from __future__ import annotations

import numpy as np

from maju.losses.ranks import same_rank
from maju.metrics.mean import MeanMetric
from maju.metrics.metric import Array

__all__ = ["BinaryAccuracy"]


class BinaryAccuracy(MeanMetric):
    """The share of values where (ŷ > threshold) = y.

    Args:
        threshold: above which a prediction means 1.

    Shapes:
        y_true, y_pred: (batch, ...).

    Source: `keras.metrics.BinaryAccuracy`.
    """

    direction = "up"
    arguments = ("threshold",)

    def __init__(self, name: str | None = None, dtype: str | None = None, threshold: float = 0.5) -> None:
        super().__init__(name, dtype)
        self.threshold = threshold

    def values(self, y_true: Array, y_pred: Array) -> tuple[Array, Array | None]:
        true, pred = same_rank(y_true, y_pred)
        if true.shape != pred.shape:
            raise self._misfit(y_true, y_pred, "one shape")
        return np.asarray((pred > pred.dtype.type(self.threshold)) == true, self.dtype), None
