"""How often predictions equal the truth."""

from __future__ import annotations

import numpy as np

from maju.losses.ranks import same_rank
from maju.metrics.mean import MeanMetric
from maju.metrics.metric import Array

__all__ = ["Accuracy"]


class Accuracy(MeanMetric):
    """The share of values where ŷ = y.

    Shapes:
        y_true, y_pred: (batch, ...).

    Source: `keras.metrics.Accuracy`.
    """

    direction = "up"

    def values(self, y_true: Array, y_pred: Array) -> tuple[Array, Array | None]:
        true, pred = same_rank(y_true, y_pred)
        if true.shape != pred.shape:
            raise self._misfit(y_true, y_pred, "one shape")
        return np.asarray(true == pred, self.dtype), None
