"""What all losses have in common: types, ranks, sample weights, masks, reduction, and the way back."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, ClassVar, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from maju.errors import InputError
from maju.layers.base import snake_case
from maju.losses.ranks import same_rank, summed_to

__all__ = ["EPSILON", "Array", "ElementwiseLoss", "Loss", "Slope", "clipped"]

Array: TypeAlias = npt.NDArray[Any]
#: The way back through a loss's values: dvalues -> dy_pred.
Back: TypeAlias = Callable[[Array], Array]
#: Gives the derivative of each element of a loss by the prediction, when it is asked for.
Slope: TypeAlias = Callable[[], Array]

#: Keras's `backend.epsilon()`: how near to 0 and 1 a probability may come.
EPSILON = 1e-7
#: What each value of `reduction` divides the sum by; None where nothing is summed.
REDUCTIONS = ("sum_over_batch_size", "mean", "mean_with_sample_weight", "sum", "none", None)
#: The activations of Keras that remember what they were given.
REMEMBERING = ("softmax", "sigmoid")


class Loss:
    """A number that tells how far predictions are from the truth, and its gradient.

    A kind of it gives `call`: the values of the samples, before weights and reduction, and the way back.

    Args:
        reduction: ``"sum_over_batch_size"`` or ``"mean"`` divides the sum by the number of values,
            ``"mean_with_sample_weight"`` by the sum of the weights, ``"sum"`` by nothing; None and
            ``"none"`` leave the values as they are.
        name: by which a history names it.
        dtype: the type of number to compute in; None takes float64 for predictions of float64 and else
            float32.

    Source: `keras.losses.Loss`.
    """

    #: The arguments of the constructor that `get_config` holds beside the name and the reduction.
    arguments: ClassVar[tuple[str, ...]] = ()
    #: The name of one that was given none, where Keras's is not the class's name in snake case.
    default_name: ClassVar[str] = ""
    #: Whether truth and prediction must have one shape; they may broadcast, otherwise.
    one_shape: ClassVar[bool] = False

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        self.name = name or self.default_name or snake_case(type(self).__name__)
        if reduction not in REDUCTIONS:
            expected = ", ".join(repr(choice) for choice in REDUCTIONS)
            raise InputError(f"loss {self.name!r}: reduction={reduction!r}; expected one of {expected}")
        self.reduction = reduction
        self.dtype = dtype

    def call(self, y_true: Array, y_pred: Array) -> tuple[Array, Back]:
        """The value of each sample, and the function that carries their gradient back to y_pred.

        Args:
            y_true, y_pred: floating-point numbers of one type, their ranks brought together.
        """
        raise NotImplementedError(f"{type(self).__name__} has no call")

    def counted(self, y_true: Array, y_pred: Array) -> Array | None:
        """Which values count, of bool, for a loss that leaves some out; None where all do."""
        return None

    def values(self, y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> tuple[Array, Array | None]:
        """The value of each sample, and which of them count (None where all do)."""
        true, pred = same_rank(*self._arrays(y_true, y_pred))
        self._check_shapes(true, pred)
        return self.call(true, pred)[0], self.counted(true, pred)

    def __call__(
        self, y_true: npt.ArrayLike, y_pred: npt.ArrayLike, sample_weight: Any = None, mask: Any = None
    ) -> Any:
        """The loss: a float, or without reduction the values.

        Args:
            sample_weight: by which each value is multiplied: (batch,), or the shape of the values, as
                (batch, time), or one that broadcasts to it, as (batch, 1).
            mask: which values count, of bool; a mean is taken over these alone.
        """
        return self.vjp(y_true, y_pred, sample_weight, mask)[0]

    def vjp(
        self, y_true: npt.ArrayLike, y_pred: npt.ArrayLike, sample_weight: Any = None, mask: Any = None
    ) -> tuple[Any, Callable[..., Array]]:
        """The loss, and the way back.

        Returns:
            ``value, backward``, where ``backward(dvalue=1.0)`` gives the gradient by y_pred.
        """
        true, given = self._arrays(y_true, y_pred)
        true, pred = same_rank(true, given)
        self._check_shapes(true, pred)
        values, back = self.call(true, pred)
        weights = self._weights(values.dtype, sample_weight, mask, self.counted(true, pred))
        ranked, weighted = values, values
        if weights is not None:
            ranked, weights = same_rank(values, weights)
            self._check_weights(ranked, weights)
            weighted = ranked * weights
        value, divisor = self._reduced(weighted, weights)

        def backward(dvalue: Any = 1.0) -> Array:
            each = np.asarray(dvalue, values.dtype) / divisor if divisor else np.zeros((), values.dtype)
            dweighted = np.broadcast_to(each, weighted.shape)
            dvalues = dweighted if weights is None else summed_to(dweighted * weights, ranked.shape)
            return back(dvalues.reshape(values.shape)).reshape(given.shape).astype(given.dtype, copy=False)

        return value, backward

    def on_logits(self, activation: str | None, y_true: Any = None, y_pred: Any = None) -> Loss | None:
        """The loss by which Keras replaces this one where the model ends in an activation.

        Keras computes a cross-entropy from what went into the last softmax or sigmoid, so that no logarithm
        of a rounded probability is taken.

        Args:
            activation: the name of the last activation.
            y_true, y_pred: the arrays, if they are known: Keras loses sight of the activation where it
                drops the last axis of the predictions, as for (batch, time) against (batch, time, 1).

        Returns:
            A loss that takes the logits and gives the loss and the gradient by them; None where Keras
            computes from the activation's output.
        """
        if activation not in REMEMBERING or not self._fuses(activation):
            return None
        if y_true is not None and y_pred is not None:
            shape = np.shape(y_pred)
            if same_rank(np.empty(np.shape(y_true)), np.empty(shape))[1].shape != shape:
                return None
        return self._from_logits()

    def _fuses(self, activation: str) -> bool:
        return False

    def _from_logits(self) -> Self:
        twin = copy.copy(self)
        twin.from_logits = True  # type: ignore[attr-defined]
        return twin

    def _arrays(self, y_true: Any, y_pred: Any) -> tuple[Array, Array]:
        arrays = [np.asarray(y) for y in (y_true, y_pred)]
        for what, array in zip(("y_true", "y_pred"), arrays, strict=True):
            if array.dtype.kind not in "biuf":
                raise InputError(f"loss {self.name!r}: expected numbers as {what}, got {array.dtype} values")
        if arrays[1].ndim == 0 or not arrays[1].size:
            raise InputError(
                f"loss {self.name!r}: expected a batch of predictions, got shape {arrays[1].shape}"
            )
        dtype = self.dtype or (np.float64 if arrays[1].dtype == np.float64 else np.float32)
        return arrays[0].astype(dtype, copy=False), arrays[1].astype(dtype, copy=False)

    def _check_shapes(self, true: Array, pred: Array) -> None:
        pairs = zip(true.shape, pred.shape, strict=False)
        fit = all(t == p or (not self.one_shape and 1 in (t, p)) for t, p in pairs)
        if true.ndim != pred.ndim or not fit:
            raise InputError(
                f"loss {self.name!r}: expected y_true of shape {pred.shape}, as y_pred, got {true.shape}"
            )

    def _weights(self, dtype: Any, sample_weight: Any, mask: Any, counted: Array | None) -> Array | None:
        """Mask and sample weights as one array, by which the values are multiplied."""
        weights = None if sample_weight is None else np.asarray(sample_weight)
        if weights is not None and weights.dtype.kind not in "biuf":
            raise InputError(
                f"loss {self.name!r}: expected numbers as sample_weight, got {weights.dtype} values"
            )
        weights = None if weights is None else np.asarray(weights, dtype)
        mask = None if mask is None else np.asarray(mask, bool)
        if mask is not None and counted is not None:
            if mask.shape != counted.shape:
                raise InputError(
                    f"loss {self.name!r}: expected a mask of shape {counted.shape}, got {mask.shape}"
                )
            mask = mask & counted
        mask = counted if mask is None else mask
        if mask is None:
            return weights
        share: Array = mask.astype(dtype)
        if self.reduction in ("mean", "sum_over_batch_size"):
            # The sum is divided by the number of all values below; by that of those that count, it should be.
            share *= mask.size / max(int(mask.sum()), 1)
        if weights is None:
            return share
        share, weights = same_rank(share, weights)
        self._check_weights(share, weights, "mask")
        return np.asarray(share * weights)

    def _check_weights(self, values: Array, weights: Array, what: str = "values") -> None:
        fit = all(v == w or 1 in (v, w) for v, w in zip(values.shape, weights.shape, strict=False))
        if not fit or (values.ndim != weights.ndim and values.ndim and weights.ndim):
            rows = (*weights.shape[:1], *[1] * (values.ndim - 1))
            raise InputError(
                f"loss {self.name!r}: sample weights or a mask of shape {weights.shape} do not fit {what} of "
                f"shape {values.shape}; to weigh rows, give them shape {rows}"
            )

    def _reduced(self, weighted: Array, weights: Array | None) -> tuple[Any, float]:
        """The value, and by what the sum was divided."""
        if self.reduction in (None, "none"):
            return weighted, 1.0
        if self.reduction == "sum" or not weighted.ndim:
            return float(weighted.sum()), 1.0
        of_weights = self.reduction == "mean_with_sample_weight" and weights is not None
        divisor = float(weights.sum()) if of_weights and weights is not None else float(weighted.size)
        return (float(weighted.sum() / weighted.dtype.type(divisor)) if divisor else 0.0), divisor

    def get_config(self) -> dict[str, Any]:
        """The arguments under their Keras names."""
        return {
            "name": self.name,
            "reduction": self.reduction,
            **{key: getattr(self, key) for key in self.arguments},
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """The loss with these arguments."""
        return cls(**config)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in self.get_config().items())})"


class ElementwiseLoss(Loss):
    """A loss whose values are means of elements, over the last axis or over `axis`.

    A kind of it gives `elements`: those of the shape of the predictions, and their derivative.
    """

    axis: int | tuple[int, ...] = -1

    def elements(self, y_true: Array, y_pred: Array) -> tuple[Array, Slope]:
        """The elements, and what gives the derivative of each by its prediction."""
        raise NotImplementedError(f"{type(self).__name__} has no elements")

    def call(self, y_true: Array, y_pred: Array) -> tuple[Array, Back]:
        elements, slope = self.elements(y_true, y_pred)
        values = np.asarray(elements.mean(axis=self.axis))

        def back(dvalues: Array) -> Array:
            each = np.expand_dims(dvalues, self.axis) * (values.size / elements.size)
            return summed_to(each * slope(), y_pred.shape)

        return values, back


def clipped(p: Array) -> tuple[Array, Array]:
    """Probabilities held between ε and 1 − ε, and which of them let a gradient through."""
    low, high = p.dtype.type(EPSILON), p.dtype.type(1 - EPSILON)
    return np.clip(p, low, high), (p >= low) & (p <= high)
