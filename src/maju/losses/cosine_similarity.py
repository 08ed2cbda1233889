"""The cosine of the angle between truth and prediction."""

from __future__ import annotations

from typing import Any

import numpy as np

from maju.losses.loss import Array, Back, Loss
from maju.losses.ranks import summed_to
from maju.losses.unit_vectors import unit_vectors

__all__ = ["CosineSimilarity"]


class CosineSimilarity(Loss):
    """−Σ (y / ‖y‖)·(ŷ / ‖ŷ‖) along an axis: −1 for one direction, 1 for opposite ones.

    Args:
        axis: along which the vectors lie.

    Shapes:
        y_true, y_pred: (batch, ..., n). Values: the same without the axis.

    Source: `keras.losses.CosineSimilarity`.
    """

    arguments = ("axis",)  # which Keras reads, though its own `get_config` leaves it out

    def __init__(
        self,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        self.axis = axis

    def call(self, y_true: Array, y_pred: Array) -> tuple[Array, Back]:
        true, _ = unit_vectors(y_true, self.axis)
        pred, to_vectors = unit_vectors(y_pred, self.axis)

        def back(dvalues: Array) -> Array:
            du = -np.expand_dims(dvalues, self.axis) * true
            return to_vectors(summed_to(du, y_pred.shape))

        return -(true * pred).sum(axis=self.axis), back
