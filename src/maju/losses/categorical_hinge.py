"""The hinge loss over categories."""

from __future__ import annotations

import numpy as np

from maju.losses.loss import Array, Back, Loss

__all__ = ["CategoricalHinge"]


class CategoricalHinge(Loss):
    """max(neg − pos + 1, 0), where pos = Σ y·ŷ and neg = max((1 − y)·ŷ) over the last axis.

    Where several predictions share the maximum, they share its gradient, as in TensorFlow.

    Shapes:
        y_true, y_pred: (batch, ..., categories). Values: (batch, ...).

    Source: `keras.losses.CategoricalHinge`.
    """

    one_shape = True

    def call(self, y_true: Array, y_pred: Array) -> tuple[Array, Back]:
        others = (1 - y_true) * y_pred
        highest = others.max(axis=-1, keepdims=True)
        margin = highest[..., 0] - (y_true * y_pred).sum(axis=-1) + 1

        def back(dvalues: Array) -> Array:
            top = (others == highest).astype(y_pred.dtype)
            slope = (1 - y_true) * top / top.sum(axis=-1, keepdims=True) - y_true
            return np.asarray((dvalues * (margin >= 0))[..., None] * slope)

        return np.maximum(margin, 0), back
