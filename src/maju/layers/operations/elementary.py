"""Elementary and special functions, each place by itself: exponentials, logarithms, angles, rounding."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from maju.layers.activations import erf as error_function
from maju.layers.operations.function import elementwise, operation
from maju.layers.operations.types import floating, tensor, tensors

__all__: list[str] = []


def _wide(x: Any) -> list[Any]:
    """As a floating-point number: float64 for int64, float32 for the smaller ones."""
    x = tensor(x)
    if x.dtype.kind == "f":
        return [x]
    return [x.astype(np.float64 if x.dtype == np.int64 else np.float32)]


# Exponentials, logarithms, roots


@elementwise("Exp", types=floating, derivative=lambda x, y: y)
def exp(x: Any) -> Any:
    """e^x."""
    return np.exp(x)


@elementwise("Exp2", types=floating, derivative=lambda x, y: y * math.log(2))
def exp2(x: Any) -> Any:
    """2^x."""
    return np.exp2(x)


@elementwise("Expm1", types=floating, derivative=lambda x, y: y + 1)
def expm1(x: Any) -> Any:
    """e^x − 1, exact near 0."""
    return np.expm1(x)


@elementwise("Log", types=floating, derivative=lambda x, y: 1 / x)
def log(x: Any) -> Any:
    """The natural logarithm of x."""
    return np.log(x)


@elementwise("Log10", types=floating, derivative=lambda x, y: 1 / (x * math.log(10)))
def log10(x: Any) -> Any:
    """log₁₀ x."""
    return np.log10(x)


@elementwise("Log2", types=floating, derivative=lambda x, y: 1 / (x * math.log(2)))
def log2(x: Any) -> Any:
    """log₂ x."""
    return np.log2(x)


@elementwise("Log1p", types=floating, derivative=lambda x, y: 1 / (1 + x))
def log1p(x: Any) -> Any:
    """log(1 + x), exact near 0."""
    return np.log1p(x)


@elementwise("Sqrt", types=floating, derivative=lambda x, y: 0.5 / y)
def sqrt(x: Any) -> Any:
    """√x."""
    return np.sqrt(x)


@elementwise("Rsqrt", types=floating, module="math", derivative=lambda x, y: -0.5 * y**3)
def rsqrt(x: Any) -> Any:
    """1 / √x."""
    return 1 / np.sqrt(x)


@elementwise("Cbrt", types=_wide, derivative=lambda x, y: 1 / (3 * y * y))
def cbrt(x: Any) -> Any:
    """³√x, of the sign of x."""
    return np.cbrt(x)


# Angles


@elementwise("Sin", types=floating, derivative=lambda x, y: np.cos(x))
def sin(x: Any) -> Any:
    """The sine of x."""
    return np.sin(x)


@elementwise("Cos", types=floating, derivative=lambda x, y: -np.sin(x))
def cos(x: Any) -> Any:
    """The cosine of x."""
    return np.cos(x)


@elementwise("Tan", types=floating, derivative=lambda x, y: 1 + y * y)
def tan(x: Any) -> Any:
    """The tangent of x."""
    return np.tan(x)


@elementwise("Arcsin", types=floating, derivative=lambda x, y: 1 / np.sqrt(1 - x * x))
def arcsin(x: Any) -> Any:
    """The angle between −π/2 and π/2 whose sine is x."""
    return np.arcsin(x)


@elementwise("Arccos", types=floating, derivative=lambda x, y: -1 / np.sqrt(1 - x * x))
def arccos(x: Any) -> Any:
    """The angle between 0 and π whose cosine is x."""
    return np.arccos(x)


@elementwise("Arctan", types=floating, derivative=lambda x, y: 1 / (1 + x * x))
def arctan(x: Any) -> Any:
    """The angle between −π/2 and π/2 whose tangent is x."""
    return np.arctan(x)


@elementwise("Sinh", types=floating, derivative=lambda x, y: np.cosh(x))
def sinh(x: Any) -> Any:
    """(e^x − e^(−x)) / 2."""
    return np.sinh(x)


@elementwise("Cosh", types=floating, derivative=lambda x, y: np.sinh(x))
def cosh(x: Any) -> Any:
    """(e^x + e^(−x)) / 2."""
    return np.cosh(x)


@elementwise("Tanh", types=floating, derivative=lambda x, y: 1 - y * y)
def tanh(x: Any) -> Any:
    """Sinh x / cosh x."""
    return np.tanh(x)


@elementwise("Arcsinh", types=floating, derivative=lambda x, y: 1 / np.sqrt(x * x + 1))
def arcsinh(x: Any) -> Any:
    """log(x + √(x² + 1))."""
    return np.arcsinh(x)


@elementwise("Arccosh", types=floating, derivative=lambda x, y: 1 / np.sqrt(x * x - 1))
def arccosh(x: Any) -> Any:
    """log(x + √(x² − 1))."""
    return np.arccosh(x)


@elementwise("Arctanh", types=floating, derivative=lambda x, y: 1 / (1 - x * x))
def arctanh(x: Any) -> Any:
    """log((1 + x) / (1 − x)) / 2."""
    return np.arctanh(x)


@elementwise(
    "Sinc",
    types=floating,
    derivative=lambda x, y: np.where(x == 0, 0, (np.cos(np.pi * x) - y) / np.where(x == 0, 1, x)),
)
def sinc(x: Any) -> Any:
    """sin(πx) / (πx), and 1 at 0."""
    return np.sinc(x).astype(x.dtype)


@elementwise("Deg2rad", types=_wide, derivative=lambda x, y: np.pi / 180)
def deg2rad(x: Any) -> Any:
    """X · π / 180."""
    return x * (x.dtype.type(np.pi) / x.dtype.type(180))


@elementwise("Rad2deg", types=_wide, derivative=lambda x, y: 180 / np.pi)
def rad2deg(x: Any) -> Any:
    """X · 180 / π."""
    return x * (x.dtype.type(180) / x.dtype.type(np.pi))


# Special functions


@elementwise(
    "Erf",
    types=floating,
    module="math",
    derivative=lambda x, y: 2 / math.sqrt(math.pi) * np.exp(-x * x),
)
def erf(x: Any) -> Any:
    """2/√π ∫₀ˣ e^(−t²) dt."""
    return error_function(x)


@elementwise(
    "Erfc",
    types=floating,
    module="math",
    derivative=lambda x, y: -2 / math.sqrt(math.pi) * np.exp(-x * x),
)
def erfc(x: Any) -> Any:
    """1 − erf(x)."""
    return (1 - error_function(x.astype(np.float64))).astype(x.dtype)


@elementwise(
    "Erfinv",
    types=floating,
    module="math",
    derivative=lambda x, y: math.sqrt(math.pi) / 2 * np.exp(y * y),
)
def erfinv(x: Any) -> Any:
    """The y with erf(y) = x: a first guess, made better by Newton's steps."""
    wide = x.astype(np.float64)
    logs = np.log((1 - wide) * (1 + wide))
    around = 2 / (math.pi * 0.147) + logs / 2
    y = np.sign(wide) * np.sqrt(np.sqrt(around**2 - logs / 0.147) - around)  # Winitzki
    for _ in range(4):
        y = y - (error_function(y) - wide) * math.sqrt(math.pi) / 2 * np.exp(y * y)
    at_the_ends = np.where(np.abs(wide) == 1, wide * np.inf, np.nan)
    return np.where(np.abs(wide) < 1, y, at_the_ends).astype(x.dtype)


