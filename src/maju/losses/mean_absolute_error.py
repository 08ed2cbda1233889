"""The mean of absolute errors."""

from __future__ import annotations

import numpy as np

from maju.losses.loss import Array, ElementwiseLoss, Slope

__all__ = ["MeanAbsoluteError"]


class MeanAbsoluteError(ElementwiseLoss):
    """The mean over the last axis of |ŷ − y|, with gradient 0 where the error is 0.

    Shapes:
        y_true, y_pred: (batch, ..., n). Values: (batch, ...).

    Source: `keras.losses.MeanAbsoluteError`.
    """

    def elements(self, y_true: Array, y_pred: Array) -> tuple[Array, Slope]:
        error = y_pred - y_true
        return np.abs(error), lambda: np.sign(error)
