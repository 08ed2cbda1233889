"""A call of every operation, with several hyper-parameters, as a function of Keras's symbolic tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zlib import crc32

import numpy as np
from keras import ops
from keras.src.ops.nn import LayerNorm
from keras.src.ops.numpy import Abs, Conj

from maju.layers.base import Array

__all__ = ["CASES", "FIXED", "Call", "flags", "real", "whole"]

#: The call, and what its tensors hold.
Call = tuple[Callable[..., Any], list[Array]]


def _rng(name: str) -> np.random.Generator:
    return np.random.default_rng(crc32(name.encode()))


def real(*shape: int, low: float = -2, high: float = 2, seed: str = "x") -> Array:
    return _rng(seed).uniform(low, high, shape).astype(np.float32)


def whole(*shape: int, low: int = -5, high: int = 6, seed: str = "i", dtype: str = "int32") -> Array:
    return _rng(seed).integers(low, high, shape).astype(dtype)


def flags(*shape: int, seed: str = "b") -> Array:
    return _rng(seed).random(shape) < 0.5


def definite(count: int, n: int) -> Array:
    a = real(count, n, n, seed="definite").astype(np.float64)
    return (a @ a.swapaxes(1, 2) + np.eye(n)).astype(np.float32)


A, B = real(3, 4, 5, seed="a"), real(3, 4, 5, seed="b")
ROW = real(3, 1, 5, seed="row")
POSITIVE = real(3, 4, low=0.2, high=3, seed="positive")
UNIT = real(3, 4, low=-0.9, high=0.9, seed="unit")
BOTH = (A, B)
IDS = whole(3, 4, low=0, high=5, seed="ids")
INTEGERS = whole(3, 4, 5)
LOGICAL = (flags(3, 4, 5), flags(3, 4, 5, seed="other"))
WITH_NAN = np.where(np.indices((3, 4, 5)).sum(axis=0) % 3 == 1, np.float32(np.nan), A)
WITH_INFINITY = np.where(flags(3, 4, 5, seed="inf"), np.float32(np.inf), WITH_NAN) * np.sign(B)
MATRICES = real(3, 4, 4, seed="matrices") + 3 * np.eye(4, dtype=np.float32)
IMAGES = real(2, 4, 6, 8, seed="images")

CASES: dict[str, Call] = {}
#: Those that Keras can only do for a number of rows that it knows.
FIXED: set[str] = set()


def case(name: str, call: Callable[..., Any], *inputs: Array, fixed: bool = False) -> None:
    assert name not in CASES
    CASES[name] = (call, list(inputs))
    if fixed:
        FIXED.add(name)


# Arithmetic

for _name in ("add", "subtract", "multiply", "divide", "true_divide", "divide_no_nan", "maximum", "minimum"):
    _function = getattr(ops, _name)
    case(_name, _function, *BOTH)
    case(f"{_name} of rows", _function, ROW, B)
    case(f"{_name} of a number", lambda x, f=_function: f(x, 0.3), A)
    case(f"{_name} of a number and a tensor", lambda x, f=_function: f(2, x), A)
    case(f"{_name} of integers", _function, INTEGERS, whole(3, 4, 5, low=1, seed="k"))
for _name in ("floor_divide", "mod", "fmod", "fmax", "fmin", "hypot", "arctan2", "logaddexp", "heaviside"):
    case(_name, getattr(ops, _name), *BOTH)
case("logaddexp2", ops.logaddexp2, *BOTH)
case("floor_divide of integers", ops.floor_divide, INTEGERS, whole(3, 4, 5, low=1, seed="k"))
case("floor_divide at whole numbers", lambda x: ops.floor_divide(x, 0.1), whole(3, 4, dtype="float32"))
case("mod of integers", lambda x: ops.mod(x, -3), INTEGERS)
case("mod of a number", lambda x: ops.mod(x, 0.7), A)
case("fmod of integers", lambda x: ops.fmod(x, 3), INTEGERS)
case("fmax beside NaN", lambda x: ops.isnan(ops.fmax(x, 0.5)), WITH_NAN)
case("divide_no_nan by 0", lambda x, y: ops.divide_no_nan(x, ops.round(y)), *BOTH)
case("power", ops.power, POSITIVE, real(3, 4))
case("power of a number", lambda x: ops.power(x, 3), A)
case("power of 2", lambda x: ops.power(2.0, x), A)
case("power of integers", lambda x: ops.power(x, 2), INTEGERS)
case("operators", lambda x, y: (-x + y * 2 - 1) / (abs(y) + 3) ** 2 + x // 2 + y % 3, *BOTH)
case("operators turned round", lambda x: 1 - 2 / (3 + 4 * x) + 2**x + 7 // (x + 3) + 5 % (x + 3), POSITIVE)
case("ldexp", ops.ldexp, A, INTEGERS)
case("nextafter", ops.nextafter, *BOTH)
case("gcd", ops.gcd, whole(3, 4, low=-30, high=30), whole(3, 4, low=-30, high=30, seed="k"))
case("lcm", ops.lcm, whole(3, 4, low=-9, high=9), whole(3, 4, low=-9, high=9, seed="k"))
for _name in (
    "negative",
    "absolute",
    "abs",
    "fabs",
    "square",
    "sign",
    "conjugate",
    "conj",
    "real",
    "angle",
    "imag",
):
    case(_name, getattr(ops, _name), A)
case("the class Abs", Abs(), A)
case("the class Conj", Conj(), A)
case("square of integers", ops.square, INTEGERS)
case("fabs of integers", ops.fabs, INTEGERS)
case("sign of integers", ops.sign, whole(3, 4, low=0, dtype="uint8"))
case("reciprocal", ops.reciprocal, POSITIVE)
case("clip", lambda x: ops.clip(x, -0.5, 1.1), A)
case("clip of integers", lambda x: ops.clip(x, -2, 3), INTEGERS)
for _name in ("bitwise_and", "bitwise_or", "bitwise_xor"):
    case(_name, getattr(ops, _name), INTEGERS, whole(3, 4, 5, seed="k"))
for _name in ("bitwise_not", "bitwise_invert"):
    case(_name, getattr(ops, _name), INTEGERS)
for _name in ("bitwise_left_shift", "left_shift", "bitwise_right_shift", "right_shift"):
    _function = getattr(ops, _name)
    case(_name, _function, INTEGERS, whole(3, 4, 5, low=0, seed="k"))
    case(f"{_name} by a number", lambda x, f=_function: f(x, 2), whole(3, 4, dtype="int64"))

# Elementary functions

for _name in (
    *("exp", "exp2", "expm1", "sin", "cos", "tan", "arctan", "sinh", "cosh", "tanh", "arcsinh", "sinc"),
    *("cbrt", "deg2rad", "erf", "erfc", "floor", "ceil", "trunc", "round", "i0", "nan_to_num"),
):
    case(_name, getattr(ops, _name), A)
for _name in ("log", "log10", "log2", "log1p", "sqrt", "rsqrt"):
    case(_name, getattr(ops, _name), POSITIVE)
for _name in ("arcsin", "arccos", "arctanh", "rad2deg", "erfinv"):
    case(_name, getattr(ops, _name), UNIT)
case("arccosh", ops.arccosh, POSITIVE + 1)
for _name in ("exp", "sqrt", "sin", "cbrt", "deg2rad", "trunc", "floor", "log1p", "i0"):
    case(f"{_name} of integers", getattr(ops, _name), whole(3, 4, low=0))
case("sin of int64", ops.sin, whole(3, 4, dtype="int64"))
case("cbrt of int64", ops.cbrt, whole(3, 4, dtype="int64"))
case("round to halves", ops.round, whole(3, 4, dtype="float32") / 2)
case("round to decimals", lambda x: ops.round(x, 1), A)
case("round to tens", lambda x: ops.round(x * 30, -1), A)
case("round integers to tens", lambda x: ops.round(x, -1), whole(3, 4, low=-99, high=99))
case("nan_to_num of NaN", lambda x: ops.nan_to_num(x, nan=2.0, posinf=3.0, neginf=-4.0), WITH_INFINITY)

# Comparison and logic

for _name in ("equal", "not_equal", "greater", "greater_equal", "less", "less_equal"):
    _function = getattr(ops, _name)
    case(_name, _function, INTEGERS, whole(3, 4, 5, seed="k"))
    case(f"{_name} to a number", lambda x, f=_function: f(x, 0.5), INTEGERS)
for _name in ("logical_and", "logical_or", "logical_xor"):
    case(_name, getattr(ops, _name), *LOGICAL)
    case(f"{_name} of numbers", getattr(ops, _name), INTEGERS, A)
case("logical_not", ops.logical_not, LOGICAL[0])
case("logical operators", lambda x, y: (x & y) | ~x, *LOGICAL)
case("logical operator xor", lambda x, y: x ^ y, *LOGICAL)
case("comparison operators", lambda x, y: ((x > y), (x >= 0.5), (x < 1), (x <= y), (x != y)), *BOTH)
for _name in ("isfinite", "isinf", "isnan", "isposinf", "isneginf", "isreal", "signbit"):
    case(_name, getattr(ops, _name), WITH_INFINITY)
    case(f"{_name} of integers", getattr(ops, _name), INTEGERS)
case("isclose", lambda x, y: ops.isclose(x, y, rtol=0.2, atol=0.1), *BOTH)
case("isclose of integers", lambda x, y: ops.isclose(x, y, atol=3), INTEGERS, whole(3, 4, 5, seed="k"))
case("isclose of NaN", lambda x: ops.isclose(x, x, equal_nan=True), WITH_INFINITY)
case("allclose", lambda x: ops.allclose(x, x * 1.0001, rtol=1e-3), A)
case("allclose not", lambda x: ops.allclose(x, x * 1.0001), A)
case("isin", lambda x: ops.isin(x, [1, 3, -2]), INTEGERS)
case("isin inverted", lambda x, y: ops.isin(x, y, invert=True, assume_unique=True), INTEGERS, IDS)
case("where", ops.where, flags(3, 1, 5), A, B)
case("where of a number", lambda x: ops.where(x > 0, x, -1), A)
case("where of two numbers", lambda x: ops.where(x, 1, 2.5), LOGICAL[0])
case("where of integers", lambda c, x: ops.where(c, x, 0), LOGICAL[0], INTEGERS)
case("select", lambda x, y: ops.select([x > 1, x > 0], [y, x * y], 0.25), *BOTH)

# Reductions

_REDUCTIONS = (
    *("sum", "mean", "var", "std", "max", "min", "amax", "amin", "ptp", "median", "logsumexp"),
    *("nansum", "nanprod", "nanmax", "nanmin", "nanmean", "nanvar", "nanstd", "prod"),
)
for _name in _REDUCTIONS:
    _function = getattr(ops, _name)
    _x = WITH_NAN if _name.startswith("nan") else A
    case(_name, _function, _x)
    case(f"{_name} axis -1", lambda x, f=_function: f(x, axis=-1), _x)
    case(f"{_name} axis 1 keepdims", lambda x, f=_function: f(x, axis=1, keepdims=True), _x)
    case(f"{_name} axes", lambda x, f=_function: f(x, axis=(-1, 1)), _x)
    case(f"{_name} axes keepdims", lambda x, f=_function: f(x, axis=(1, 2), keepdims=True), _x)
for _name in ("sum", "mean", "var", "std", "max", "min", "prod", "median", "average", "nanmax", "nansum"):
    _function = getattr(ops, _name)
    case(f"{_name} of integers", lambda x, f=_function: f(x, axis=1), INTEGERS)
    case(f"{_name} of int8", lambda x, f=_function: f(x, axis=1), INTEGERS.astype(np.int8))
for _name in ("sum", "mean", "prod", "max", "min", "cumsum", "cumprod"):
    _function = getattr(ops, _name)
    case(f"{_name} of bool", lambda x, f=_function: f(x, axis=1), LOGICAL[0])
case("sum of uint8", lambda x: ops.sum(x, axis=-1), IDS.astype(np.uint8))
for _name in ("nanmax", "nanmin", "nanmean", "nanargmax"):
    _function = getattr(ops, _name)
    case(
        f"{_name} of nothing",
        lambda x, f=_function: ops.isnan(ops.cast(f(x, axis=1), "float32")),
        np.where(np.arange(4) == 2, np.float32(np.nan), A[:, :, :4]),
    )
case("max with an initial", lambda x: ops.max(x, axis=1, initial=0.7), A)
case("min with an initial", lambda x: ops.min(x, axis=(1, 2), keepdims=True, initial=-0.7), A)
case("max of equal ones", lambda x: ops.max(x, axis=1), whole(3, 4, 5, high=-3, dtype="float32"))
case("prod with a type", lambda x: ops.prod(ops.cast(x, "float32"), axis=1, dtype="float32"), INTEGERS)
case("prod of zeros", lambda x: ops.prod(x, axis=1), np.where(flags(3, 4, 5), A, np.float32(0)))
WEIGHTS = np.array([1.0, 2.0, 0.5, 3.0], np.float32)
case("average", lambda x: ops.average(x, axis=1), A)
case("average of all", ops.average, A)
case("average with weights", lambda x, w: ops.average(x, axis=1, weights=w), A, B + 3)
case("average with weights of all", lambda x, w: ops.average(x, weights=w), A, B + 3)
case("average with weights of an axis", lambda x: ops.average(x, axis=1, weights=WEIGHTS), A)
for _name in ("all", "any"):
    _function = getattr(ops, _name)
    case(_name, _function, LOGICAL[0])
    case(f"{_name} axis keepdims", lambda x, f=_function: f(x, axis=-1, keepdims=True), INTEGERS)
    case(f"{_name} axes", lambda x, f=_function: f(x, axis=(0, 1)), LOGICAL[0])
for _name in ("argmax", "argmin", "nanargmax", "nanargmin"):
    _function = getattr(ops, _name)
    _x = WITH_NAN if _name.startswith("nan") else A
    case(_name, _function, _x)
    case(f"{_name} axis", lambda x, f=_function: f(x, axis=-2), _x)
    case(f"{_name} keepdims", lambda x, f=_function: f(x, axis=1, keepdims=True), _x)
    case(f"{_name} all keepdims", lambda x, f=_function: f(x, keepdims=True), _x)
    case(f"{_name} of integers", lambda x, f=_function: f(x, axis=1), INTEGERS)
case("argmax of zeros", lambda x: ops.argmax(x, axis=1), np.where(flags(3, 9), -0.0, 0.0).astype(np.float32))
case("count_nonzero", ops.count_nonzero, INTEGERS)
case("count_nonzero axis", lambda x: ops.count_nonzero(x, axis=-1), INTEGERS)
case("count_nonzero axes", lambda x: ops.count_nonzero(x, axis=(1, 2)), INTEGERS)
case("moments", lambda x: ops.moments(x, axes=[1]), A)
case("moments keepdims", lambda x: ops.moments(x, axes=[0, 2], keepdims=True), A)
case("quantile", lambda x: ops.quantile(x, 0.3, axis=1), A)
case("quantile of all", lambda x: ops.quantile(x, 0.7), A)
case("quantiles", lambda x: ops.quantile(x, [0.1, 0.5, 1.0], axis=-1), A)
case("quantiles keepdims", lambda x: ops.quantile(x, [0.1, 0.5], axis=(1, 2), keepdims=True), A)
case("quantiles of all keepdims", lambda x: ops.quantile(x, [0.1, 0.5], keepdims=True), A)
case("quantile of integers", lambda x: ops.quantile(x, 0.25, axis=1), INTEGERS)
case("quantile at ranks", lambda x: ops.quantile(x, 0.1, axis=1), real(2, 11))
case("percentile", lambda x: ops.percentile(x, 37.5, axis=1), A)
case("percentiles", lambda x: ops.percentile(x, [5, 50], axis=-1, keepdims=True), A)
case("nanquantile", lambda x: ops.nanquantile(x, 0.3, axis=1), WITH_NAN)
case("nanquantiles keepdims", lambda x: ops.nanquantile(x, [0.1, 0.5], axis=(1, 2), keepdims=True), WITH_NAN)
case("nanquantile of all", lambda x: ops.nanquantile(x, 0.7), WITH_NAN)
case("nanpercentile", lambda x: ops.nanpercentile(x, 37.5, axis=-1), WITH_NAN)
case("nanmedian", lambda x: ops.nanmedian(x, axis=1, keepdims=True), WITH_NAN)
case("bincount", lambda x: ops.bincount(x, minlength=7), IDS)
for _name in ("cumsum", "cumprod", "nancumsum", "nancumprod"):
    _function = getattr(ops, _name)
    _x = WITH_NAN if _name.startswith("nan") else A
    case(_name, _function, _x)
    case(f"{_name} axis", lambda x, f=_function: f(x, axis=-2), _x)
case("cumsum with a type", lambda x: ops.cumsum(x, axis=1, dtype="float32"), INTEGERS)
case("cumsum of int8", lambda x: ops.cumsum(x, axis=1), INTEGERS.astype(np.int8))
case("diff", ops.diff, A)
case("diff twice", lambda x: ops.diff(x, n=2, axis=1), A)
case("diff of bool", lambda x: ops.diff(x, axis=1), LOGICAL[0])
case("trapezoid", ops.trapezoid, A)
case("trapezoid axis dx", lambda x: ops.trapezoid(x, dx=0.5, axis=1), A)
case("trapezoid x", lambda x: ops.trapezoid(x, x=[0.0, 1.0, 1.5, 4.0, 4.5], axis=-1), A)

# Shapes

case("reshape", lambda x: ops.reshape(x, (-1, 10)), A)
case("reshape to a row", lambda x: ops.reshape(x, -1), A)
case("ravel", ops.ravel, A)
case("expand_dims", lambda x: ops.expand_dims(x, 1), A)
case("expand_dims at the end", lambda x: ops.expand_dims(x, -1), A)
case("expand_dims several", lambda x: ops.expand_dims(x, (1, -2)), A)
case("squeeze", lambda x: ops.squeeze(x, 1), ROW)
case("squeeze several", lambda x: ops.squeeze(x, (1, -1)), real(3, 1, 4, 1))
case("squeeze all", ops.squeeze, real(3, 1, 4, 1))
case("transpose", ops.transpose, A)
case("transpose axes", lambda x: ops.transpose(x, (0, 2, 1)), A)
case("transpose negative axes", lambda x: ops.transpose(x, (0, -1, -2)), A)
case("moveaxis", lambda x: ops.moveaxis(x, 1, -1), A)
case("moveaxis several", lambda x: ops.moveaxis(x, (0, 1), (2, 0)), A)
case("swapaxes", lambda x: ops.swapaxes(x, 1, -1), A)
case("rearrange", lambda x: ops.rearrange(x, "b h w -> b (w h)"), A, fixed=True)
case("rearrange apart", lambda x: ops.rearrange(x, "b (h k) w -> b k w h", k=2), A, fixed=True)
case("broadcast_to", lambda x: ops.broadcast_to(x, (3, 4, 5)), ROW)
case("broadcast_to more axes", lambda x: ops.broadcast_to(x, (2, 3, 4)), real(3, 1))
case("repeat", lambda x: ops.repeat(x, 2, axis=1), A)
case("repeat unevenly", lambda x: ops.repeat(x, [1, 0, 3, 2], axis=1), A)
case("repeat in a row", lambda x: ops.repeat(x, 2), A)
case("tile", lambda x: ops.tile(x, (1, 2, 3)), A)
case("tile the last axis", lambda x: ops.tile(x, 2), A)
case("tile into more axes", lambda x: ops.tile(x, (2, 1, 1, 2)), A)
case("pad", lambda x: ops.pad(x, ((0, 0), (1, 2), (3, 0))), A)
case("pad with a constant", lambda x: ops.pad(x, ((0, 0), (1, 2), (0, 1)), constant_values=-1.5), A)
case("pad integers", lambda x: ops.pad(x, ((1, 0), (0, 0), (0, 2))), INTEGERS)
case("pad reflect", lambda x: ops.pad(x, ((0, 0), (1, 3), (2, 0)), mode="reflect"), A)
case("pad symmetric", lambda x: ops.pad(x, ((0, 0), (4, 2), (2, 1)), mode="symmetric"), A)
case("flip", ops.flip, A)
case("flip axis", lambda x: ops.flip(x, axis=-1), A)
case("flip axes", lambda x: ops.flip(x, axis=(1, 2)), A)
case("fliplr", ops.fliplr, A)
case("flipud", ops.flipud, A)
case("roll", lambda x: ops.roll(x, 2), A)
case("roll axis", lambda x: ops.roll(x, -1, axis=1), A)
case("roll axes", lambda x: ops.roll(x, (1, 2), axis=(1, 2)), A)
case("rot90", ops.rot90, A)
case("rot90 axes", lambda x: ops.rot90(x, k=3, axes=(1, 2)), A)
# Keras on TensorFlow scrambles what it turns twice, if that is no square.
case("rot90 twice", lambda x: ops.rot90(x, k=-2, axes=(2, 1)), A[:, :, :4])
case("diagonal", lambda x: ops.diagonal(x, axis1=1, axis2=2), A)
case("diagonal offset", lambda x: ops.diagonal(x, offset=-1, axis1=2, axis2=1), A)
case("diag of a vector", lambda x: ops.diag(x, k=1), real(4))
case("diag of a matrix", lambda x: ops.diag(x, k=-1), real(4, 3))
case("diagflat", lambda x: ops.diagflat(x, k=1), real(2, 3))
for _k in (-1, 0, 2):
    case(f"tril {_k}", lambda x, k=_k: ops.tril(x, k=k), A)
    case(f"triu {_k}", lambda x, k=_k: ops.triu(x, k=k), A)
for _format in ("channels_last", "channels_first"):
    case(f"depth_to_space {_format}", lambda x, f=_format: ops.depth_to_space(x, 2, data_format=f), IMAGES)
    case(f"space_to_depth {_format}", lambda x, f=_format: ops.space_to_depth(x, 2, data_format=f), IMAGES)
case("extract_sequences", lambda x: ops.extract_sequences(x, 3, 2), real(2, 3, 10))

# Places

case("item", lambda x: x[:, 1], A)
case("item from the end", lambda x: x[:, -1, ::2], A)
case("slices", lambda x: x[1:, :-1, 1:4:2], A)
case("slices backwards", lambda x: x[:, ::-1, 3:0:-1], A)
case("item with a new axis", lambda x: x[..., None, 0], A)
case("item after an ellipsis", lambda x: x[..., 1:], A)
case("first row", lambda x: x[0], A)
case("get_item", lambda x: ops.get_item(x, (slice(None), 2)), A)
case("slice", lambda x: ops.slice(x, (0, 1, 2), (2, 3, 2)), A)
case("slice to the end", lambda x: ops.slice(x, [1, 1, 2], [-1, 3, -1]), A)
case("slice_update", lambda x, u: ops.slice_update(x, (0, 1, 3), u), A, real(3, 2, 2, seed="u"))
case("slice_update too far", lambda x, u: ops.slice_update(x, (1, 3, 3), u), A, real(3, 2, 2, seed="u"))
case("take", lambda x: ops.take(x, [2, 0, -1, 0], axis=1), A)
case("take one", lambda x: ops.take(x, 2, axis=-1), A)
case("take of all", lambda x, i: ops.take(x, i), A, IDS)
case("take by a matrix", lambda x, i: ops.take(x, i, axis=2), A, IDS)
case("take_along_axis", lambda x, i: ops.take_along_axis(x, i, axis=-1), A, whole(3, 4, 2, high=5))
case("take_along_axis 1", lambda x, i: ops.take_along_axis(x, i, axis=1), A, whole(3, 2, 1, low=-4, high=4))
case("take_along_axis of all", lambda x, i: ops.take_along_axis(x, i), A, whole(7, low=0, high=60))
case("scatter", lambda i, v: ops.scatter(i, v, (4, 5)), whole(6, 1, low=0, high=4), real(6, 5))
case("scatter points", lambda i, v: ops.scatter(i, v, (4, 5)), whole(6, 2, low=0, high=4), real(6))
_ROWS = np.array([[2], [0]], np.int32)
case("scatter_update", ops.scatter_update, A, _ROWS, real(2, 4, 5, seed="u"))
case(
    "scatter_update add",
    lambda x, i, u: ops.scatter_update(x, i, u, reduction="add"),
    *(A, whole(6, 2, low=0, high=3), real(6, 5, seed="u")),
)
case("unravel_index", lambda i: ops.unravel_index(i, (4, 5)), whole(7, low=0, high=20))
for _name in ("segment_sum", "segment_max", "segment_min", "segment_prod"):
    _function = getattr(ops, _name)
    case(_name, lambda x, i, f=_function: f(x, i, num_segments=4), real(9, 2), whole(9, low=-1, high=4))
case("segment_max of rows", lambda x, i: ops.segment_max(x, i, num_segments=3), real(9, 2), np.arange(9) % 3)
case("segment_min of rows", lambda x, i: ops.segment_min(x, i, num_segments=3), real(9, 2), np.arange(9) % 3)
case(
    "segment_max of integers",
    lambda x, i: ops.segment_max(x, i, num_segments=9),
    INTEGERS[:, 0, 0],
    IDS[:, 0],
)
case("unstack", lambda x: ops.unstack(x, axis=1), A)
case("unstack num", lambda x: ops.unstack(x, num=5, axis=-1)[2:4], A)

# Joining and splitting

case("concatenate", lambda x, y: ops.concatenate([x, y], axis=1), A, ROW)
case("concatenate along the batch", lambda x, y: ops.concatenate([x, y, x]), *BOTH)
case("concatenate of types", lambda x, y: ops.concatenate([x, y], axis=-1), A, INTEGERS)
case("stack", lambda x, y: ops.stack([x, y, x], axis=-1), *BOTH)
case("stack first", lambda x, y: ops.stack([x, y]), *BOTH)
case("stack of types", lambda x, y: ops.stack([x, y], axis=1), INTEGERS, INTEGERS.astype(np.int64))
case("append", lambda x, y: ops.append(x, y, axis=-1), *BOTH)
case("append in a row", ops.append, A, INTEGERS)
case("hstack", lambda x, y: ops.hstack([x, y]), A, ROW)
case("vstack", lambda x, y: ops.vstack([x, y]), *BOTH)
case("dstack", lambda x, y: ops.dstack([x, y]), *BOTH)
case("dstack of matrices", lambda x, y: ops.dstack([x, y]), UNIT, POSITIVE)
case("meshgrid", lambda x, y: ops.meshgrid(x, y), real(3), real(4, seed="y"))
case("meshgrid ij", lambda x, y: ops.meshgrid(x, y, y, indexing="ij"), real(3), real(4, seed="y"))
case("split", lambda x: ops.split(x, 2, axis=1), A)
case("split at places", lambda x: ops.split(x, [1, 4], axis=-1), A)
case("split, one part", lambda x: ops.split(x, [1, 4], axis=-1)[1], A)
case("array_split", lambda x: ops.array_split(x, 3, axis=-1), A)
case("hsplit", lambda x: ops.hsplit(x, 2), A)
case("vsplit", lambda x: ops.vsplit(x, [1]), real(3, 2))
case("dsplit", lambda x: ops.dsplit(x, [2]), A)

# Products

case("matmul", lambda x, y: x @ y, A, real(3, 5, 2, seed="y"))
case("matmul of matrices", lambda x: ops.matmul(x, ops.convert_to_tensor(B[0].T)), A)
case("matmul by a vector", ops.matmul, A, real(5, seed="y"), fixed=True)
case("matmul of a vector", ops.matmul, real(3), real(3, 2, seed="y"))
case("matmul stretched", ops.matmul, real(3, 1, 4, 5), real(3, 2, 5, 2, seed="y"))
case("matmul of integers", lambda x, y: x @ y, INTEGERS, whole(3, 5, 2, seed="k"))
case("matmul of int8", ops.matmul, INTEGERS.astype(np.int8), whole(3, 5, 2, low=-120, high=120, dtype="int8"))
case("tensordot", ops.tensordot, real(3, 4), real(3, 4, seed="y"))
case("tensordot 1", lambda x, y: ops.tensordot(x, y, axes=1), real(2, 4, 3), real(3, 5, seed="y"))
case("tensordot 0", lambda x, y: ops.tensordot(x, y, axes=0), real(2, 4), real(3, seed="y"))
case(
    "tensordot axes",
    lambda x, y: ops.tensordot(x, y, axes=[[1, 2], [2, 0]]),
    *(A, real(5, 3, 4, 2, seed="y")),
)
case("dot", ops.dot, A, real(2, 5, 3, seed="y"))
case("dot of vectors", ops.dot, real(4), real(4, seed="y"))
case("dot with a number", lambda x: ops.dot(x, 2.5), A)
case("dot of integers", ops.dot, INTEGERS, whole(5, seed="k"), fixed=True)
case("inner", ops.inner, A, real(2, 5, seed="y"))
case("vdot", ops.vdot, *BOTH)
case("outer", ops.outer, real(3, 2), real(4, seed="y"))
case("kron", ops.kron, real(2, 3), real(4, 2, seed="y"))
EQUATIONS: dict[str, list[tuple[int, ...]]] = {
    "ijk,ikl->ijl": [(3, 4, 5), (3, 5, 2)],
    "ij,ij->i": [(3, 4), (3, 4)],
    "ijk->kj": [(3, 4, 5)],
    "...ij,...jk->...ik": [(3, 2, 4, 5), (3, 2, 5, 2)],
    "b...i,bi->b...": [(3, 4, 2, 5), (3, 5)],
    "ij,jk,kl->li": [(3, 4), (4, 2), (2, 5)],
    "bqhd,bkhd->bhqk": [(2, 3, 4, 5), (2, 6, 4, 5)],
    "ij,k->k": [(3, 4), (2,)],
}
for _equation, _shapes in EQUATIONS.items():
    case(
        f"einsum {_equation}",
        lambda *x, e=_equation: ops.einsum(e, *x),
        *(real(*shape, seed=str(place)) for place, shape in enumerate(_shapes)),
    )
case("einsum of the diagonal", lambda x: ops.cast(ops.einsum("bii->bi", x), "int32"), MATRICES)
case("einsum of integers", lambda x, y: ops.einsum("ijk,ijk->ij", x, y), INTEGERS, INTEGERS + 1)
case("cross", ops.cross, real(4, 3), real(4, 3, seed="y"))
case("cross of 2", ops.cross, real(4, 2), real(4, 2, seed="y"))
case("cross of 2 and 3", ops.cross, real(4, 2), real(4, 3, seed="y"))
case("cross axis", lambda x, y: ops.cross(x, y, axis=1), real(4, 3, 2), real(4, 3, 2, seed="y"))
case("trace", lambda x: ops.trace(x, axis1=1, axis2=2), A)
case("trace offset", lambda x: ops.trace(x, offset=1, axis1=2, axis2=1), MATRICES)
case("trace of integers", lambda x: ops.trace(x, axis1=1, axis2=2), INTEGERS.astype(np.int8))
case("vander", ops.vander, real(4))
case("vander increasing", lambda x: ops.vander(x, N=3, increasing=True), real(4))
for _mode in ("valid", "same", "full"):
    case(
        f"correlate {_mode}",
        lambda x, y, m=_mode: ops.correlate(x, y, mode=m),
        real(7),
        real(4, seed="y"),
        fixed=True,
    )
case("corrcoef", ops.corrcoef, real(3, 7))
case("cdist", ops.cdist, A, real(3, 2, 5, seed="y"))

# Linear algebra

case("norm", ops.norm, A[0])
case("norm of all", lambda x: ops.norm(x), real(9))
_ord: Any
for _ord in (None, 1, 2, 3, 0.5, 0, -1, float("inf"), float("-inf")):
    case(f"norm {_ord} of vectors", lambda x, o=_ord: ops.norm(x, ord=o, axis=-1), A / 4)
for _ord in (None, "fro", "nuc", 1, -1, 2, -2, float("inf"), float("-inf")):
    case(f"norm {_ord} of matrices", lambda x, o=_ord: ops.norm(x, ord=o, axis=(1, 2), keepdims=True), A)
case("norm of matrices turned", lambda x: ops.norm(x, ord=1, axis=(-1, 0)), A)
case("norm of integers", lambda x: ops.norm(x, axis=1), INTEGERS)
case("normalize", ops.normalize, A)
case("normalize 3", lambda x: ops.normalize(x, axis=1, order=3, epsilon=0.1), A)
case("normalize axes", lambda x: ops.normalize(x, axis=(1, 2), epsilon=2.0), A)
case("normalize small ones", lambda x: ops.normalize(x, order=1, epsilon=20.0), A)
case("normalize tiny ones", lambda x: ops.normalize(x, epsilon=20.0), A)
case("det", ops.det, MATRICES / 3)
case("slogdet", ops.slogdet, MATRICES)
case("logdet", ops.logdet, definite(3, 4))
case("inv", ops.inv, MATRICES)
case("pinv", ops.pinv, MATRICES[:, :, :3])
case("matrix_rank", ops.matrix_rank, np.where(flags(6, 1, 1), np.float32(1), real(6, 4, 4)))
case("solve", ops.solve, MATRICES, real(3, 4, 2, seed="y"))
case("solve for a vector", ops.solve, MATRICES, real(3, 4, seed="y"))
case("solve_triangular", ops.solve_triangular, MATRICES, real(3, 4, 2, seed="y"))
case("solve_triangular lower", lambda x, y: ops.solve_triangular(x, y, lower=True), MATRICES, real(3, 4, 2))
case("lstsq", ops.lstsq, real(6, 3), real(6, 2, seed="y"))
case("cholesky", ops.cholesky, definite(3, 4))
case("cholesky upper", lambda x: ops.cholesky(x, upper=True), definite(3, 4))
case("cholesky_inverse", ops.cholesky_inverse, MATRICES)
case("cholesky_inverse upper", lambda x: ops.cholesky_inverse(x, upper=True), MATRICES)
case("svd without factors", lambda x: ops.svd(x, compute_uv=False), A)

# Activations

for _name in (
    *("relu", "relu6", "sigmoid", "sparse_sigmoid", "softplus", "softsign", "soft_shrink", "sparse_plus"),
    *("silu", "squareplus", "log_sigmoid", "leaky_relu", "hard_sigmoid", "hard_silu", "elu", "selu", "gelu"),
    *("celu", "tanh_shrink", "hard_tanh", "hard_shrink", "softmax", "log_softmax", "sparsemax"),
):
    case(_name, getattr(ops, _name), 2 * A)
case("relu of integers", ops.relu, INTEGERS)
case("relu6 of integers", ops.relu6, 3 * INTEGERS)
case("soft_shrink threshold", lambda x: ops.soft_shrink(x, threshold=0.3), A)
case("squareplus b", lambda x: ops.squareplus(x, b=1), A)
case("leaky_relu slope", lambda x: ops.leaky_relu(x, negative_slope=0.35), A)
case("elu alpha", lambda x: ops.elu(x, alpha=0.4), A)
case("celu alpha", lambda x: ops.celu(x, alpha=0.4), A)
case("gelu exact", lambda x: ops.gelu(x, approximate=False), A)
case("hard_shrink threshold", lambda x: ops.hard_shrink(x, threshold=1.0), A)
case("threshold", lambda x: ops.threshold(x, 0.4, -3.0), A)
case("glu", ops.glu, real(3, 4, 6))
case("glu axis", lambda x: ops.glu(x, axis=1), A)
case("softmax axis", lambda x: ops.softmax(x, axis=1), A)
case("softmax of all", lambda x: ops.softmax(x, axis=None), A)
case("log_softmax axis", lambda x: ops.log_softmax(x, axis=-2), A)
case("log_softmax of all", lambda x: ops.log_softmax(x, axis=None), A)
case("sparsemax axis", lambda x: ops.sparsemax(x, axis=1), A)

# Normalization, attention, codes of classes

BOTH_WEIGHTS = (real(4, 5, seed="gamma"), real(4, 5, seed="beta"))
case("layer_normalization", ops.layer_normalization, A, real(5, seed="gamma"), real(5, seed="beta"))
case(
    "layer_normalization axis",
    lambda x, g, b: ops.layer_normalization(x, g, b, axis=1, epsilon=0.1),
    *(A, real(4, seed="g"), real(4, seed="h")),
)
case("layer_normalization axes", lambda x: ops.layer_normalization(x, *BOTH_WEIGHTS, axis=(1, 2)), A)
case("layer_normalization rms", LayerNorm(rms_scaling=True), *(A, real(5, seed="g"), real(5, seed="h")))
case("rms_normalization", lambda x, s: ops.rms_normalization(x, s), A, real(5, seed="scale"))
case("rms_normalization axes", lambda x, s: ops.rms_normalization(x, s, axis=(1, 2), epsilon=0.1), *BOTH)
_PER_CHANNEL = [real(4, seed=name) for name in ("mean", "offset", "scale")]
case(
    "batch_normalization",
    lambda x, m, v, o, s: ops.batch_normalization(x, m, v, 1, offset=o, scale=s, epsilon=0.1),
    *(A, _PER_CHANNEL[0], real(4, low=0.5, seed="variance"), *_PER_CHANNEL[1:]),
    fixed=True,
)
case(
    "batch_normalization without scale",
    lambda x, m, v: ops.batch_normalization(x, m, v, -1),
    *(UNIT, _PER_CHANNEL[0], real(4, low=0.5, seed="variance")),
    fixed=True,
)
_QUERY, _KEY, _VALUE = (real(2, n, 4, 3, seed=f"attention {n}") for n in (5, 6, 6))
case("dot_product_attention", ops.dot_product_attention, _QUERY, _KEY, _VALUE)
case(
    "dot_product_attention masked",
    lambda q, k, v, b, m: ops.dot_product_attention(q, k, v, bias=b, mask=m, scale=0.7),
    *(_QUERY, _KEY, _VALUE + 1, real(2, 4, 5, 6, seed="bias"), flags(2, 1, 5, 6) | (np.arange(6) == 0)),
)
case(
    "dot_product_attention causal",
    lambda q, k, v: ops.dot_product_attention(q, k, v, is_causal=True),
    *(_QUERY, _KEY, _VALUE),
)
case("dot_product_attention in groups", ops.dot_product_attention, _QUERY, _KEY[:, :, :2], _VALUE[:, :, 1:3])
case("one_hot", lambda x: ops.one_hot(x, 5), whole(3, 4, low=-1, high=7))
case("one_hot axis", lambda x: ops.one_hot(x, 5, axis=1, dtype="int32"), IDS)
case("one_hot bool", lambda x: ops.one_hot(x, 6, axis=0, dtype="bool"), IDS)
case("multi_hot", lambda x: ops.multi_hot(x, 6), IDS)
case("multi_hot int", lambda x: ops.multi_hot(x, 6, dtype="int32"), IDS[:, 0])
case("multi_hot bool", lambda x: ops.multi_hot(x, 6, dtype="bool"), whole(3, 4, 2, low=0))
case("in_top_k", lambda t, p: ops.in_top_k(t, p, k=2), whole(6, low=0, high=4), real(6, 4))
case("psnr", lambda x, y: ops.psnr(x, y, max_val=2.0), *BOTH)

# Convolutions and poolings

for _rank, _axes in enumerate(((9,), (7, 8), (5, 4, 6)), start=1):
    _x = real(2, *_axes, 4, seed=f"conv {_rank}")
    _kernel = real(*(3, 2, 2)[:_rank], 4, 6, seed=f"kernel {_rank}")
    case(f"conv {_rank}", lambda x, k: ops.conv(x, k, padding="same", strides=2), _x, _kernel, fixed=True)
    case(f"conv {_rank} dilated", lambda x, k: ops.conv(x, k, dilation_rate=2), _x, _kernel, fixed=True)
    case(f"max_pool {_rank}", lambda x: ops.max_pool(x, 3, 2, padding="same"), _x)
    case(f"average_pool {_rank}", lambda x: ops.average_pool(x, 3, 2, padding="same"), _x)
    case(f"adaptive_max_pool {_rank}", lambda x, n=_rank: ops.adaptive_max_pool(x, (3, 2, 4)[:n]), _x)
    case(f"adaptive_average_pool {_rank}", lambda x, n=_rank: ops.adaptive_average_pool(x, (3, 2, 4)[:n]), _x)
case("conv with a constant", lambda x: ops.conv(x, ops.convert_to_tensor(real(2, 4, 3))), real(2, 9, 4))
case(
    "depthwise_conv 1",
    lambda x, k: ops.depthwise_conv(x, k, strides=2),
    real(2, 9, 4),
    real(3, 4, 2),
    fixed=True,
)
case(
    "depthwise_conv 2",
    lambda x, k: ops.depthwise_conv(x, k, padding="same"),
    *(real(2, 7, 8, 4), real(3, 2, 4, 2, seed="kernel")),
    fixed=True,
)
case(
    "separable_conv 2",
    lambda x, d, p: ops.separable_conv(x, d, p, strides=2, padding="same"),
    *(real(2, 7, 8, 4), real(3, 2, 4, 2, seed="depthwise"), real(1, 1, 8, 5, seed="pointwise")),
    fixed=True,
)
case(
    "separable_conv 1",
    ops.separable_conv,
    real(2, 7, 4),
    real(3, 4, 2, seed="d"),
    real(1, 8, 5, seed="p"),
    fixed=True,
)
case("max_pool of images", lambda x: ops.max_pool(x, (2, 3), strides=(1, 2)), real(2, 7, 8, 3))
case("average_pool of images", lambda x: ops.average_pool(x, 2), real(2, 7, 8, 3))
case("max_pool first", lambda x: ops.max_pool(x, 2, data_format="channels_first"), real(2, 3, 7, 8))
case("average_pool first", lambda x: ops.average_pool(x, 2, data_format="channels_first"), real(2, 3, 7, 8))
_WINDOWS: dict[str, Any] = {"kernel_size": (2, 3), "dilation": (2, 1), "padding": (1, 2), "stride": 2}
case("unfold", lambda x: ops.unfold(x, **_WINDOWS), real(2, 3, 7, 8), fixed=True)
case("fold", lambda x: ops.fold(x, (7, 8), **_WINDOWS), real(2, 18, 20))

# Images

PICTURES = real(2, 6, 7, 3, low=0, high=1, seed="pictures")
BYTES = whole(2, 6, 7, 3, low=0, high=256, seed="bytes", dtype="uint8")
for _name in ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5"):
    case(f"resize {_name}", lambda x, n=_name: ops.image.resize(x, (9, 5), interpolation=n), PICTURES)
    case(f"resize bytes {_name}", lambda x, n=_name: ops.image.resize(x, (4, 11), interpolation=n), BYTES)
case("resize antialias", lambda x: ops.image.resize(x, (3, 4), antialias=True), PICTURES)
case("resize cropped", lambda x: ops.image.resize(x, (4, 8), crop_to_aspect_ratio=True), PICTURES)
case(
    "resize padded", lambda x: ops.image.resize(x, (4, 8), pad_to_aspect_ratio=True, fill_value=0.3), PICTURES
)
case("resize first", lambda x: ops.image.resize(x, (9, 5), data_format="channels_first"), real(2, 3, 6, 7))
case("pad_images", lambda x: ops.image.pad_images(x, 1, 2, target_height=9, target_width=12), PICTURES)
case("pad_images by numbers", lambda x: ops.image.pad_images(x, 1, 2, 0, 3), PICTURES)
case("crop_images", lambda x: ops.image.crop_images(x, 1, 2, target_height=3, target_width=4), PICTURES)
case("crop_images by numbers", lambda x: ops.image.crop_images(x, 1, 0, 2, 3), PICTURES)
case(
    "crop_images first",
    lambda x: ops.image.crop_images(x, 1, 0, 2, 3, data_format="channels_first"),
    real(2, 3, 6, 7),
)
case("rgb_to_grayscale", ops.image.rgb_to_grayscale, PICTURES)
case("rgb_to_grayscale of bytes", ops.image.rgb_to_grayscale, BYTES)
case("rgb_to_grayscale of gray", ops.image.rgb_to_grayscale, PICTURES[..., :1])
case("rgb_to_hsv", ops.image.rgb_to_hsv, np.round(PICTURES * 4) / 4)
case("rgb_to_hsv of uneven colours", ops.image.rgb_to_hsv, PICTURES)
case("hsv_to_rgb", ops.image.hsv_to_rgb, PICTURES)
case(
    "hsv_to_rgb first",
    lambda x: ops.image.hsv_to_rgb(x, data_format="channels_first"),
    np.moveaxis(PICTURES, -1, 1),
)
case("extract_patches", lambda x: ops.image.extract_patches(x, 3), PICTURES)
case(
    "extract_patches same",
    lambda x: ops.image.extract_patches(x, (2, 3), strides=2, dilation_rate=1, padding="same"),
    PICTURES,
)
case(
    "extract_patches dilated", lambda x: ops.image.extract_patches(x, 2, strides=1, dilation_rate=2), PICTURES
)
case("extract_patches of volumes", lambda x: ops.image.extract_patches(x, (2, 2, 3)), real(2, 4, 5, 6, 2))
case("gaussian_blur", lambda x: ops.image.gaussian_blur(x, (3, 3), (0.8, 1.3)), PICTURES)
case("gaussian_blur oblong", lambda x: ops.image.gaussian_blur(x, (5, 3), (2.0, 0.7)), PICTURES)
case("sobel_edges", ops.image.sobel_edges, PICTURES)
case(
    "ssim", lambda x, y: ops.image.ssim(x, y, filter_size=5, max_val=2.0), PICTURES, PICTURES[:, ::-1].copy()
)

# Images looked up at other places

_TURN = np.array([[1.1, 0.2, -1.3, 0.1, 0.9, 0.7, 0.01, 0.02], [2, -0.9, 7, 1.2, 3, -9, 0, 0]], np.float32)
_CORNERS = np.array([[0, 0], [6, 1], [1, 5], [6, 6]], np.float32)
_PLACES = real(2, 5, 6, low=-6, high=12, seed="places")
for _way in ("bilinear", "nearest"):
    for _fill in ("constant", "nearest", "wrap", "reflect"):
        case(
            f"affine_transform {_way} {_fill}",
            lambda x, t, w=_way, f=_fill: ops.image.affine_transform(
                x, t, interpolation=w, fill_mode=f, fill_value=0.5
            ),
            *(PICTURES, _TURN),
        )
    case(
        f"perspective_transform {_way}",
        lambda x, w=_way: ops.image.perspective_transform(
            x, _CORNERS, _CORNERS[::-1] + 0.3, interpolation=w, fill_value=0.3
        ),
        PICTURES,
    )
case(
    "affine_transform of one, channels first",
    lambda x: ops.image.affine_transform(x, _TURN[0], data_format="channels_first"),
    np.moveaxis(PICTURES, -1, 1).copy(),
)
for _fill in ("constant", "nearest", "wrap", "reflect"):
    for _order in (0, 1):
        case(
            f"map_coordinates {_order} {_fill}",
            lambda x, c, o=_order, f=_fill: ops.image.map_coordinates(x, c, o, fill_mode=f, fill_value=0.5),
            *(real(7, 8), _PLACES),
            fixed=True,
        )
for _way in ("linear", "cubic", "lanczos3", "lanczos5"):
    for _flag in (True, False):
        case(
            f"scale_and_translate {_way} {_flag}",
            lambda x, w=_way, a=_flag: ops.image.scale_and_translate(
                x,
                (2, 4, 9, 3),
                np.array([0.7, 1.2], np.float32),
                np.array([0.3, -0.2], np.float32),
                (1, 2),
                w,
                antialias=a,
            ),
            PICTURES,
        )

# Fourier transforms

_SIGNAL = real(3, 4, 12, seed="signal")
case("fft", lambda x, y: ops.fft((x, y)), *BOTH)
case("fft2", lambda x, y: ops.fft2((x, y)), *BOTH)
case("ifft2", lambda x, y: ops.ifft2((x, y)), *BOTH)
case("rfft", ops.rfft, _SIGNAL)
case("rfft cut", lambda x: ops.rfft(x, fft_length=9), _SIGNAL)
case("rfft padded", lambda x: ops.rfft(x, fft_length=16), _SIGNAL)
case("irfft", lambda x, y: ops.irfft((x, y)), *BOTH)
case("irfft cut", lambda x, y: ops.irfft((x, y), fft_length=5), *BOTH)
case("irfft padded", lambda x, y: ops.irfft((x, y), fft_length=11), *BOTH)
_SOUND = real(2, 40, seed="sound")
case("stft", lambda x: ops.stft(x, 8, 3, 10), _SOUND)
case("stft hamming", lambda x: ops.stft(x, 7, 4, 9, window="hamming", center=False), _SOUND)
case("stft without a window", lambda x: ops.stft(x, 6, 3, 8, window=None), _SOUND)
case("istft", lambda x, y: ops.istft((x, y), 8, 3, 10), *(real(2, 9, 6, seed=name) for name in "xy"))
case(
    "istft cut",
    lambda x, y: ops.istft((x, y), 8, 4, 8, length=13, window="hamming", center=False),
    *(real(2, 9, 5, seed=name) for name in "xy"),
)

# Cross-entropies

_SHARES = real(3, 4, low=0.05, high=0.95, seed="shares")
_TARGETS = real(3, 4, low=0, high=1, seed="targets")
for _logits in (False, True):
    case(
        f"binary_crossentropy {_logits}",
        lambda t, x, f=_logits: ops.binary_crossentropy(t, x, from_logits=f),
        *(_TARGETS, _SHARES),
    )
    case(
        f"categorical_crossentropy {_logits}",
        lambda t, x, f=_logits: ops.categorical_crossentropy(t, x, from_logits=f, axis=-1),
        *(_TARGETS, _SHARES),
    )
    case(
        f"sparse_categorical_crossentropy {_logits}",
        lambda t, x, f=_logits: ops.sparse_categorical_crossentropy(t, x, from_logits=f),
        *(whole(3, low=0, high=4), _SHARES),
    )

# Types and constants

for _type in ("float16", "float32", "float64", "int32", "int64", "uint8", "bool"):
    case(f"cast to {_type}", lambda x, t=_type: ops.cast(x, t), real(3, 4, low=0, high=3))
case("cast of integers", lambda x: ops.cast(x, "int8"), 100 * INTEGERS)
case("cast of bool", lambda x: ops.cast(x, "float32"), LOGICAL[0])
for _type in ("uint8", "int8", "int16", "bool"):
    case(f"saturate_cast to {_type}", lambda x, t=_type: ops.saturate_cast(x, t), 1e10 * real(3, 4))
    case(f"saturate_cast of integers to {_type}", lambda x, t=_type: ops.saturate_cast(x, t), 90 * INTEGERS)
case("convert_to_tensor", lambda x: ops.convert_to_tensor(x, dtype="float64"), A)
case("convert_to_tensor of a type", lambda x: ops.convert_to_tensor(x), A)
case("array", lambda x: ops.array(x, dtype="float64"), A)
case("copy", ops.copy, A)
case("stop_gradient", ops.stop_gradient, A)
for _name in ("zeros_like", "ones_like", "empty_like"):
    _function = getattr(ops, _name)
    case(_name, _function, A)
    case(f"{_name} of a type", lambda x, f=_function: f(x, dtype="bool"), A)
case("full_like", lambda x: ops.full_like(x, 2.5), A)
case("full_like of a type", lambda x: ops.full_like(x, 2, dtype="int32"), A)
case("full", lambda x: ops.full((2, 3, 4), x), real(4))
case("full of a type", lambda x: ops.full((3, 4), x, dtype="int32"), INTEGERS[0, :1, 0])
case("logspace", lambda x, y: ops.logspace(x, y, num=5, base=3), real(3), real(3, seed="y"))
case("geomspace", lambda x, y: ops.geomspace(x, y, num=5), POSITIVE, POSITIVE[::-1] + 1)
case("size", ops.size, A, fixed=True)
case("linspace", lambda x, y: ops.linspace(x, y, num=5), real(3), real(3, seed="y"))
case("linspace axis", lambda x, y: ops.linspace(x, y, num=4, endpoint=False, axis=-1), *BOTH)
case("linspace of a number", lambda x: ops.linspace(0.0, x, num=3, axis=1), INTEGERS)

# Order

case("sort", ops.sort, A)
case("sort axis", lambda x: ops.sort(x, axis=1), A)
case("sort in a row", lambda x: ops.sort(x, axis=None), INTEGERS)
case("sort of bool", lambda x: ops.sort(x, axis=1), LOGICAL[0])
case("argsort", ops.argsort, A)
case("argsort of equal ones", lambda x: ops.argsort(x, axis=1), INTEGERS)
case("argsort in a row", lambda x: ops.argsort(x, axis=None), A)
case("argsort of unsigned", lambda x: ops.argsort(x), whole(3, 20, low=0, dtype="uint8"))
case("top_k", lambda x: ops.top_k(x, 3), A)
case("top_k of equal ones", lambda x: ops.top_k(x, 4), INTEGERS)
case("top_k, places", lambda x: ops.top_k(x, 2)[1], A)
for _side in ("left", "right"):
    case(
        f"searchsorted {_side}",
        lambda x, y, s=_side: ops.searchsorted(x, y, side=s),
        *(np.sort(whole(9, dtype="float32")), whole(12, dtype="float32")),
    )
case("digitize", lambda x: ops.digitize(x, np.array([-1.0, 0.1, 0.5])), A)
case("digitize at bounds", lambda x: ops.digitize(x, np.array([-1, 0, 3])), INTEGERS)
