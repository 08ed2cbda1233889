"""The mean of absolute errors in percent of the truth."""

from __future__ import annotations

import numpy as np

from maju.losses.loss import EPSILON, Array, ElementwiseLoss, Slope

__all__ = ["MeanAbsolutePercentageError"]


class MeanAbsolutePercentageError(ElementwiseLoss):
    """100 times the mean over the last axis of |y − ŷ| / max(|y|, ε).

    Shapes:
        y_true, y_pred: (batch, ..., n). Values: (batch, ...).

    Source: `keras.losses.MeanAbsolutePercentageError`.
    """

    def elements(self, y_true: Array, y_pred: Array) -> tuple[Array, Slope]:
        error, size = y_pred - y_true, np.maximum(np.abs(y_true), y_pred.dtype.type(EPSILON))
        return 100 * np.abs(error / size), lambda: 100 * np.sign(error) / size
