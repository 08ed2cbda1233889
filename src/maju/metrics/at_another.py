"""The best of one rate over the thresholds at which another is high enough."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from maju.errors import InputError
from maju.metrics.confusion import Counting, ratio
from maju.metrics.metric import Array

__all__ = [
    "PrecisionAtRecall",
    "RecallAtPrecision",
    "SensitivityAtSpecificity",
    "SpecificityAtSensitivity",
]


class _AtAnother(Counting):
    """The highest of `wanted` where `held` is at least the value.

    Args:
        value: what the other rate must reach, from 0 to 1.
        num_thresholds: how many thresholds are tried, in equal steps from 0 to 1.
        class_id: the only category that counts.
    """

    direction = "up"
    held: str
    wanted: str

    def __init__(
        self, value: float, num_thresholds: int, class_id: int | None, name: str | None, dtype: str | None
    ) -> None:
        self.num_thresholds = num_thresholds
        self.class_id = class_id
        called = name or type(self).__name__
        if not 0 <= value <= 1:
            raise InputError(f"metric {called!r}: {self.held}={value}; expected a number from 0 to 1")
        if num_thresholds < 1:
            raise InputError(f"metric {called!r}: num_thresholds={num_thresholds}; expected 1 or more")
        steps = num_thresholds - 1
        thresholds = [i / steps for i in range(num_thresholds)] if steps else [0.5]
        setattr(self, self.held, value)
        super().__init__(name, dtype, thresholds, bool(steps))

    def update_state(
        self, y_true: npt.ArrayLike, y_pred: npt.ArrayLike, sample_weight: Any = None, mask: Any = None
    ) -> None:
        self._count(y_true, y_pred, sample_weight, class_id=self.class_id)

    def _rate(self, name: str) -> Array:
        c = self.counts
        if name == "precision":
            return ratio(c.true_positives, c.true_positives + c.false_positives)
        if name == "specificity":
            return ratio(c.true_negatives, c.true_negatives + c.false_positives)
        return ratio(c.true_positives, c.true_positives + c.false_negatives)  # recall is sensitivity

    def result(self) -> float:
        # Rates are compared as Keras compares them, in float32.
        enough = self._rate(self.held).astype(np.float32) >= np.float32(getattr(self, self.held))
        return float(np.max(np.where(enough, self._rate(self.wanted), 0), initial=0))


class SensitivityAtSpecificity(_AtAnother):
    """The highest sensitivity where specificity is at least this.

    Source: `keras.metrics.SensitivityAtSpecificity`.
    """

    held, wanted = "specificity", "sensitivity"
    arguments = ("class_id", "num_thresholds", "specificity")

    def __init__(
        self,
        specificity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(specificity, num_thresholds, class_id, name, dtype)


class SpecificityAtSensitivity(_AtAnother):
    """The highest specificity where sensitivity is at least this.

    Source: `keras.metrics.SpecificityAtSensitivity`.
    """

    held, wanted = "sensitivity", "specificity"
    arguments = ("class_id", "num_thresholds", "sensitivity")

    def __init__(
        self,
        sensitivity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(sensitivity, num_thresholds, class_id, name, dtype)


class PrecisionAtRecall(_AtAnother):
    """The highest precision where recall is at least this.

    Source: `keras.metrics.PrecisionAtRecall`.
    """

    held, wanted = "recall", "precision"
    arguments = ("class_id", "num_thresholds", "recall")

    def __init__(
        self,
        recall: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(recall, num_thresholds, class_id, name, dtype)


class RecallAtPrecision(_AtAnother):
    """The highest recall where precision is at least this.

    Source: `keras.metrics.RecallAtPrecision`.
    """

    held, wanted = "precision", "recall"
    arguments = ("class_id", "num_thresholds", "precision")

    def __init__(
        self,
        precision: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(precision, num_thresholds, class_id, name, dtype)
