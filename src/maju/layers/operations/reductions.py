"""Reductions along axes: sums, means, extremes, quantiles, and what adds up step by step.

Each takes an axis, several, or None for all; with ``keepdims`` these stay, with length 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from maju.layers.base import Array
from maju.layers.operations.axes import axis_tuple, count, in_place, one_axis
from maju.layers.operations.function import find, operation
from maju.layers.operations.types import SINGLE, floating, result_type, summable, tensor

__all__: list[str] = []

Axis: TypeAlias = int | Sequence[int] | None


def _tuple(axis: Axis) -> Any:
    return tuple(axis) if isinstance(axis, (list, tuple)) else axis


def _careful(x: Any) -> tuple[Array, Any]:
    """X as at least float32, and the type that its mean has: half precision stays half."""
    x = tensor(x)
    wide = result_type(x, SINGLE)
    return x.astype(wide), x.dtype if x.dtype.kind == "f" else wide


# Sums and means


def _sum_gradient(dy: Any, y: Any, x: Array, axis: Axis, **_: Any) -> Any:
    return np.broadcast_to(in_place(dy, x, axis), x.shape)


@operation("Sum", gradient=_sum_gradient)
def sum_(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """Σ x; small integers add up as int32."""
    x = summable(x)
    return np.sum(x, axis=_tuple(axis), keepdims=keepdims, dtype=x.dtype)


def _mean_gradient(dy: Any, y: Any, x: Array, axis: Axis, **_: Any) -> Any:
    return _sum_gradient(dy, y, x, axis) / count(x, axis)


@operation("Mean", gradient=_mean_gradient)
def mean(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """Σ x / n."""
    x, dtype = _careful(x)
    return np.asarray(np.mean(x, axis=_tuple(axis), keepdims=keepdims)).astype(dtype)


def _var_gradient(dy: Any, y: Any, x: Array, axis: Axis, **_: Any) -> Any:
    deviation = x - np.mean(x, axis=_tuple(axis), keepdims=True)
    return in_place(dy, x, axis) * 2 * deviation / count(x, axis)


@operation("Var", gradient=_var_gradient)
def var(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """Σ (x − mean)² / n."""
    x, dtype = _careful(x)
    return np.asarray(np.var(x, axis=_tuple(axis), keepdims=keepdims)).astype(dtype)


def _std_gradient(dy: Any, y: Any, x: Array, axis: Axis, **_: Any) -> Any:
    return _var_gradient(np.asarray(dy) / (2 * y), y, x, axis)


@operation("Std", gradient=_std_gradient)
def std(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """√(Σ (x − mean)² / n)."""
    x, dtype = _careful(x)
    return np.asarray(np.std(x, axis=_tuple(axis), keepdims=keepdims)).astype(dtype)


def _moments_gradient(dy: Any, y: Any, x: Array, axes: Axis, **_: Any) -> Any:
    return _mean_gradient(dy[0], y[0], x, axes) + _var_gradient(dy[1], y[1], x, axes)


@operation("Moments", gradient=_moments_gradient, module="nn", outputs=2, choices={"synchronized": (False,)})
def moments(x: Any, *, axes: Axis, keepdims: bool = False, synchronized: bool = False) -> Any:
    """The mean and the variance."""
    return mean(x, axis=axes, keepdims=keepdims), var(x, axis=axes, keepdims=keepdims)


def _average_gradient(dy: Any, y: Any, x: Array, weights: Any, axis: Axis) -> Any:
    if weights is None:
        return _mean_gradient(dy, y, x, axis), None
    stretched = _weights_along(weights, x, axis)
    total = np.sum(stretched, axis=_tuple(axis), keepdims=True)
    share = in_place(dy, x, axis) / total
    by_weight = share * (x - in_place(y, x, axis))
    if np.shape(weights) != x.shape:
        axes = tuple(a for a in range(x.ndim) if a != one_axis(axis, x.ndim))
        by_weight = by_weight.sum(axis=axes)
    return share * stretched, by_weight


def _weights_along(weights: Any, x: Array, axis: Any) -> Array:
    """Weights of the shape of x, or of one axis of it, stretched to the shape of x."""
    if np.shape(weights) == x.shape:
        return np.asarray(weights)
    shape = [1] * x.ndim
    shape[one_axis(axis, x.ndim)] = -1
    return np.broadcast_to(np.reshape(weights, shape), x.shape)


@operation("Average", gradient=_average_gradient)
def average(x: Any, weights: Any = None, *, axis: Axis = None) -> Any:
    """Σ w x / Σ w; the mean without weights. They have the shape of x, or the length of the one axis."""
    if weights is None:
        (x,) = floating(x)
        return np.mean(x, axis=_tuple(axis), dtype=x.dtype)
    x, weights = floating(x, weights)
    stretched = _weights_along(weights, x, axis)
    return np.sum(x * stretched, axis=_tuple(axis)) / np.sum(stretched, axis=_tuple(axis))


# Products


def _prod_gradient(dy: Any, y: Any, x: Array, axis: Axis, **_: Any) -> Any:
    axes = axis_tuple(axis, x.ndim)
    last = tuple(range(x.ndim - len(axes), x.ndim))
    moved = np.moveaxis(x, axes, last)
    rows = moved.reshape(*moved.shape[: x.ndim - len(axes)], -1)
    ones = np.ones_like(rows[..., :1])
    before = np.cumprod(np.concatenate([ones, rows[..., :-1]], axis=-1), axis=-1)
    after = np.cumprod(np.concatenate([ones, rows[..., :0:-1]], axis=-1), axis=-1)[..., ::-1]
    others = np.moveaxis((before * after).reshape(moved.shape), last, axes)  # without a division by x
    return in_place(dy, x, axis) * others


@operation("Prod", gradient=_prod_gradient)
def prod(x: Any, *, axis: Axis = None, keepdims: bool = False, dtype: str | None = None) -> Any:
    """Π x; small integers multiply as int32."""
    x = tensor(x).astype(dtype) if dtype else summable(x)
    return np.prod(x, axis=_tuple(axis), keepdims=keepdims, dtype=x.dtype)


# Extremes


def _extreme_gradient(dy: Any, y: Any, x: Array, axis: Axis, **_: Any) -> Any:
    chosen = x == in_place(y, x, axis)
    shared = np.sum(chosen, axis=_tuple(axis), keepdims=True)
    return in_place(dy, x, axis) * chosen / np.maximum(shared, 1)


def _extreme(function: Any, x: Any, axis: Axis, keepdims: bool, initial: Any) -> Any:
    x = tensor(x)
    found = np.asarray(function.reduce(x, axis=_tuple(axis), keepdims=keepdims))
    if initial is None:
        return found
    return function(found, np.asarray(initial).astype(x.dtype))


@operation("Max", "Amax", gradient=_extreme_gradient)
def max_(x: Any, *, axis: Axis = None, keepdims: bool = False, initial: Any = None) -> Any:
    """The largest value, at least ``initial``; equal ones share the gradient."""
    return _extreme(np.maximum, x, axis, keepdims, initial)


@operation("Min", "Amin", gradient=_extreme_gradient)
def min_(x: Any, *, axis: Axis = None, keepdims: bool = False, initial: Any = None) -> Any:
    """The smallest value, at most ``initial``; equal ones share the gradient."""
    return _extreme(np.minimum, x, axis, keepdims, initial)


def _ptp_gradient(dy: Any, y: Any, x: Array, axis: Axis, **_: Any) -> Any:
    highest, lowest = (function(x, axis=axis) for function in (max_, min_))
    return _extreme_gradient(dy, highest, x, axis) - _extreme_gradient(dy, lowest, x, axis)


@operation("Ptp", gradient=_ptp_gradient)
def ptp(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """Max x − min x."""
    return max_(x, axis=axis, keepdims=keepdims) - min_(x, axis=axis, keepdims=keepdims)


def _logsumexp_gradient(dy: Any, y: Any, x: Array, axis: Axis, **_: Any) -> Any:
    return in_place(dy, x, axis) * np.exp(x - in_place(y, x, axis))


@operation("Logsumexp", gradient=_logsumexp_gradient, module="math")
def logsumexp(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """Log Σ e^x, as m + log Σ e^(x − m) with m = max x."""
    (x,) = floating(x)
    highest = np.max(x, axis=_tuple(axis), keepdims=True)
    highest = np.where(np.isfinite(highest), highest, x.dtype.type(0))
    total = np.log(np.sum(np.exp(x - highest), axis=_tuple(axis), keepdims=True)) + highest
    return total if keepdims else np.squeeze(total, axis=axis_tuple(axis, x.ndim))


# Which and how many


def _argument(function: Callable[..., Any], x: Any, axis: int | None, keepdims: bool) -> Any:
    x = tensor(x)
    if x.dtype.kind == "f" and x.ndim:  # −0 counts as less than 0
        x = np.where((x == 0) & np.signbit(x), -np.finfo(x.dtype).tiny, x)
    return np.asarray(function(x, axis=axis, keepdims=keepdims)).astype(np.int32)


@operation("Argmax")
def argmax(x: Any, *, axis: int | None = None, keepdims: bool = False) -> Any:
    """The place of the largest value, the first of equal ones."""
    return _argument(np.argmax, x, axis, keepdims)


@operation("Argmin")
def argmin(x: Any, *, axis: int | None = None, keepdims: bool = False) -> Any:
    """The place of the smallest value, the first of equal ones."""
    return _argument(np.argmin, x, axis, keepdims)


@operation("All")
def all_(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """Whether all are other than 0."""
    return np.all(tensor(x), axis=_tuple(axis), keepdims=keepdims)


@operation("Any")
def any_(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """Whether one is other than 0: how Keras reduces the masks of what `Concatenate` merges."""
    return np.any(tensor(x), axis=_tuple(axis), keepdims=keepdims)


@operation("CountNonzero")
def count_nonzero(x: Any, *, axis: Axis = None) -> Any:
    """How many are other than 0."""
    return np.sum(tensor(x) != 0, axis=_tuple(axis), dtype=np.int32)


# Quantiles


def _ranks(q: Array, length: int) -> list[tuple[Array, Array]]:
    """Which two of the values in rising order are next to each quantile, and their shares in it."""
    exact = (length - 1) * q.astype(np.float64)
    low = np.maximum(np.ceil(exact) - 1, 0)
    high = np.minimum(low + 1, length - 1)
    return [(high.astype(int), 1 - (high - exact)), (low.astype(int), high - exact)]


def _rows(x: Array, axis: Axis) -> Array:
    """The values that are reduced together, on a last axis."""
    axes = axis_tuple(axis, x.ndim)
    moved = np.moveaxis(x, axes, range(x.ndim - len(axes), x.ndim))
    return moved.reshape(*moved.shape[: x.ndim - len(axes)], -1)


def _from_rows(rows: Array, shape: tuple[int, ...], axis: Axis) -> Array:
    """The way back from `_rows`: the values where they were in an array of this shape."""
    axes = axis_tuple(axis, len(shape))
    others = [n for place, n in enumerate(shape) if place not in axes]
    together = rows.reshape(*others, *(shape[a] for a in axes))
    return np.moveaxis(together, range(len(shape) - len(axes), len(shape)), axes)


def _weak_q(q: Any) -> Array:
    """Quantiles as float32: Keras computes ranks from what 0.1 is in that type."""
    return np.asarray(tensor(q), np.float32)


def _quantile(x: Any, q: Array, axis: Axis, keepdims: bool) -> Any:
    (x,) = floating(x)
    rows = np.sort(_rows(x, axis), axis=-1)
    total = sum(rows[..., rank] * share.astype(x.dtype) for rank, share in _ranks(q, rows.shape[-1]))
    found = np.where(np.isnan(rows[..., -1:]).reshape(rows.shape[:-1] + (1,) * q.ndim), np.nan, total)
    found = np.moveaxis(found.astype(x.dtype), range(found.ndim - q.ndim, found.ndim), range(q.ndim))
    kept = [1 if place in axis_tuple(axis, x.ndim) else n for place, n in enumerate(x.shape)]
    return found.reshape(*q.shape, *kept) if keepdims else found


def _quantile_gradient(dy: Any, x: Array, q: Array, axis: Axis) -> Any:
    rows = _rows(x, axis)
    order = np.argsort(rows, axis=-1, kind="stable")
    sent = np.moveaxis(np.reshape(dy, q.shape + rows.shape[:-1]), range(q.ndim), range(-q.ndim, 0))
    sorted_ = np.zeros(rows.shape)
    for rank, share in _ranks(q, rows.shape[-1]):
        for place in np.ndindex(q.shape):
            sorted_[..., rank[place]] += sent[(..., *place)] * share[place]
    found = np.empty_like(sorted_)
    np.put_along_axis(found, order, sorted_, axis=-1)
    return _from_rows(found, x.shape, axis)


#: In a graph Keras interpolates, whatever method it was given, so the other ones stay out.
METHODS = {"method": ("linear",)}


@operation(
    "Quantile",
    gradient=lambda dy, y, x, q, axis, method, keepdims: (
        _quantile_gradient(dy, x, _weak_q(q), axis),
        None,
    ),
    choices=METHODS,
)
def quantile(x: Any, q: Any, *, axis: Axis = None, method: str = "linear", keepdims: bool = False) -> Any:
    """The value below which a share q of x lies; the quantiles of several q on a first axis."""
    return _quantile(x, _weak_q(q), axis, keepdims)


@operation(
    "Percentile",
    gradient=lambda dy, y, x, q, axis, method, keepdims: (
        _quantile_gradient(dy, x, _weak_q(q) / np.float32(100), axis),
        None,
    ),
    choices=METHODS,
)
def percentile(x: Any, q: Any, *, axis: Axis = None, method: str = "linear", keepdims: bool = False) -> Any:
    """The value below which q percent of x lie."""
    return _quantile(x, np.asarray(_weak_q(q) / np.float32(100)), axis, keepdims)


@operation(
    "Median",
    gradient=lambda dy, y, x, axis, keepdims: _quantile_gradient(dy, x, _weak_q(0.5), axis),
)
def median(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """The value in the middle; of an even number, the mean of the two."""
    return _quantile(x, _weak_q(0.5), axis, keepdims)


# Quantiles of what is a number


def _nan_ranks(rows: Array, q: Array) -> tuple[Array, list[tuple[Array, Array]]]:
    """Which rows have a number at all, and for each q two ranks with their shares, (rows ..., q)."""
    held = np.sum(~np.isnan(rows), axis=-1, keepdims=True)
    last = np.maximum(held - 1, 0)
    exact = last * q.reshape(-1).astype(np.float64)
    low = np.maximum(np.ceil(exact) - 1, 0)
    high = np.minimum(low + 1, last)
    return held > 0, [(high.astype(int), 1 - (high - exact)), (low.astype(int), high - exact)]


def _nan_quantile(x: Any, q: Array, axis: Axis, keepdims: bool) -> Any:
    (x,) = floating(x)
    rows = np.sort(_rows(x, axis), axis=-1)  # NaN is last
    some, ranks = _nan_ranks(rows, q)
    total = sum(np.take_along_axis(rows, rank, axis=-1) * share.astype(x.dtype) for rank, share in ranks)
    found = np.moveaxis(np.where(some, total, np.nan).astype(x.dtype), -1, 0)
    kept = [1 if place in axis_tuple(axis, x.ndim) else n for place, n in enumerate(x.shape)]
    return found.reshape((*q.shape, *(kept if keepdims else found.shape[1:])))


def _nan_quantile_gradient(dy: Any, x: Array, q: Array, axis: Axis) -> Any:
    rows = _rows(x, axis)
    order = np.argsort(rows, axis=-1, kind="stable")
    some, ranks = _nan_ranks(rows, q)
    sent = np.where(some, np.moveaxis(np.reshape(dy, (-1, *rows.shape[:-1])), 0, -1), 0)
    found = np.zeros(rows.shape)
    for rank, share in ranks:
        for place in range(q.size):
            there = np.take_along_axis(order, rank[..., place, np.newaxis], axis=-1)
            part = np.zeros(rows.shape)
            np.put_along_axis(part, there, (sent * share)[..., place, np.newaxis], axis=-1)
            found += part
    return _from_rows(found, x.shape, axis)


@operation(
    "Nanquantile",
    gradient=lambda dy, y, x, q, axis, method, keepdims: (
        _nan_quantile_gradient(dy, x, _weak_q(q), axis),
        None,
    ),
    choices=METHODS,
)
def nanquantile(x: Any, q: Any, *, axis: Axis = None, method: str = "linear", keepdims: bool = False) -> Any:
    """The value below which a share q of the numbers in x lies; NaN where there are none."""
    return _nan_quantile(x, _weak_q(q), axis, keepdims)


@operation(
    "Nanpercentile",
    gradient=lambda dy, y, x, q, axis, method, keepdims: (
        _nan_quantile_gradient(dy, x, _weak_q(q) / np.float32(100), axis),
        None,
    ),
    choices=METHODS,
)
def nanpercentile(
    x: Any, q: Any, *, axis: Axis = None, method: str = "linear", keepdims: bool = False
) -> Any:
    """The value below which q percent of the numbers in x lie."""
    return _nan_quantile(x, np.asarray(_weak_q(q) / np.float32(100)), axis, keepdims)


@operation(
    "Nanmedian",
    gradient=lambda dy, y, x, axis, keepdims: _nan_quantile_gradient(dy, x, _weak_q(0.5), axis),
)
def nanmedian(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """The number in the middle; of an even count of them, the mean of the two."""
    return _nan_quantile(x, _weak_q(0.5), axis, keepdims)


# Step by step


def _unreduced(x: Any, axis: int | None, dtype: str | None) -> tuple[Array, int]:
    x = tensor(x).astype(dtype) if dtype else tensor(x)
    x = x.astype(np.int32) if x.dtype == bool else x
    return (x.reshape(-1), 0) if axis is None else (x, one_axis(axis, x.ndim))


def _backwards(dy: Any, axis: int) -> Any:
    return np.flip(np.cumsum(np.flip(dy, axis), axis=axis), axis)


def _cumsum_gradient(dy: Any, y: Any, x: Array, axis: int | None, **_: Any) -> Any:
    return _backwards(dy, axis or 0).reshape(x.shape)


@operation("Cumsum", gradient=_cumsum_gradient)
def cumsum(x: Any, *, axis: int | None = None, dtype: str | None = None) -> Any:
    """y_i = Σ_(j ≤ i) x_j; of all values in a row, if no axis is given."""
    x, axis = _unreduced(x, axis, dtype)
    return np.cumsum(x, axis=axis, dtype=x.dtype)


def _cumprod_gradient(dy: Any, y: Any, x: Array, axis: int | None, **_: Any) -> Any:
    return _backwards(dy * y, axis or 0).reshape(x.shape) / x


@operation("Cumprod", gradient=_cumprod_gradient)
def cumprod(x: Any, *, axis: int | None = None, dtype: str | None = None) -> Any:
    """y_i = Π_(j ≤ i) x_j; of all values in a row, if no axis is given."""
    x, axis = _unreduced(x, axis, dtype)
    return np.cumprod(x, axis=axis, dtype=x.dtype)


def _diff_gradient(dy: Any, y: Any, a: Array, n: int, axis: int) -> Any:
    for _ in range(n):
        ends = np.zeros_like(np.take(dy, [0], axis=axis))
        dy = np.concatenate([ends, dy], axis=axis) - np.concatenate([dy, ends], axis=axis)
    return dy


@operation("Diff", gradient=_diff_gradient)
def diff(a: Any, *, n: int = 1, axis: int = -1) -> Any:
    """y_i = a_(i+1) − a_i, done n times."""
    x = tensor(a)
    return np.diff(x, n=min(n, x.shape[axis]), axis=axis)  # then nothing is left


def _trapezoid_gradient(dy: Any, y: Any, a: Array, x: Any, dx: float, axis: int) -> Any:
    half = np.full(a.shape[axis] - 1, 0.5) * (dx if x is None else np.diff(x))
    shape = [1] * a.ndim
    shape[axis] = -1
    weights = (np.append(half, 0) + np.insert(half, 0, 0)).reshape(shape)
    return np.expand_dims(dy, axis) * weights


@operation("Trapezoid", gradient=_trapezoid_gradient)
def trapezoid(y: Any, *, x: Any = None, dx: float = 1.0, axis: int = -1) -> Any:
    """The integral of y by the trapezoidal rule: Σ dx (y_i + y_(i+1)) / 2."""
    (y,) = floating(y)
    y = np.moveaxis(y, axis, -1)
    widths = y.dtype.type(dx) if x is None else np.diff(np.asarray(x, y.dtype))
    return np.sum((y[..., 1:] + y[..., :-1]) * y.dtype.type(0.5) * widths, axis=-1, dtype=y.dtype)


# Without NaN


def _without_nan(name: str, of: str, fill: Any) -> None:
    """Make a reduction known that takes each NaN for another number, and the way back past it."""
    plain = find(of)
    assert plain is not None
    whole = plain

    def clean(x: Any) -> Any:
        x = tensor(x)
        return np.where(np.isnan(x), x.dtype.type(fill), x) if x.dtype.kind == "f" else x

    def gradient(dy: Any, y: Any, x: Array, **hyper_parameters: Any) -> Any:
        assert whole.gradient is not None
        return whole.gradient(dy, y, clean(x), **hyper_parameters) * ~np.isnan(x)

    back = gradient if whole.gradient else None
    if of.startswith("Cum"):

        @operation(name, gradient=back)
        def scan(x: Any, *, axis: int | None = None, dtype: str | None = None) -> Any:
            return whole.forward(clean(x), axis=axis, dtype=dtype)

    else:

        @operation(name, gradient=back)
        def reduce(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
            found = np.asarray(whole.forward(clean(x), axis=axis, keepdims=keepdims))
            x = tensor(x)
            if of in ("Sum", "Prod") or x.dtype.kind != "f":
                return found
            nothing = np.all(np.isnan(x), axis=_tuple(axis), keepdims=keepdims)
            return np.where(nothing, found.dtype.type(np.nan if of in ("Max", "Min") else -1), found)


for _name, _of, _fill in [
    ("Nansum", "Sum", 0),
    ("Nanprod", "Prod", 1),
    ("Nanmax", "Max", -np.inf),
    ("Nanmin", "Min", np.inf),
    ("Nanargmax", "Argmax", -np.inf),
    ("Nanargmin", "Argmin", np.inf),
    ("Nancumsum", "Cumsum", 0),
    ("Nancumprod", "Cumprod", 1),
]:
    _without_nan(_name, _of, _fill)


def _valid(x: Array, axis: Axis, keepdims: bool) -> Any:
    return np.sum(~np.isnan(x), axis=_tuple(axis), keepdims=keepdims).astype(x.dtype)


def _nanmean_gradient(dy: Any, y: Any, x: Array, axis: Axis, **_: Any) -> Any:
    return in_place(dy, x, axis) / _valid(x, axis, True) * ~np.isnan(x)


@operation("Nanmean", gradient=_nanmean_gradient)
def nanmean(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """Σ x / n over what is not NaN."""
    (x,) = floating(x)
    return np.nansum(x, axis=_tuple(axis), keepdims=keepdims) / _valid(x, axis, keepdims)


def _deviation(x: Array, axis: Axis) -> Any:
    return np.where(np.isnan(x), x.dtype.type(0), x - nanmean(x, axis=axis, keepdims=True))


def _nanvar_gradient(dy: Any, y: Any, x: Array, axis: Axis, **_: Any) -> Any:
    return in_place(dy, x, axis) * 2 * _deviation(x, axis) / _valid(x, axis, True)


@operation("Nanvar", gradient=_nanvar_gradient)
def nanvar(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """Σ (x − mean)² / n over what is not NaN."""
    (x,) = floating(x)
    squares = np.sum(_deviation(x, axis) ** 2, axis=_tuple(axis), keepdims=keepdims)
    return squares / _valid(x, axis, keepdims)


def _nanstd_gradient(dy: Any, y: Any, x: Array, axis: Axis, **_: Any) -> Any:
    return _nanvar_gradient(np.asarray(dy) / (2 * y), y, x, axis)


@operation("Nanstd", gradient=_nanstd_gradient)
def nanstd(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """√(Σ (x − mean)² / n) over what is not NaN."""
    return np.sqrt(nanvar(x, axis=axis, keepdims=keepdims))
