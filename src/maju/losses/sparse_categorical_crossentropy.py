"""The cross-entropy of categories, given as their numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from maju.errors import InputError
from maju.losses.categories import log_softmax
from maju.losses.loss import Array, Back, Loss, clipped

__all__ = ["SparseCategoricalCrossentropy"]


class SparseCategoricalCrossentropy(Loss):
    """−ln p[y], with p = softmax(logits).

    From probabilities, the logits are the logarithms of ŷ held between ε and 1 − ε. The gradient by the
    logits is p − onehot(y).

    Args:
        from_logits: whether ŷ are logits and not probabilities.
        ignore_class: a label of which the loss is 0 and which does not count in a mean.
        axis: on which the categories lie: the last.

    Shapes:
        y_true: (batch, ...) or (batch, ..., 1), whole numbers of any type from 0 to categories − 1.
        y_pred: (batch, ..., categories). Values: (batch, ...).

    Source: `keras.losses.SparseCategoricalCrossentropy`.
    """

    arguments = ("from_logits", "ignore_class")

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: str | None = "sum_over_batch_size",
        axis: int = -1,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        self.from_logits = from_logits
        self.ignore_class = ignore_class
        self.axis = axis

    def _fuses(self, activation: str) -> bool:
        return self.ignore_class is None  # the rows left out are overwritten, by which Keras loses the logits

    def _check_shapes(self, true: Array, pred: Array) -> None:
        if self.axis not in (-1, pred.ndim - 1):
            raise InputError(f"loss {self.name!r}: axis={self.axis}; only the last axis is implemented")
        if self._labels(true, pred).shape != pred.shape[:-1]:
            like = (
                "; for vectors of categories take 'categorical_crossentropy'"
                if true.shape == pred.shape
                else ""
            )
            raise InputError(
                f"loss {self.name!r}: expected y_true of shape {pred.shape[:-1]} for y_pred of shape "
                f"{pred.shape}, got {true.shape}{like}"
            )

    def _labels(self, true: Array, pred: Array) -> Array:
        return true[..., 0] if true.ndim == pred.ndim and true.shape[-1] == 1 else true

    def counted(self, y_true: Array, y_pred: Array) -> Array | None:
        labels = self._labels(y_true, y_pred)
        return None if self.ignore_class is None else np.asarray(labels != self.ignore_class)

    def _numbers(self, labels: Array, counted: Array | None, classes: int) -> Array:
        """The labels as whole numbers, 0 for those left out."""
        kept = labels if counted is None else np.where(counted, labels, 0)
        wrong = ~((kept >= 0) & (kept < classes) & (kept == np.floor(kept)))
        if wrong.any():
            place = tuple(int(i) for i in np.argwhere(wrong)[0])
            where = f"row {place[0]}" if len(place) == 1 else f"row {place[0]}, place {place[1:]}"
            raise InputError(
                f"loss {self.name!r}: label {labels[place]:g} at {where}; expected a whole number from 0 to "
                f"{classes - 1}, as y_pred has {classes} classes"
            )
        return kept.astype(np.intp)[..., None]

    def call(self, y_true: Array, y_pred: Array) -> tuple[Array, Back]:
        counted = self.counted(y_true, y_pred)
        labels = self._numbers(self._labels(y_true, y_pred), counted, y_pred.shape[-1])
        given, inside = (y_pred, None) if self.from_logits else clipped(y_pred)
        log_p = log_softmax(given if self.from_logits else np.log(given), -1)
        values = -np.take_along_axis(log_p, labels, -1)[..., 0]  # (batch, ...)

        def back(dvalues: Array) -> Array:
            dvalues = dvalues if counted is None else np.where(counted, dvalues, 0)
            slope = np.exp(log_p)
            slope[(*np.indices(labels.shape[:-1]), labels[..., 0])] -= 1
            dlogits = dvalues[..., None] * slope
            return np.asarray(dlogits if inside is None else dlogits * inside / given)

        return (values if counted is None else np.where(counted, values, 0)), back
