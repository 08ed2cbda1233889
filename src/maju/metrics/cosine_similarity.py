"""The mean cosine of the angle between truth and prediction."""

from __future__ import annotations

from maju import losses
from maju.metrics.mean import MeanMetric
from maju.metrics.metric import Array

__all__ = ["CosineSimilarity"]


class CosineSimilarity(MeanMetric):
    """The mean of Σ (y / ‖y‖)·(ŷ / ‖ŷ‖) along an axis: 1 for one direction, unlike the loss.

    Args:
        axis: along which the vectors lie.

    Shapes:
        y_true, y_pred: (batch, ..., n).

    Source: `keras.metrics.CosineSimilarity`.
    """

    direction = "up"
    arguments = ("axis",)  # which Keras reads, though its own `get_config` leaves it out

    def __init__(self, name: str | None = None, dtype: str | None = None, axis: int = -1) -> None:
        super().__init__(name, dtype)
        self.axis = axis

    def values(self, y_true: Array, y_pred: Array) -> tuple[Array, Array | None]:
        loss = losses.CosineSimilarity(axis=self.axis, name=self.name, dtype=self.dtype)
        return -loss.values(y_true, y_pred)[0], None
