"""A metric made of a function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from maju.errors import InputError
from maju.metrics.mean import MeanMetric
from maju.metrics.metric import Array

__all__ = ["from_function"]


def from_function(values: Callable[[Array, Array], Array], name: str | None = None) -> MeanMetric:
    """The mean over all samples of what a function of yours says of each.

    Args:
        values: ``(y_true, y_pred)`` -> the value of each sample, (batch,) or (batch, ...).
        name: by which a history names it; the function's own, unless given.
    """
    return _OfFunction(values, name or str(getattr(values, "__name__", "metric")))


class _OfFunction(MeanMetric):
    def __init__(self, function: Callable[[Array, Array], Array], name: str) -> None:
        super().__init__(name)
        self.function = function

    def values(self, y_true: Array, y_pred: Array) -> tuple[Array, Array | None]:
        return np.asarray(self.function(y_true, y_pred), self.dtype), None

    def get_config(self) -> dict[str, Any]:
        raise InputError(f"metric {self.name!r} is made of a function, which no file can hold")
