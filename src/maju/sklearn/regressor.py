"""MajuRegressor: a network that tells numbers."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin

from maju.errors import InputError
from maju.layers.base import Array
from maju.sklearn.estimator import MajuEstimator

__all__ = ["MajuRegressor"]


class MajuRegressor(RegressorMixin, MajuEstimator):  # type: ignore[misc]
    """A network as a regressor of scikit-learn, trained by maju; of one number for each row, or of several.

    Args:
        build, hidden, ...: see `MajuEstimator`. The usual loss is ``"mean_squared_error"``.

    Attributes:
        n_outputs_: how many numbers there are for a row.
    """

    activation = "linear"

    n_outputs_: int

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train for one epoch more, on these rows."""
        return self._fit(X, y, sample_weight, goes_on=hasattr(self, "model_"), whole=False)

    def predict(self, X: Any) -> Array:
        """The numbers of each row, in the shape that the targets had."""
        outputs = self._outputs(X)
        return outputs[:, 0] if self._flat else outputs

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    # What the estimator asks for

    def _checked(self, X: Any, y: Any, *, reset: bool, **options: Any) -> Any:
        of_targets = {} if isinstance(y, str) else {"multi_output": True, "y_numeric": True}
        return super()._checked(X, y, reset=reset, **of_targets, **options)

    def _learn_targets(self, y: Array) -> int:
        self._flat = y.ndim == 1
        self.n_outputs_ = 1 if self._flat else y.shape[1]
        return self.n_outputs_

    def _check_targets(self, y: Array, *, whole: bool) -> None:
        if y[0].size != self.n_outputs_:
            raise InputError(f"y: expected {self.n_outputs_} numbers for each row, got {y[0].size}")

    def _check_units(self, units: int) -> None:
        if units != self.n_outputs_:
            raise InputError(f"build: expected a model of {self.n_outputs_} outputs, as y has, got {units}")

    def _usual_loss(self, units: int) -> str:
        return "mean_squared_error"

    def _encoded(self, y: Array) -> Array:
        return np.asarray(y, np.float64).reshape(len(y), -1)
