"""The area under a curve of rates over all thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from maju.errors import InputError
from maju.losses.sigmoids import sigmoid
from maju.metrics.confusion import EPSILON, Counting, Counts, evenly_spread, ratio
from maju.metrics.metric import Array

__all__ = ["AUC"]

CURVES = ("ROC", "PR", "PRGAIN")
METHODS = ("interpolation", "majoring", "minoring")


class AUC(Counting):
    """The area under the ROC curve (recall over the share of false alarms), or under precision over recall.

    Args:
        num_thresholds: how many points the curve has, at thresholds in equal steps from 0 to 1.
        curve: ``"ROC"``, ``"PR"`` or ``"PRGAIN"``.
        summation_method: what stands between two points: ``"interpolation"`` of them, the higher one
            (``"majoring"``) or the lower one (``"minoring"``).
        thresholds: these, with 0 and 1, in place of equal steps.
        multi_label: whether each label on the last axis has a curve of its own; the areas are averaged.
        num_labels: how many labels there are.
        label_weights: of each label.
        from_logits: whether predictions are logits.

    Shapes:
        y_true, y_pred: (batch, ...); (batch, labels) with multi_label.

    Source: Davis and Goadrich, "The relationship between precision-recall and ROC curves" (2006), of
    interpolation on PR; `keras.metrics.AUC`.
    """

    direction = "up"
    arguments = (
        "num_thresholds",
        "curve",
        "summation_method",
        "multi_label",
        "num_labels",
        "label_weights",
        "from_logits",
    )

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: str | None = None,
        thresholds: Sequence[float] | None = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Any = None,
        from_logits: bool = False,
    ) -> None:
        called = name or "auc"
        self.curve = _chosen(curve, CURVES, "curve", called)
        self.summation_method = _chosen(summation_method, METHODS, "summation_method", called)
        self.given = None if thresholds is None else sorted(float(t) for t in thresholds)
        self.multi_label = multi_label
        self.num_labels = num_labels
        self.label_weights = label_weights
        self.from_logits = from_logits
        if num_labels and not multi_label:
            raise InputError(f"metric {called!r}: num_labels goes with multi_label=True alone")
        if self.given is None:
            if num_thresholds < 2:
                raise InputError(f"metric {called!r}: num_thresholds={num_thresholds}; expected 2 or more")
            inner = [i / (num_thresholds - 1) for i in range(1, num_thresholds - 1)]
            even = True
        else:
            inner, even = self.given, evenly_spread([0.0, *self.given, 1.0])
        self.num_thresholds = len(inner) + 2
        super().__init__(name, dtype, [-EPSILON, *inner, 1 + EPSILON], even)

    def reset_state(self) -> None:
        super().reset_state()
        if self.multi_label:
            self.counts = Counts()

    def update_state(
        self, y_true: npt.ArrayLike, y_pred: npt.ArrayLike, sample_weight: Any = None, mask: Any = None
    ) -> None:
        pred = self._array(y_pred, "y_pred")
        if self.multi_label and (
            pred.ndim != 2 or (self.num_labels is not None and pred.shape[1] != self.num_labels)
        ):
            labels = self.num_labels or "labels"
            raise InputError(
                f"metric {self.name!r}: expected y_pred of shape (batch, {labels}), got {pred.shape}"
            )
        weights = None
        if self.label_weights is not None and not self.multi_label:
            weights = np.asarray(self.label_weights, np.float32)
        pred = sigmoid(pred) if self.from_logits else pred
        self._count(y_true, pred, sample_weight, apart=self.multi_label, label_weights=weights)

    def result(self) -> float:
        areas = self._interpolated() if self._precise else self._summed()  # (labels,) or ()
        if not self.multi_label:
            return float(areas)
        if self.label_weights is None:
            return float(np.mean(areas))
        weights = np.asarray(self.label_weights, np.float64)
        return float(ratio((areas * weights).sum(), weights.sum()))

    @property
    def _precise(self) -> bool:
        return self.curve == "PR" and self.summation_method == "interpolation"

    def _interpolated(self) -> Array:
        """The area under precision over recall, where true positives go linearly with all positives."""
        c = self.counts
        true, positives = np.atleast_1d(c.true_positives), np.atleast_1d(c.true_positives + c.false_positives)
        step = true[:-1] - true[1:]
        slope = ratio(step, np.maximum(positives[:-1] - positives[1:], 0))
        intercept = true[1:] - slope * positives[1:]
        both = (positives[:-1] > 0) & (positives[1:] > 0)
        grown = np.where(both, ratio(positives[:-1], positives[1:]), 1)
        all_true = np.maximum(true[1:] + np.atleast_1d(c.false_negatives)[1:], 0)
        return np.asarray(ratio(slope * (step + intercept * np.log(grown)), all_true).sum(axis=0))

    def _summed(self) -> Array:
        c = self.counts
        recall = np.atleast_1d(ratio(c.true_positives, c.true_positives + c.false_negatives))
        if self.curve == "ROC":
            x, y = np.atleast_1d(ratio(c.false_positives, c.false_positives + c.true_negatives)), recall
        elif self.curve == "PR":
            x, y = recall, np.atleast_1d(ratio(c.true_positives, c.true_positives + c.false_positives))
        else:
            x, y = self._gains()
        if self.summation_method == "interpolation":
            heights = (y[:-1] + y[1:]) / 2
        else:
            of_two = np.minimum if self.summation_method == "minoring" else np.maximum
            heights = of_two(y[:-1], y[1:])
        return np.asarray(((x[:-1] - x[1:]) * heights).sum(axis=0))

    def _gains(self) -> tuple[Array, Array]:
        """Recall and precision against what saying yes to all would give (Flach and Kull, 2015)."""
        c = self.counts
        true = np.atleast_1d(c.true_positives)
        odds = ratio(true + c.false_negatives, c.true_negatives + c.false_positives)
        recall = np.where(true == 0, 0, 1 - odds * ratio(c.false_negatives, true))
        precision = np.where(true == 0, 1, 1 - odds * ratio(c.false_positives, true))
        return np.maximum(recall, 0), precision

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        return config if self.given is None else {**config, "thresholds": self.given}


def _chosen(given: str, choices: Sequence[str], what: str, name: str) -> str:
    for choice in choices:
        if isinstance(given, str) and given.lower() == choice.lower():
            return choice
    expected = ", ".join(map(repr, choices))
    raise InputError(f"metric {name!r}: {what}={given!r}; expected one of {expected}")
