"""The focal cross-entropy of categories."""

from __future__ import annotations

from typing import Any

import numpy as np

from maju.losses.categories import log_softmax, more_than_one, probabilities, smoothed
from maju.losses.loss import Array, Back, Loss
from maju.losses.powers import power_slope

__all__ = ["CategoricalFocalCrossentropy"]


class CategoricalFocalCrossentropy(Loss):
    """−Σ α·(1 − p)^γ·y·ln p, over the categories: what is predicted well counts less.

    p is ŷ / Σŷ held between ε and 1 − ε, with ŷ = softmax(logits) from logits.

    Args:
        alpha: α, the weight of all categories, or a list of one for each.
        gamma: γ, how much less it counts.
        from_logits: whether ŷ are logits and not probabilities.
        label_smoothing: the share of the labels that is spread evenly.
        axis: on which the categories lie.

    Shapes:
        y_true, y_pred: (batch, ..., categories). Values: (batch, ...).

    Source: Lin et al., "Focal Loss for Dense Object Detection" (2017);
    `keras.losses.CategoricalFocalCrossentropy`.
    """

    arguments = ("from_logits", "label_smoothing", "axis", "alpha", "gamma")
    one_shape = True

    def __init__(
        self,
        alpha: Any = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        self.alpha = alpha
        self.gamma = gamma
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing
        self.axis = axis

    def call(self, y_true: Array, y_pred: Array) -> tuple[Array, Back]:
        more_than_one(y_pred, self.name)
        true = smoothed(y_true, self.label_smoothing)
        given = np.exp(log_softmax(y_pred, self.axis)) if self.from_logits else y_pred
        p, to_given = probabilities(given, self.axis)
        weight = np.asarray(self.alpha, p.dtype) * true
        log_p, rest = np.log(p), 1 - p
        values = -(weight * rest**self.gamma * log_p).sum(axis=self.axis)

        def back(dvalues: Array) -> Array:
            dp = weight * (power_slope(rest, self.gamma) * log_p - rest**self.gamma / p)
            dgiven = to_given(np.expand_dims(dvalues, self.axis) * dp)
            if not self.from_logits:
                return dgiven
            return np.asarray(given * (dgiven - (dgiven * given).sum(axis=self.axis, keepdims=True)))

        return values, back
