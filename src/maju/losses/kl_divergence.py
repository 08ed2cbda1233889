"""The Kullback-Leibler divergence."""

from __future__ import annotations

import numpy as np

from maju.losses.loss import EPSILON, Array, Back, Loss
from maju.losses.ranks import summed_to

__all__ = ["KLDivergence"]


class KLDivergence(Loss):
    """Σ y·ln(y / ŷ) over the last axis, both held between ε and 1.

    Shapes:
        y_true, y_pred: (batch, ..., n). Values: (batch, ...).

    Source: `keras.losses.KLDivergence`.
    """

    def call(self, y_true: Array, y_pred: Array) -> tuple[Array, Back]:
        low = y_pred.dtype.type(EPSILON)
        true, pred = np.clip(y_true, low, 1), np.clip(y_pred, low, 1)
        inside = (y_pred >= low) & (y_pred <= 1)

        def back(dvalues: Array) -> Array:
            return summed_to(dvalues[..., None] * inside * -true / pred, y_pred.shape)

        return np.asarray((true * np.log(true / pred)).sum(axis=-1)), back
