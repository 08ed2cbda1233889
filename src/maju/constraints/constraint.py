"""What all constraints have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["EPSILON", "Array", "Constraint", "norms"]

Array: TypeAlias = npt.NDArray[Any]

#: What Keras adds to a norm before dividing by it.
EPSILON = 1e-7


class Constraint:
    """Where a weight may be: `c(w)` gives the weight moved there, which a step of training ends with.

    Source: `keras.constraints.Constraint`.
    """

    #: The arguments of the constructor; each is also an attribute.
    arguments: ClassVar[tuple[str, ...]] = ()

    def __call__(self, w: Array) -> Array:
        """The weight as the constraint allows it, in the type of w."""
        raise NotImplementedError(f"{type(self).__name__} has no __call__")

    def get_config(self) -> dict[str, Any]:
        """The arguments under their Keras names."""
        return {key: getattr(self, key) for key in self.arguments}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """The constraint with these arguments."""
        return cls(**config)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in self.get_config().items())})"


def norms(w: Array, axis: int | Sequence[int]) -> Array:
    """The lengths of the vectors along an axis, or of all that lies along several."""
    axes = axis if isinstance(axis, int) else tuple(axis)
    return np.asarray(np.sqrt(np.square(w).sum(axis=axes, keepdims=True)))
