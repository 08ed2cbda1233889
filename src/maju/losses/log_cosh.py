"""The mean logarithm of the error's hyperbolic cosine."""

from __future__ import annotations

import numpy as np

from maju.losses.loss import Array, ElementwiseLoss, Slope

__all__ = ["LogCosh"]


class LogCosh(ElementwiseLoss):
    """The mean over the last axis of ln(cosh(ŷ − y)) = d + ln(1 + e⁻²ᵈ) − ln 2.

    Shapes:
        y_true, y_pred: (batch, ..., n). Values: (batch, ...).

    Source: `keras.losses.LogCosh`.
    """

    def elements(self, y_true: Array, y_pred: Array) -> tuple[Array, Slope]:
        error = y_pred - y_true
        # Keras takes ln 2 from float32, also in float64.
        values = error + np.logaddexp(0, -2 * error) - y_pred.dtype.type(np.float32(np.log(2)))
        return values, lambda: np.tanh(error)
