"""The cross-entropy of yes and no."""

from __future__ import annotations

from typing import Any

from maju.losses.loss import Array, ElementwiseLoss, Slope
from maju.losses.sigmoids import check_labels, crossentropy, crossentropy_of_logits, sigmoid, smoothed

__all__ = ["BinaryCrossentropy"]


class BinaryCrossentropy(ElementwiseLoss):
    """The mean over an axis of −y·ln p − (1 − y)·ln(1 − p).

    From probabilities, p is ŷ held between ε and 1 − ε. From logits, p = σ(ŷ), and the gradient is p − y.

    Args:
        from_logits: whether ŷ are logits and not probabilities.
        label_smoothing: the share α of the way to ½ that labels are moved: y·(1 − α) + α / 2.
        axis: over which the mean is taken.

    Shapes:
        y_true, y_pred: (batch, ..., n). Values: the same without the axis.

    Source: `keras.losses.BinaryCrossentropy`.
    """

    arguments = ("from_logits", "label_smoothing", "axis")
    one_shape = True

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing
        self.axis = axis

    def _fuses(self, activation: str) -> bool:
        return True

    def elements(self, y_true: Array, y_pred: Array) -> tuple[Array, Slope]:
        check_labels(y_true, self.name)
        true = smoothed(y_true, self.label_smoothing)
        if self.from_logits:
            return crossentropy_of_logits(true, y_pred), lambda: sigmoid(y_pred) - true
        values, slope = crossentropy(true, y_pred)
        return values, lambda: slope
