"""The Dice loss of segmentations."""

from __future__ import annotations

from typing import Any

import numpy as np

from maju.losses.loss import EPSILON, Array, Back, Loss
from maju.losses.overlap import axes_of

__all__ = ["Dice"]


class Dice(Loss):
    """1 − 2·Σ y·ŷ / (Σ y + Σ ŷ + ε).

    Args:
        axis: the axes of the sums; None takes all, so that there is one value, with no weights by rows.

    Shapes:
        y_true, y_pred: one shape, any. Values: the same without the axes.

    Source: `keras.losses.Dice`.
    """

    arguments = ("axis",)
    one_shape = True

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        axis: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        self.axis = axis

    def call(self, y_true: Array, y_pred: Array) -> tuple[Array, Back]:
        axes = axes_of(self.axis, y_pred.ndim)
        both = (y_true * y_pred).sum(axis=axes, keepdims=True)
        size = (y_true.sum(axis=axes, keepdims=True) + y_pred.sum(axis=axes, keepdims=True)) + EPSILON

        def back(dvalues: Array) -> Array:
            return np.asarray(np.expand_dims(dvalues, axes) * -2 * (y_true / size - both / size**2))

        return np.asarray(1 - 2 * both / size).squeeze(axes), back
