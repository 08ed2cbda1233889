"""How often the highest prediction is that of the right category, given as a vector."""

from __future__ import annotations

import numpy as np

from maju.metrics.mean import MeanMetric
from maju.metrics.metric import Array

__all__ = ["CategoricalAccuracy"]


class CategoricalAccuracy(MeanMetric):
    """The share of samples where argmax ŷ = argmax y.

    Shapes:
        y_true, y_pred: (batch, ..., categories).

    Source: `keras.metrics.CategoricalAccuracy`.
    """

    direction = "up"

    def values(self, y_true: Array, y_pred: Array) -> tuple[Array, Array | None]:
        if y_true.shape != y_pred.shape or not y_pred.ndim:
            raise self._misfit(y_true, y_pred, "one shape; for numbers take 'sparse_categorical_accuracy'")
        return np.asarray(y_true.argmax(axis=-1) == y_pred.argmax(axis=-1), self.dtype), None
