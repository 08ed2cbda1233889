"""Counting true and false predictions of yes and no, at one threshold or many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from maju.errors import InputError
from maju.losses.ranks import same_rank
from maju.metrics.metric import Array, Metric

__all__ = ["Counting", "Counts", "evenly_spread", "thresholds_of"]

#: The threshold where the k highest count, all others being moved below it.
LOWEST = -1e10
EPSILON = 1e-7


@dataclass
class Counts:
    """Weighted counts, each (thresholds,), or (thresholds, labels) where labels are kept apart."""

    true_positives: Any = 0.0
    false_positives: Any = 0.0
    true_negatives: Any = 0.0
    false_negatives: Any = 0.0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.true_positives + other.true_positives,
            self.false_positives + other.false_positives,
            self.true_negatives + other.true_negatives,
            self.false_negatives + other.false_negatives,
        )


def thresholds_of(given: float | Sequence[float] | None, default: float, name: str) -> list[float]:
    """The thresholds that a setting means, each between 0 and 1."""
    if given is None:
        return [default]
    listed: list[float] = [given] if isinstance(given, (int, float)) else list(given)
    if not listed or not all(t is not None and 0 <= t <= 1 for t in listed):
        raise InputError(f"metric {name!r}: thresholds={given!r}; expected numbers from 0 to 1")
    return listed


def evenly_spread(thresholds: Sequence[float]) -> bool:
    """Whether the thresholds go in equal steps from 0 to 1, so that a prediction tells its own place."""
    steps = len(thresholds) - 1
    return steps > 1 and np.allclose(thresholds, np.arange(steps + 1, dtype=np.float32) / steps, atol=EPSILON)


class Counting(Metric):
    """A metric of counts of true and false positives and negatives.

    A kind of it calls `_count` with each batch and reads `counts`.
    """

    def __init__(self, name: str | None, dtype: str | None, thresholds: Sequence[float], even: bool) -> None:
        super().__init__(name, dtype)
        self._at = np.asarray(thresholds, np.float32)
        self._even = even
        self.reset_state()

    def reset_state(self) -> None:
        zeros = np.zeros(len(self._at))
        self.counts = Counts(zeros, zeros, zeros, zeros)

    def get_state(self) -> dict[str, Any]:
        return dict(vars(self.counts))

    def set_state(self, state: Mapping[str, Any]) -> None:
        self.counts = Counts(**state)

    def _count(
        self,
        y_true: Any,
        y_pred: Any,
        sample_weight: Any,
        *,
        top_k: int | None = None,
        class_id: int | None = None,
        apart: bool = False,
        label_weights: Array | None = None,
    ) -> None:
        """Add a batch to the counts.

        Args:
            top_k: how many of the highest predictions of a row may mean yes.
            class_id: the only category that counts.
            apart: whether the labels on the last axis are counted each for itself.
            label_weights: of the labels on the last axis.
        """
        given_true, given_pred = self._array(y_true, "y_true"), self._array(y_pred, "y_pred")
        pred, true = same_rank(given_pred.astype(np.float32), given_true.astype(np.float32))
        if true.shape != pred.shape:
            raise self._misfit(given_true, given_pred, "one shape")
        weights = np.ones((), np.float32)
        if sample_weight is not None:
            weights = self._array(sample_weight, "sample_weight").astype(np.float32)[..., None]
            weights = same_rank(true, weights, expand=False)[1]
        if top_k is not None:
            pred = _highest(pred, top_k)
        if class_id is not None:
            if pred.ndim < 2 or not 0 <= class_id < pred.shape[-1]:
                raise InputError(
                    f"metric {self.name!r}: class_id={class_id} is not among predictions of shape "
                    f"{pred.shape}"
                )
            true, pred = true[..., class_id, None], pred[..., class_id, None]
        try:
            weights = np.broadcast_to(weights, pred.shape)
            if label_weights is not None:
                weights = weights * np.broadcast_to(label_weights[None], pred.shape)
        except ValueError:
            raise InputError(
                f"metric {self.name!r}: sample or label weights do not fit values of shape {pred.shape}"
            ) from None
        labels = pred.shape[-1] if apart else 1
        parts = [array.reshape(-1, labels) for array in (true != 0, pred, weights)]
        counts = (self._by_place if self._even else self._by_comparison)(*parts)
        if not apart:
            counts = Counts(*(table[:, 0] for table in vars(counts).values()))
        self.counts = self.counts + counts

    def _by_comparison(self, true: Array, pred: Array, weights: Array) -> Counts:
        positive = pred > self._at[:, None, None]  # (thresholds, samples, labels)

        def total(which: Array) -> Array:
            return np.asarray((weights * which).sum(axis=1, dtype=np.float64))

        return Counts(
            total(true & positive), total(~true & positive), total(~true & ~positive), total(true & ~positive)
        )

    def _by_place(self, true: Array, pred: Array, weights: Array) -> Counts:
        """The same for thresholds in equal steps: each prediction exceeds those up to its own place."""
        steps = len(self._at) - 1
        unknown = np.isnan(pred)
        places = np.ceil(np.clip(np.where(unknown, 0, pred), 0, 1) * np.float32(steps)).astype(np.intp) - 1
        if self._at[0] < 0:
            places = np.maximum(places, 0)
        places[unknown] = -1  # NaN exceeds nothing

        def positives(which: Array) -> Array:  # (thresholds, labels)
            table = np.zeros((steps + 2, true.shape[1]))
            columns = np.broadcast_to(np.arange(true.shape[1]), true.shape)
            np.add.at(table, (places + 1, columns), weights * which)  # row 0: those above no threshold
            return np.asarray(table[::-1].cumsum(axis=0)[::-1][1:])

        true_positives, false_positives = positives(true), positives(~true)
        return Counts(
            true_positives,
            false_positives,
            (weights * ~true).sum(axis=0, dtype=np.float64) - false_positives,
            (weights * true).sum(axis=0, dtype=np.float64) - true_positives,
        )


def _highest(pred: Array, k: int) -> Array:
    """The predictions with all but the k highest of each row, the first of equals, moved below all."""
    order = np.argsort(-pred, axis=-1, kind="stable")
    kept = np.zeros_like(pred)
    np.put_along_axis(kept, order[..., :k], 1, axis=-1)
    return np.asarray(pred * kept + np.float32(LOWEST) * (1 - kept))


def ratio(a: Any, b: Any) -> Array:
    """A / b, and 0 where b is 0."""
    a, b = np.broadcast_arrays(np.asarray(a, np.float64), np.asarray(b, np.float64))
    return np.asarray(np.divide(a, b, out=np.zeros(a.shape), where=b != 0))
