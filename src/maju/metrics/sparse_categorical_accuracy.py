"""How often the highest prediction is that of the right category, given as its number."""

from __future__ import annotations

import numpy as np

from maju.metrics.mean import MeanMetric
from maju.metrics.metric import Array

__all__ = ["SparseCategoricalAccuracy"]


class SparseCategoricalAccuracy(MeanMetric):
    """The share of samples where argmax ŷ = y.

    Shapes:
        y_true: (batch, ...) or (batch, ..., 1). y_pred: (batch, ..., categories).

    Source: `keras.metrics.SparseCategoricalAccuracy`.
    """

    direction = "up"

    def values(self, y_true: Array, y_pred: Array) -> tuple[Array, Array | None]:
        one_more = y_true.ndim == y_pred.ndim and y_true.shape[-1:] == (1,)
        labels = y_true[..., 0] if one_more else y_true
        if labels.shape != y_pred.shape[:-1]:
            raise self._misfit(y_true, y_pred, f"y_true of shape {y_pred.shape[:-1]}")
        matches = np.asarray(labels == y_pred.argmax(axis=-1), self.dtype)
        return (matches[..., 0] if matches.ndim > 1 and matches.shape[-1] == 1 else matches), None
