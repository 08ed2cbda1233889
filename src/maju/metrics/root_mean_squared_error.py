"""The root of the mean of squared errors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from maju.losses.ranks import same_rank
from maju.metrics.mean import MeanMetric
from maju.metrics.metric import Array

__all__ = ["RootMeanSquaredError"]


class RootMeanSquaredError(MeanMetric):
    """√(mean of (ŷ − y)²) over all batches; a mask has no effect, as in Keras.

    Shapes:
        y_true, y_pred: (batch, ...).

    Source: `keras.metrics.RootMeanSquaredError`.
    """

    direction = "down"

    def values(self, y_true: Array, y_pred: Array) -> tuple[Array, Array | None]:
        true, pred = same_rank(y_true, y_pred)
        if true.shape != pred.shape:
            raise self._misfit(y_true, y_pred, "one shape")
        return np.square(pred - true), None

    def update_state(
        self, y_true: npt.ArrayLike, y_pred: npt.ArrayLike, sample_weight: Any = None, mask: Any = None
    ) -> None:
        super().update_state(y_true, y_pred, sample_weight)

    def result(self) -> float:
        return math.sqrt(super().result())
