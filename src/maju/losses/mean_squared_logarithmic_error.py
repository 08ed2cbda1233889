"""The mean of squared errors of logarithms."""

from __future__ import annotations

import numpy as np

from maju.losses.loss import EPSILON, Array, ElementwiseLoss, Slope

__all__ = ["MeanSquaredLogarithmicError"]


class MeanSquaredLogarithmicError(ElementwiseLoss):
    """The mean over the last axis of (ln(ŷ + 1) − ln(y + 1))², both held at ε at least.

    Shapes:
        y_true, y_pred: (batch, ..., n). Values: (batch, ...).

    Source: `keras.losses.MeanSquaredLogarithmicError`.
    """

    def elements(self, y_true: Array, y_pred: Array) -> tuple[Array, Slope]:
        epsilon = y_pred.dtype.type(EPSILON)
        held = np.maximum(y_pred, epsilon)
        error = np.log(held + 1) - np.log(np.maximum(y_true, epsilon) + 1)
        return np.square(error), lambda: np.where(y_pred >= epsilon, 2 * error / (held + 1), 0)