def _i1(x: Any) -> Any:
    """The modified Bessel function of order 1, the slope of order 0: Σ_k (x/2)^(2k+1) / (k! (k+1)!)."""
    half = x.astype(np.float64) / 2
    term, total, k = half, half, 0
    while np.any(np.abs(term) > np.finfo(np.float64).eps * np.abs(total)):
        k += 1
        term = term * (half * half / (k * (k + 1)))
        total = total + term
    return total.astype(x.dtype)


@elementwise("I0", derivative=lambda x, y: _i1(x), types=_wide)
def i0(x: Any) -> Any:
    """The modified Bessel function of the first kind and order 0."""
    return np.i0(x).astype(x.dtype)


# Rounding


@elementwise("Floor", types=floating, derivative=lambda x, y: 0)
def floor(x: Any) -> Any:
    """The largest whole number that is not above x."""
    return np.floor(x)


@elementwise("Ceil", types=floating, derivative=lambda x, y: 0)
def ceil(x: Any) -> Any:
    """The smallest whole number that is not below x."""
    return np.ceil(x)


@elementwise("Trunc", types=tensors, derivative=lambda x, y: 0)
def trunc(x: Any) -> Any:
    """The whole number next to x on the way to 0."""
    return np.trunc(x) if x.dtype.kind == "f" else x


@operation("Round", gradient=lambda dy, y, x, decimals: dy * 0)
def round_(x: Any, *, decimals: int = 0) -> Any:
    """The nearest number of so many decimals, halves to the even digit."""
    x = tensor(x)
    if x.dtype.kind != "f":
        if decimals >= 0:
            return x
        factor = np.float32(10.0**decimals)
        return (np.rint(x.astype(np.float32) * factor) / factor).astype(x.dtype)
    factor = x.dtype.type(10.0**decimals)
    return np.rint(x * factor) / factor


@operation(
    "NanToNum",
    gradient=lambda dy, y, x, nan, posinf, neginf: dy * np.isfinite(x),
)
def nan_to_num(x: Any, *, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Any:
    """X with other numbers for NaN, ∞ and −∞: 0 and the largest and lowest of its type, if none are given."""
    x = tensor(x)
    return np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf) if x.dtype.kind == "f" else x
