"""The focal cross-entropy of yes and no."""

from __future__ import annotations

from typing import Any

import numpy as np

from maju.losses.loss import Array, ElementwiseLoss, Slope
from maju.losses.powers import power_slope
from maju.losses.sigmoids import check_labels, crossentropy, crossentropy_of_logits, sigmoid, smoothed

__all__ = ["BinaryFocalCrossentropy"]


class BinaryFocalCrossentropy(ElementwiseLoss):
    """The mean over an axis of (1 − q)^γ times the binary cross-entropy, with q = y·p + (1 − y)·(1 − p).

    From probabilities, p is ŷ, held between ε and 1 − ε in the cross-entropy alone. From logits, p = σ(ŷ).

    Args:
        apply_class_balancing: whether it is multiplied by y·α + (1 − y)·(1 − α).
        alpha: α, the weight of class 1.
        gamma: γ, how much less counts what is predicted well.
        from_logits: whether ŷ are logits and not probabilities.
        label_smoothing: the share of the way to ½ that labels are moved.
        axis: over which the mean is taken.

    Shapes:
        y_true, y_pred: (batch, ..., n). Values: the same without the axis.

    Source: Lin et al., "Focal Loss for Dense Object Detection" (2017);
    `keras.losses.BinaryFocalCrossentropy`.
    """

    arguments = ("from_logits", "label_smoothing", "axis", "apply_class_balancing", "alpha", "gamma")
    one_shape = True

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        self.apply_class_balancing = apply_class_balancing
        self.alpha = alpha
        self.gamma = gamma
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing
        self.axis = axis

    def _fuses(self, activation: str) -> bool:
        return activation == "sigmoid" and not self.from_logits

    def elements(self, y_true: Array, y_pred: Array) -> tuple[Array, Slope]:
        check_labels(y_true, self.name)
        true = smoothed(y_true, self.label_smoothing)
        if self.from_logits:
            p = sigmoid(y_pred)
            values, slope = crossentropy_of_logits(true, y_pred), p - true
            inner = p * (1 - p)
        else:
            p = y_pred
            values, slope = crossentropy(true, p)
            inner = np.ones_like(p)
        rest = 1 - (true * p + (1 - true) * (1 - p))
        factor = rest**self.gamma
        weight = true * self.alpha + (1 - true) * (1 - self.alpha) if self.apply_class_balancing else 1

        def total_slope() -> Array:
            drest = (1 - 2 * true) * inner
            return np.asarray(weight * (power_slope(rest, self.gamma) * drest * values + factor * slope))

        return weight * factor * values, total_slope
