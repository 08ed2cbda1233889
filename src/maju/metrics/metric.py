"""What all metrics have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from maju.errors import InputError
from maju.layers.base import snake_case

__all__ = ["Array", "Metric"]

Array: TypeAlias = npt.NDArray[Any]


class Metric:
    """A number that is gathered over batches: `reset_state`, `update_state` for each, `result`.

    Sums are kept in float64, so that a long epoch loses none of them.

    Args:
        name: by which a history names it.
        dtype: the type of number in which the values of a batch are computed.

    Source: `keras.metrics.Metric`.
    """

    #: The arguments of the constructor that `get_config` holds beside the name and the type.
    arguments: ClassVar[tuple[str, ...]] = ()
    #: The name of one that was given none, where Keras's is not the class's name in snake case.
    default_name: ClassVar[str] = ""
    #: Whether more of it is better ("up") or less ("down"); None where that depends.
    direction: ClassVar[Literal["up", "down"] | None] = None
    #: The attributes that `reset_state` sets: numbers or arrays.
    gathered: ClassVar[tuple[str, ...]] = ()

    def __init__(self, name: str | None = None, dtype: str | None = None) -> None:
        self.name = name or self.default_name or snake_case(type(self).__name__)
        self.dtype = dtype or "float32"

    def reset_state(self) -> None:
        """Forget every batch."""
        raise NotImplementedError(f"{type(self).__name__} has no reset_state")

    def update_state(
        self, y_true: npt.ArrayLike, y_pred: npt.ArrayLike, sample_weight: Any = None, mask: Any = None
    ) -> None:
        """Take in a batch.

        Args:
            sample_weight: how much each row counts, (batch,), or each of its values.
            mask: which values count, of bool. As in Keras, only metrics that are means of values heed it.
        """
        raise NotImplementedError(f"{type(self).__name__} has no update_state")

    def result(self) -> Any:
        """The metric over all batches so far: a float, or an array of several."""
        raise NotImplementedError(f"{type(self).__name__} has no result")

    def __call__(
        self, y_true: npt.ArrayLike, y_pred: npt.ArrayLike, sample_weight: Any = None, mask: Any = None
    ) -> Any:
        """Take in a batch and give the result."""
        self.update_state(y_true, y_pred, sample_weight, mask)
        return self.result()

    def get_state(self) -> dict[str, Any]:
        """What was gathered so far: numbers and arrays.

        Raises:
            InputError: a class of your own does not name it in `gathered`.
        """
        if not self.gathered:
            raise InputError(
                f"metric {self.name!r}: what it gathers cannot be kept; name the attributes that reset_state "
                f"sets in {type(self).__name__}.gathered"
            )
        return {key: getattr(self, key) for key in self.gathered}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Go on from what `get_state` gave."""
        for key in self.gathered:
            setattr(self, key, state[key])

    def on_logits(self, activation: str | None, y_true: Any = None, y_pred: Any = None) -> Metric | None:
        """The metric by which Keras replaces this one where the model ends in an activation.

        See `maju.losses.Loss.on_logits`; what this returns has a state of its own.
        """
        return None

    def get_config(self) -> dict[str, Any]:
        """The arguments under their Keras names."""
        return {"name": self.name, "dtype": self.dtype, **{key: getattr(self, key) for key in self.arguments}}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """The metric with these arguments."""
        return cls(**config)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in self.get_config().items())})"

    def _array(self, given: Any, what: str) -> Array:
        """What was given as numbers of the metric's type."""
        array = np.asarray(given)
        if array.dtype.kind not in "biuf":
            raise InputError(f"metric {self.name!r}: expected numbers as {what}, got {array.dtype} values")
        return array.astype(self.dtype, copy=False)

    def _misfit(self, y_true: Array, y_pred: Array, expected: str) -> InputError:
        return InputError(
            f"metric {self.name!r}: y_true of shape {y_true.shape} does not fit y_pred of shape "
            f"{y_pred.shape}; expected {expected}"
        )
