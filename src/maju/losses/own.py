"""A loss made of two functions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from maju.errors import InputError
from maju.losses.loss import Array, Back, Loss

__all__ = ["from_functions"]


def from_functions(
    value: Callable[[Array, Array], Array],
    gradient: Callable[[Array, Array], Array],
    *,
    reduction: str | None = "sum_over_batch_size",
    name: str | None = None,
) -> Loss:
    """A loss of your own.

    Args:
        value: ``(y_true, y_pred)`` -> the value of each sample, (batch,) or (batch, ...), before weights and
            reduction.
        gradient: ``(y_true, y_pred)`` -> the derivative of each sample's value by its own predictions, in the
            shape of y_pred.
        name: by which a history names it; the name of `value`, unless given.
    """
    for what, function in (("value", value), ("gradient", gradient)):
        if not callable(function):
            raise InputError(f"from_functions: expected a function as {what}, got {function!r}")
    return _OfFunctions(value, gradient, reduction, name or str(getattr(value, "__name__", "loss")))


class _OfFunctions(Loss):
    def __init__(
        self,
        value: Callable[[Array, Array], Array],
        gradient: Callable[[Array, Array], Array],
        reduction: str | None,
        name: str,
    ) -> None:
        super().__init__(reduction, name)
        self.value = value
        self.gradient = gradient

    def call(self, y_true: Array, y_pred: Array) -> tuple[Array, Back]:
        values = np.asarray(self.value(y_true, y_pred), y_pred.dtype)
        if values.shape != y_pred.shape[: values.ndim]:
            raise InputError(
                f"loss {self.name!r}: expected a value for each of the {len(y_pred)} rows, "
                f"got shape {values.shape}"
            )

        def back(dvalues: Array) -> Array:
            slope = np.asarray(self.gradient(y_true, y_pred), y_pred.dtype)
            if slope.shape != y_pred.shape:
                raise InputError(
                    f"loss {self.name!r}: expected a gradient of shape {y_pred.shape}, got {slope.shape}"
                )
            return np.asarray(dvalues.reshape(dvalues.shape + (1,) * (slope.ndim - dvalues.ndim)) * slope)

        return values, back

    def get_config(self) -> dict[str, object]:
        raise InputError(f"loss {self.name!r} is made of functions, which no file can hold")
