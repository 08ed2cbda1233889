"""Means and sums of values over batches."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from maju.errors import InputError
from maju.losses.ranks import same_rank
from maju.metrics.metric import Array, Metric

__all__ = ["Mean", "MeanMetric", "Sum"]


class _OfValues(Metric):
    """A metric of values, which `update_state` takes in place of truth and prediction."""

    def update_state(  # type: ignore[override]
        self, values: npt.ArrayLike, sample_weight: Any = None
    ) -> None:
        raise NotImplementedError

    def __call__(self, values: npt.ArrayLike, sample_weight: Any = None) -> Any:  # type: ignore[override]
        """Take in a batch and give the result."""
        self.update_state(values, sample_weight)
        return self.result()


class _Gathered(Metric):
    """Totals of the values of samples, and how many there were."""

    gathered = ("total", "count")

    def __init__(self, name: str | None = None, dtype: str | None = None) -> None:
        super().__init__(name, dtype)
        self.reset_state()

    def reset_state(self) -> None:
        self.total = 0.0
        self.count = 0.0

    def _gather(self, values: Array, sample_weight: Any, counted: Array | None, reduce: Any) -> None:
        """Add the values, one for each row after `reduce` over the other axes.

        Args:
            sample_weight: of fewer axes than the values, or of as many.
            counted: which values count, for what leaves some out by itself; without weights Keras counts all.
        """
        weights = None if sample_weight is None else self._array(sample_weight, "sample_weight")
        if weights is not None:
            if counted is not None:
                weights = self._masked(weights, counted)
            values, weights = same_rank(values, weights)
            if values.ndim > weights.ndim:
                values = reduce(values, axis=tuple(range(weights.ndim, values.ndim)))
            try:
                weights = np.broadcast_to(weights, values.shape)
            except ValueError:
                raise InputError(
                    f"metric {self.name!r}: sample weights or a mask of shape {weights.shape} do not fit "
                    f"values of shape {values.shape}"
                ) from None
            values = values * weights
            if weights.ndim > 1:
                weights = reduce(weights, axis=tuple(range(1, weights.ndim)))
        if values.ndim > 1:
            values = reduce(values, axis=tuple(range(1, values.ndim)))
        self.total += float(values.sum(dtype=np.float64))
        self.count += float(values.size if weights is None else weights.sum(dtype=np.float64))

    def _masked(self, weights: Array, mask: Array) -> Array:
        share, weights = same_rank(mask.astype(self.dtype), weights)
        if share.ndim != weights.ndim and weights.ndim:
            rows = (*weights.shape[:1], *[1] * (share.ndim - 1))
            raise InputError(
                f"metric {self.name!r}: sample weights of shape {weights.shape} do not fit a mask of shape "
                f"{share.shape}; to weigh rows, give them shape {rows}"
            )
        return np.asarray(weights * share)


class Sum(_Gathered, _OfValues):
    """The sum of values, each times its weight.

    Source: `keras.metrics.Sum`.
    """

    def update_state(self, values: npt.ArrayLike, sample_weight: Any = None) -> None:  # type: ignore[override]
        self._gather(self._array(values, "values"), sample_weight, None, np.sum)

    def result(self) -> float:
        return self.total


class Mean(_Gathered, _OfValues):
    """The mean of values: Σ w·v / Σ w, over rows of which each is the mean of its own.

    Source: `keras.metrics.Mean`.
    """

    def update_state(self, values: npt.ArrayLike, sample_weight: Any = None) -> None:  # type: ignore[override]
        self._gather(self._array(values, "values"), sample_weight, None, np.mean)

    def result(self) -> float:
        return self.total / self.count if self.count else 0.0


class MeanMetric(_Gathered):
    """The mean of the values that each batch's samples have.

    A kind of it gives `values`.

    Source: `keras.metrics.MeanMetricWrapper`.
    """

    def values(self, y_true: Array, y_pred: Array) -> tuple[Array, Array | None]:
        """The value of each sample, and which of them count (None where all do)."""
        raise NotImplementedError(f"{type(self).__name__} has no values")

    def update_state(
        self, y_true: npt.ArrayLike, y_pred: npt.ArrayLike, sample_weight: Any = None, mask: Any = None
    ) -> None:
        values, counted = self.values(self._array(y_true, "y_true"), self._array(y_pred, "y_pred"))
        if mask is not None:
            ones = np.ones((), self.dtype)
            weights = ones if sample_weight is None else self._array(sample_weight, "sample_weight")
            sample_weight = self._masked(weights, np.asarray(mask, bool))
        self._gather(values, sample_weight, counted, np.mean)

    def result(self) -> float:
        return self.total / self.count if self.count else 0.0
