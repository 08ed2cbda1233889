"""What all regularizers have in common."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from maju.errors import InputError

__all__ = ["Array", "Regularizer", "amount"]

Array: TypeAlias = npt.NDArray[Any]


class Regularizer:
    """A penalty on a weight, or on what a layer gives, that is added to the loss: `r(w)` and `r.gradient(w)`.

    Source: `keras.regularizers.Regularizer`.
    """

    #: The arguments of the constructor; each is also an attribute.
    arguments: ClassVar[tuple[str, ...]] = ()

    def __call__(self, w: Array) -> float:
        """The penalty."""
        raise NotImplementedError(f"{type(self).__name__} has no __call__")

    def gradient(self, w: Array) -> Array:
        """The derivative of the penalty by each number, in the shape and the type of w."""
        raise NotImplementedError(f"{type(self).__name__} has no gradient")

    def get_config(self) -> dict[str, Any]:
        """The arguments under their Keras names."""
        return {key: getattr(self, key) for key in self.arguments}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """The regularizer with these arguments."""
        return cls(**config)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in self.get_config().items())})"


def amount(value: Any, what: str) -> float:
    """The value as a float that is neither negative, infinite nor NaN."""
    number = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or value < 0:
        raise InputError(f"{what}={value!r}; expected a finite number from 0 up")
    return float(value)
