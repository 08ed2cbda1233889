"""The Poisson loss."""

from __future__ import annotations

import numpy as np

from maju.losses.loss import EPSILON, Array, ElementwiseLoss, Slope

__all__ = ["Poisson"]


class Poisson(ElementwiseLoss):
    """The mean over the last axis of ŷ − y·ln(ŷ + ε).

    Shapes:
        y_true, y_pred: (batch, ..., n). Values: (batch, ...).

    Source: `keras.losses.Poisson`.
    """

    def elements(self, y_true: Array, y_pred: Array) -> tuple[Array, Slope]:
        held = y_pred + y_pred.dtype.type(EPSILON)
        return y_pred - y_true * np.log(held), lambda: 1 - y_true / held
