"""How often the right category is among the k highest predictions."""

from __future__ import annotations

import numpy as np

from maju.errors import InputError
from maju.metrics.mean import MeanMetric
from maju.metrics.metric import Array

__all__ = ["SparseTopKCategoricalAccuracy", "TopKCategoricalAccuracy"]


def in_top_k(labels: Array, y_pred: Array, k: int) -> Array:
    """Whether fewer than k predictions are higher than the label's; never where one is not finite."""
    known = (labels >= 0) & (labels < y_pred.shape[-1])
    own = np.take_along_axis(y_pred, np.where(known, labels, 0).astype(np.intp)[..., None], -1)
    return np.asarray(known & ((y_pred > own).sum(axis=-1) < k) & np.isfinite(y_pred).all(axis=-1))


class TopKCategoricalAccuracy(MeanMetric):
    """The share of samples of which the category is among the k with the highest predictions.

    Args:
        k: how many of the highest predictions count.

    Shapes:
        y_true, y_pred: (batch, ..., categories).

    Source: `keras.metrics.TopKCategoricalAccuracy`.
    """

    default_name = "top_k_categorical_accuracy"
    direction = "up"
    arguments = ("k",)

    def __init__(self, k: int = 5, name: str | None = None, dtype: str | None = None) -> None:
        super().__init__(name, dtype)
        self.k = _checked(k, self.name)

    def values(self, y_true: Array, y_pred: Array) -> tuple[Array, Array | None]:
        if y_true.shape != y_pred.shape or not y_pred.ndim:
            raise self._misfit(y_true, y_pred, "one shape")
        return in_top_k(y_true.argmax(axis=-1), y_pred, self.k).astype(self.dtype), None


class SparseTopKCategoricalAccuracy(MeanMetric):
    """The same for categories that are given as their numbers.

    Args:
        k: how many of the highest predictions count.
        from_sorted_ids: whether y_pred holds not scores but the categories themselves, the highest first.

    Shapes:
        y_true: (batch, ...) or (batch, ..., 1). y_pred: (batch, ..., categories).

    Source: `keras.metrics.SparseTopKCategoricalAccuracy`.
    """

    default_name = "sparse_top_k_categorical_accuracy"
    direction = "up"
    arguments = ("k",)

    def __init__(
        self, k: int = 5, name: str | None = None, dtype: str | None = None, from_sorted_ids: bool = False
    ) -> None:
        super().__init__(name, dtype)
        self.k = _checked(k, self.name)
        self.from_sorted_ids = from_sorted_ids

    def values(self, y_true: Array, y_pred: Array) -> tuple[Array, Array | None]:
        rows = y_pred.shape[:-1]
        if y_true.shape not in (rows, (*rows, 1)) or not y_pred.ndim:
            raise self._misfit(y_true, y_pred, f"y_true of shape {rows}")
        labels = y_true.reshape(rows)
        if self.from_sorted_ids:
            matches = (labels[..., None] == y_pred[..., : self.k]).any(axis=-1)
        else:
            matches = in_top_k(labels, y_pred, self.k)
        return np.asarray(matches, self.dtype).reshape(y_true.shape), None

    def get_config(self) -> dict[str, object]:
        config = super().get_config()
        return {**config, "from_sorted_ids": True} if self.from_sorted_ids else config


def _checked(k: int, name: str) -> int:
    if isinstance(k, bool) or not isinstance(k, (int, np.integer)) or k < 1:
        raise InputError(f"metric {name!r}: k={k!r}; expected a whole number from 1 up")
    return int(k)
