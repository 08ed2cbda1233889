"""The mean of squared errors."""

from __future__ import annotations

import numpy as np

from maju.losses.loss import Array, ElementwiseLoss, Slope

__all__ = ["MeanSquaredError"]


class MeanSquaredError(ElementwiseLoss):
    """The mean over the last axis of (ŷ − y)².

    Shapes:
        y_true, y_pred: (batch, ..., n). Values: (batch, ...).

    Source: `keras.losses.MeanSquaredError`.
    """

    def elements(self, y_true: Array, y_pred: Array) -> tuple[Array, Slope]:
        error = y_pred - y_true
        return np.square(error), lambda: 2 * error
