"""Comparison, logic, and choice between two."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from maju.layers.operations.function import elementwise, operation
from maju.layers.operations.types import common, logical, tensor, tensors

__all__: list[str] = []

# Of two


@elementwise("Equal", types=tensors)
def equal(x1: Any, x2: Any) -> Any:
    """x₁ = x₂."""
    return x1 == x2


@elementwise("NotEqual", types=tensors)
def not_equal(x1: Any, x2: Any) -> Any:
    """x₁ ≠ x₂: how Keras writes the mask of an `Embedding` into a graph."""
    return x1 != x2


@elementwise("Greater", types=tensors)
def greater(x1: Any, x2: Any) -> Any:
    """x₁ > x₂."""
    return x1 > x2


@elementwise("GreaterEqual", types=tensors)
def greater_equal(x1: Any, x2: Any) -> Any:
    """x₁ ≥ x₂."""
    return x1 >= x2


@elementwise("Less", types=tensors)
def less(x1: Any, x2: Any) -> Any:
    """x₁ < x₂."""
    return x1 < x2


@elementwise("LessEqual", types=tensors)
def less_equal(x1: Any, x2: Any) -> Any:
    """x₁ ≤ x₂."""
    return x1 <= x2


@operation("Isclose")
def isclose(x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, *, equal_nan: bool = False) -> Any:
    """|x₁ − x₂| ≤ atol + rtol · |x₂|; for integers x₁ = x₂."""
    x1, x2 = tensors(x1, x2)
    if x1.dtype.kind != "f":
        return x1 == x2
    close = np.abs(x1 - x2) <= x1.dtype.type(atol) + x1.dtype.type(rtol) * np.abs(x2)
    return close | (np.isnan(x1) & np.isnan(x2)) if equal_nan else close


@operation("AllClose")
def allclose(x1: Any, x2: Any, *, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    """Whether all of x₁ and x₂ are equal, or finite with |x₁ − x₂| ≤ atol + rtol · |x₂|."""
    x1, x2 = tensors(x1, x2)
    close = isclose(x1, x2, rtol, atol, equal_nan=equal_nan) & ~np.isinf(x1) & ~np.isinf(x2)
    return np.all(close | (x1 == x2))


@operation("IsIn")
def isin(x1: Any, x2: Any, *, assume_unique: bool = False, invert: bool = False) -> Any:
    """Whether each of x₁ is among x₂, or with ``invert`` is not."""
    x1, x2 = tensors(x1, x2)
    return np.isin(x1, x2, invert=invert)


# Logic


@elementwise("LogicalAnd", types=logical)
def logical_and(x1: Any, x2: Any) -> Any:
    """x₁ ∧ x₂."""
    return x1 & x2


@elementwise("LogicalOr", types=logical)
def logical_or(x1: Any, x2: Any) -> Any:
    """x₁ ∨ x₂: how Keras joins the masks of what `Add` and its like merge."""
    return x1 | x2


@elementwise("LogicalXor", types=logical)
def logical_xor(x1: Any, x2: Any) -> Any:
    """Just one of x₁ and x₂."""
    return x1 ^ x2


@elementwise("LogicalNot", types=logical)
def logical_not(x: Any) -> Any:
    """¬x."""
    return ~x


# Of one


def _of_floats(function: Callable[[Any], Any], otherwise: bool) -> Callable[[Any], Any]:
    def asked(x: Any) -> Any:
        return function(x) if x.dtype.kind == "f" else np.full(x.shape, otherwise)

    return asked


@elementwise("Isfinite", types=tensors)
def isfinite(x: Any) -> Any:
    """Whether x is neither NaN nor infinite."""
    return _of_floats(np.isfinite, True)(x)


@elementwise("Isinf", types=tensors)
def isinf(x: Any) -> Any:
    """Whether x is ∞ or −∞."""
    return _of_floats(np.isinf, False)(x)


@elementwise("Isnan", types=tensors)
def isnan(x: Any) -> Any:
    """Whether x is NaN."""
    return _of_floats(np.isnan, False)(x)


@elementwise("Isposinf", types=tensors)
def isposinf(x: Any) -> Any:
    """Whether x is ∞."""
    return _of_floats(np.isposinf, False)(x)


@elementwise("Isneginf", types=tensors)
def isneginf(x: Any) -> Any:
    """Whether x is −∞."""
    return _of_floats(np.isneginf, False)(x)


@elementwise("Isreal", types=tensors)
def isreal(x: Any) -> Any:
    """Whether x has no imaginary part: always."""
    return np.ones(x.shape, bool)


@elementwise("Signbit", types=tensors)
def signbit(x: Any) -> Any:
    """Whether the sign of x is a minus, that of −0 too."""
    return np.signbit(x) if x.dtype.kind == "f" else x < 0


# Choice


@operation(
    "Where",
    elementwise=True,
    gradient=lambda dy, y, condition, x1, x2: (None, dy * _true(condition), dy * ~_true(condition)),
)
def where(condition: Any, x1: Any, x2: Any) -> Any:
    """x₁ where the condition holds, else x₂."""
    if x1 is None or x2 is None:
        raise TypeError("x1 and x2 are missing")
    x1, x2 = common(x1, x2)
    return np.where(_true(condition), x1, x2)


def _true(condition: Any) -> Any:
    return tensor(condition).astype(bool)


def _select_gradient(dy: Any, y: Any, condlist: Any, choicelist: Any, default: Any) -> Any:
    chosen = np.select(condlist, [np.full(1, place) for place in range(len(choicelist))], len(choicelist))
    parts = [dy * (chosen == place) for place in range(len(choicelist) + 1)]
    return None, parts[:-1], parts[-1]


@operation("Select", gradient=_select_gradient)
def select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Any:
    """The choice that goes with the first of the conditions that holds; the default where none does."""
    *choices, default = common(*choicelist, default)
    return np.select([_true(condition) for condition in condlist], choices, default)
