"""Arithmetic: sums, products, quotients, powers, extremes, remainders, bits."""

from __future__ import annotations

from typing import Any

import numpy as np

from maju.layers.operations.function import elementwise, operation
from maju.layers.operations.types import floating, tensor, tensors

__all__: list[str] = []


def _counted(*values: Any) -> list[Any]:
    """In their common type, an int32 where that is bool."""
    found = tensors(*values)
    return [x.astype(np.int32) if x.dtype == bool else x for x in found]


def _wide(*values: Any) -> list[Any]:
    """In their common type, float32 for small integers and float64 for int64."""
    found = tensors(*values)
    if found[0].dtype.kind == "f":
        return found
    return [x.astype(np.float64 if x.dtype == np.int64 else np.float32) for x in found]


def _share(x1: Any, x2: Any, y: Any) -> tuple[Any, Any]:
    """To which of two the gradient of their larger or smaller one goes: to the first where they are equal."""
    first = x1 == y
    return first, ~first


# Of two


@elementwise("Add", derivative=lambda x1, x2, y: (1, 1))
def add(x1: Any, x2: Any) -> Any:
    """x₁ + x₂."""
    return x1 + x2


@elementwise("Subtract", derivative=lambda x1, x2, y: (1, -1))
def subtract(x1: Any, x2: Any) -> Any:
    """x₁ − x₂."""
    return x1 - x2


@elementwise("Multiply", derivative=lambda x1, x2, y: (x2, x1))
def multiply(x1: Any, x2: Any) -> Any:
    """x₁ · x₂."""
    return x1 * x2


@elementwise("Divide", "TrueDivide", types=floating, derivative=lambda x1, x2, y: (1 / x2, -y / x2))
def divide(x1: Any, x2: Any) -> Any:
    """x₁ / x₂; of integers too, as float32."""
    return x1 / x2


@elementwise(
    "DivideNoNan",
    types=floating,
    derivative=lambda x1, x2, y: (np.where(x2 == 0, 0, 1 / x2), np.where(x2 == 0, 0, -y / x2)),
)
def divide_no_nan(x1: Any, x2: Any) -> Any:
    """x₁ / x₂, and 0 where x₂ is 0."""
    return np.where(x2 == 0, x1.dtype.type(0), x1 / x2)


@elementwise("FloorDivide", derivative=lambda x1, x2, y: (0, 0))
def floor_divide(x1: Any, x2: Any) -> Any:
    """⌊x₁ / x₂⌋."""
    # NumPy's own floor_divide is one lower where the rounded quotient of floats is a whole number.
    return np.floor(x1 / x2) if x1.dtype.kind == "f" else x1 // x2


@elementwise("Mod", types=_counted, derivative=lambda x1, x2, y: (1, -np.floor(x1 / x2)))
def mod(x1: Any, x2: Any) -> Any:
    """x₁ − x₂ ⌊x₁ / x₂⌋: the remainder with the sign of x₂."""
    return np.mod(x1, x2)


@elementwise(
    "Fmod", types=_counted, derivative=lambda x1, x2, y: (1, -np.sign(x1 * x2) * np.floor(abs(x1) / abs(x2)))
)
def fmod(x1: Any, x2: Any) -> Any:
    """sign(x₁) · (|x₁| mod |x₂|): the remainder with the sign of x₁."""
    return np.fmod(x1, x2)


@elementwise(
    "Power",
    derivative=lambda x1, x2, y: (x2 * x1 ** (x2 - 1), y * np.log(np.where(x1 > 0, x1, 1))),
)
def power(x1: Any, x2: Any) -> Any:
    """x₁ to the power of x₂."""
    return np.power(x1, x2)


@elementwise("Maximum", derivative=_share)
def maximum(x1: Any, x2: Any) -> Any:
    """max(x₁, x₂)."""
    return np.maximum(x1, x2)


@elementwise("Minimum", derivative=_share)
def minimum(x1: Any, x2: Any) -> Any:
    """min(x₁, x₂)."""
    return np.minimum(x1, x2)


@elementwise("Fmax", derivative=_share)
def fmax(x1: Any, x2: Any) -> Any:
    """max(x₁, x₂), and the other one where one of the two is NaN."""
    return np.fmax(x1, x2)


@elementwise("Fmin", derivative=_share)
def fmin(x1: Any, x2: Any) -> Any:
    """min(x₁, x₂), and the other one where one of the two is NaN."""
    return np.fmin(x1, x2)


@elementwise("Hypot", types=_wide, derivative=lambda x1, x2, y: (x1 / y, x2 / y))
def hypot(x1: Any, x2: Any) -> Any:
    """√(x₁² + x₂²)."""
    return np.hypot(x1, x2)


@elementwise(
    "Arctan2",
    types=lambda *values: floating(*map(tensor, values)),
    derivative=lambda x1, x2, y: (x2 / (x1**2 + x2**2), -x1 / (x1**2 + x2**2)),
)
def arctan2(x1: Any, x2: Any) -> Any:
    """The angle of the point (x₂, x₁), between −π and π."""
    return np.arctan2(x1, x2)


