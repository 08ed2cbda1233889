"""The share of the truth's variance that predictions explain."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt

from maju.errors import InputError
from maju.losses.ranks import same_rank
from maju.metrics.metric import Metric

__all__ = ["R2Score"]

AGGREGATIONS = (None, "uniform_average", "variance_weighted_average")


class R2Score(Metric):
    """1 − Σ w·(y − ŷ)² / Σ w·(y − ȳ)², for each output.

    Args:
        class_aggregation: how the outputs become one number: ``"uniform_average"``,
            ``"variance_weighted_average"``, or None for an array of one each.
        num_regressors: how many inputs the model has, p, for the adjusted score
            1 − (1 − R²)·(n − 1) / (n − p − 1); 0 for the plain one.

    Shapes:
        y_true, y_pred: (batch, outputs).

    Source: `keras.metrics.R2Score`.
    """

    default_name = "r2_score"
    direction = "up"
    gathered = ("sum", "squared_sum", "residual", "count", "num_samples")
    arguments = ("class_aggregation", "num_regressors")

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: int = 0,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, dtype)
        if class_aggregation not in AGGREGATIONS:
            expected = ", ".join(map(repr, AGGREGATIONS))
            raise InputError(
                f"metric {self.name!r}: class_aggregation={class_aggregation!r}; expected one of {expected}"
            )
        if num_regressors < 0:
            raise InputError(f"metric {self.name!r}: num_regressors={num_regressors}; expected 0 or more")
        self.class_aggregation = class_aggregation
        self.num_regressors = num_regressors
        self.reset_state()

    def reset_state(self) -> None:
        self.sum: Any = 0.0
        self.squared_sum: Any = 0.0
        self.residual: Any = 0.0
        self.count: Any = 0.0
        self.num_samples = 0

    def update_state(
        self, y_true: npt.ArrayLike, y_pred: npt.ArrayLike, sample_weight: Any = None, mask: Any = None
    ) -> None:
        true, pred = same_rank(self._array(y_true, "y_true"), self._array(y_pred, "y_pred"))
        if true.ndim != 2 or true.shape != pred.shape:
            raise self._misfit(true, pred, "(batch, outputs) for both")
        weights = np.ones((), self.dtype)
        if sample_weight is not None:
            weights = self._array(sample_weight, "sample_weight")
        weights = weights[:, None] if weights.ndim == 1 else weights
        try:
            weights = np.broadcast_to(weights, true.shape)
        except ValueError:
            raise InputError(
                f"metric {self.name!r}: sample weights of shape {weights.shape} do not fit values of shape "
                f"{true.shape}"
            ) from None
        self.sum = self.sum + (true * weights).sum(axis=0, dtype=np.float64)
        self.squared_sum = self.squared_sum + (true * true * weights).sum(axis=0, dtype=np.float64)
        self.residual = self.residual + (np.square(true - pred) * weights).sum(axis=0, dtype=np.float64)
        self.count = self.count + weights.sum(axis=0, dtype=np.float64)
        self.num_samples += true.size

    def result(self) -> Any:
        with np.errstate(divide="ignore", invalid="ignore"):
            total = np.asarray(self.squared_sum - self.sum * np.divide(self.sum, self.count))
            scores = 1 - np.divide(self.residual, total)
            scores = np.where(np.isinf(scores), 0.0, scores)
            if self.class_aggregation == "uniform_average":
                scores = np.mean(scores)
            elif self.class_aggregation == "variance_weighted_average":
                scores = np.sum(total * scores) / np.sum(total)
        adjusted = self._adjusted(scores)
        return adjusted if np.ndim(adjusted) else float(adjusted)

    def _adjusted(self, scores: Any) -> Any:
        if not self.num_regressors:
            return scores
        freedom = self.num_samples - self.num_regressors - 1
        if freedom <= 0:
            warnings.warn(
                f"metric {self.name!r}: {self.num_regressors} inputs for {self.num_samples} values leave no "
                "adjusted score; this is the plain one",
                stacklevel=3,
            )
            return scores
        return 1 - (1 - scores) * (self.num_samples - 1) / freedom
