"""The Tversky loss of segmentations."""

from __future__ import annotations

from typing import Any

import numpy as np

from maju.losses.loss import EPSILON, Array, Back, Loss
from maju.losses.overlap import axes_of

__all__ = ["Tversky"]


class Tversky(Loss):
    """1 − I / (I + α·Σ y·(1 − ŷ) + β·Σ (1 − y)·ŷ + ε), with I = Σ y·ŷ.

    Args:
        alpha: α, the weight of what is missed.
        beta: β, the weight of what is found wrongly.
        axis: the axes of the sums; None takes all, so that there is one value, with no weights by rows.

    Shapes:
        y_true, y_pred: one shape, any. Values: the same without the axes.

    Source: Salehi et al., "Tversky loss function for image segmentation" (2017); `keras.losses.Tversky`.
    """

    arguments = ("alpha", "beta", "axis")
    one_shape = True

    def __init__(
        self,
        alpha: float = 0.5,
        beta: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        axis: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        self.alpha = alpha
        self.beta = beta
        self.axis = axis

    def call(self, y_true: Array, y_pred: Array) -> tuple[Array, Back]:
        axes = axes_of(self.axis, y_pred.ndim)
        both = (y_true * y_pred).sum(axis=axes, keepdims=True)
        missed = (y_true * (1 - y_pred)).sum(axis=axes, keepdims=True)
        wrong = ((1 - y_true) * y_pred).sum(axis=axes, keepdims=True)
        size = both + self.alpha * missed + self.beta * wrong + EPSILON

        def back(dvalues: Array) -> Array:
            dsize = y_true * (1 - self.alpha) + (1 - y_true) * self.beta
            return np.asarray(np.expand_dims(dvalues, axes) * (both * dsize / size**2 - y_true / size))

        return np.asarray(1 - both / size).squeeze(axes), back
