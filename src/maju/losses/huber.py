"""The Huber loss: squared for small errors, absolute for large ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from maju.losses.loss import Array, ElementwiseLoss, Slope

__all__ = ["Huber"]


class Huber(ElementwiseLoss):
    """The mean over the last axis of ½d² where |d| ≤ δ, and else δ|d| − ½δ², with d = ŷ − y.

    Args:
        delta: δ, the error from which on the loss is linear.

    Shapes:
        y_true, y_pred: (batch, ..., n). Values: (batch, ...).

    Source: `keras.losses.Huber`.
    """

    default_name = "huber_loss"
    arguments = ("delta",)  # which Keras reads, though its own `get_config` leaves it out

    def __init__(
        self,
        delta: float = 1.0,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        self.delta = delta

    def elements(self, y_true: Array, y_pred: Array) -> tuple[Array, Slope]:
        error, delta = y_pred - y_true, y_pred.dtype.type(self.delta)
        size = np.abs(error)
        values = np.where(size <= delta, np.square(error) / 2, delta * size - np.square(delta) / 2)
        return values, lambda: np.clip(error, -delta, delta)