@elementwise(
    "Logaddexp",
    types=lambda *values: floating(*map(tensor, values)),
    derivative=lambda x1, x2, y: (np.exp(x1 - y), np.exp(x2 - y)),
)
def logaddexp(x1: Any, x2: Any) -> Any:
    """log(e^x₁ + e^x₂)."""
    return np.logaddexp(x1, x2)


@elementwise(
    "Logaddexp2",
    types=lambda *values: floating(*map(tensor, values)),
    derivative=lambda x1, x2, y: (np.exp2(x1 - y), np.exp2(x2 - y)),
)
def logaddexp2(x1: Any, x2: Any) -> Any:
    """log₂(2^x₁ + 2^x₂)."""
    return np.logaddexp2(x1, x2)


@elementwise("Heaviside", types=_wide, derivative=lambda x1, x2, y: (0, x1 == 0))
def heaviside(x1: Any, x2: Any) -> Any:
    """0 where x₁ < 0, 1 where x₁ > 0, x₂ where x₁ = 0."""
    return np.heaviside(x1, x2)


@operation("Ldexp", elementwise=True, gradient=lambda dy, y, x1, x2: (dy * np.exp2(x2), None))
def ldexp(x1: Any, x2: Any) -> Any:
    """x₁ · 2^x₂."""
    (x1,) = floating(x1)
    return np.ldexp(x1, tensor(x2))


@elementwise(
    "Nextafter",
    derivative=lambda x1, x2, y: (np.ones_like(x1), None),
    types=lambda *values: floating(*map(tensor, values)),
)
def nextafter(x1: Any, x2: Any) -> Any:
    """The float64 after x₁ on the way to x₂, rounded to the type of both."""
    return np.nextafter(x1.astype(np.float64), x2.astype(np.float64)).astype(x1.dtype)


@elementwise("Gcd", types=tensors)
def gcd(x1: Any, x2: Any) -> Any:
    """The greatest common divisor."""
    return np.gcd(x1, x2)


@elementwise("Lcm", types=tensors)
def lcm(x1: Any, x2: Any) -> Any:
    """The least common multiple."""
    return np.lcm(x1, x2)


# Of one


@elementwise("Negative", derivative=lambda x, y: -1)
def negative(x: Any) -> Any:
    """−x."""
    return -x


@elementwise("Absolute", "Abs", types=tensors, derivative=lambda x, y: np.sign(x))
def absolute(x: Any) -> Any:
    """|x|."""
    return np.abs(x)


@elementwise("Fabs", types=floating, derivative=lambda x, y: np.sign(x))
def fabs(x: Any) -> Any:
    """|x|; of integers too, as float32."""
    return np.abs(x)


@elementwise("Square", types=_counted, derivative=lambda x, y: 2 * x)
def square(x: Any) -> Any:
    """x²."""
    return x * x


@elementwise("Reciprocal", types=tensors, derivative=lambda x, y: -y * y)
def reciprocal(x: Any) -> Any:
    """1 / x."""
    return np.reciprocal(x)


@elementwise("Sign", types=tensors, derivative=lambda x, y: 0)
def sign(x: Any) -> Any:
    """−1 where x < 0, 1 where x > 0, else 0."""
    return np.sign(x)


@elementwise("Conjugate", "Conj", "Real", types=tensors, derivative=lambda x, y: 1)
def conjugate(x: Any) -> Any:
    """x: the conjugate and the real part of a real number is the number."""
    return x


@elementwise("Imag", types=tensors, derivative=lambda x, y: 0 * x)
def imag(x: Any) -> Any:
    """0: the imaginary part of a real number."""
    return np.zeros_like(x)


@elementwise("Angle", types=floating, derivative=lambda x, y: 0 * x)
def angle(x: Any) -> Any:
    """π for a real number below 0, else 0."""
    return np.where(x < 0, x.dtype.type(np.pi), x.dtype.type(0))


@operation("Clip", gradient=lambda dy, y, x, x_min, x_max: dy * ((tensor(x) >= x_min) & (tensor(x) <= x_max)))
def clip(x: Any, *, x_min: Any, x_max: Any) -> Any:
    """min(max(x, x_min), x_max)."""
    (x,) = _counted(x)
    return np.clip(x, x.dtype.type(x_min), x.dtype.type(x_max))


# Of bits


@elementwise("BitwiseAnd", types=tensors)
def bitwise_and(x: Any, y: Any) -> Any:
    """The bits that both have."""
    return x & y


@elementwise("BitwiseOr", types=tensors)
def bitwise_or(x: Any, y: Any) -> Any:
    """The bits that one of the two has."""
    return x | y


@elementwise("BitwiseXor", types=tensors)
def bitwise_xor(x: Any, y: Any) -> Any:
    """The bits that just one of the two has."""
    return x ^ y


@elementwise("BitwiseInvert", "BitwiseNot", types=tensors)
def bitwise_invert(x: Any) -> Any:
    """The bits that x has not."""
    return ~x


@elementwise("BitwiseLeftShift", "LeftShift")
def bitwise_left_shift(x: Any, y: Any) -> Any:
    """X · 2^y, by moving bits."""
    return x << y


@elementwise("BitwiseRightShift", "RightShift")
def bitwise_right_shift(x: Any, y: Any) -> Any:
    """⌊x / 2^y⌋, by moving bits."""
    return x >> y
