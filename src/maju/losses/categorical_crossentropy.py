"""The cross-entropy of categories, given as vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from maju.errors import InputError
from maju.losses.categories import log_softmax, more_than_one, probabilities, smoothed
from maju.losses.loss import Array, Back, Loss

__all__ = ["CategoricalCrossentropy"]


class CategoricalCrossentropy(Loss):
    """−Σ y·ln p, over the categories.

    From probabilities, p is ŷ / Σŷ held between ε and 1 − ε. From logits, ln p = ŷ − ln Σ exp ŷ, and the
    gradient is softmax(ŷ) − y, also for labels that do not add up to 1, as in TensorFlow.

    Args:
        from_logits: whether ŷ are logits and not probabilities.
        label_smoothing: the share α of the labels that is spread evenly: y·(1 − α) + α / categories.
        axis: on which the categories lie.

    Shapes:
        y_true, y_pred: (batch, ..., categories). Values: (batch, ...).

    Source: `keras.losses.CategoricalCrossentropy`.
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

    def _check_shapes(self, true: Array, pred: Array) -> None:
        if true.shape != pred.shape and true.shape in (pred.shape[:-1], (*pred.shape[:-1], 1)):
            raise InputError(
                f"loss {self.name!r}: expected y_true of shape {pred.shape}, as y_pred, got {true.shape}; "
                "for numbers of categories take 'sparse_categorical_crossentropy'"
            )
        super()._check_shapes(true, pred)

    def call(self, y_true: Array, y_pred: Array) -> tuple[Array, Back]:
        more_than_one(y_pred, self.name)
        true = smoothed(y_true, self.label_smoothing)
        if self.from_logits:
            log_p = log_softmax(y_pred, self.axis)
            values = -(true * log_p).sum(axis=self.axis)
            return values, lambda dvalues: np.expand_dims(dvalues, self.axis) * (np.exp(log_p) - true)
        p, to_predictions = probabilities(y_pred, self.axis)
        values = -(true * np.log(p)).sum(axis=self.axis)
        return values, lambda dvalues: to_predictions(np.expand_dims(dvalues, self.axis) * -true / p)
