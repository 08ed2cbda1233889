"""Norms, inverses, determinants and factors of matrices, which stand on the last two axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from maju.layers.base import Array
from maju.layers.operations.axes import axis_tuple, in_place
from maju.layers.operations.function import operation
from maju.layers.operations.types import floating, tensor, tensors

__all__: list[str] = []

Axis: TypeAlias = int | Sequence[int] | None
Order: TypeAlias = float | str | None


def _turned(x: Any) -> Any:
    return np.swapaxes(x, -1, -2)


# Norms


def _flattened_norm(axes: tuple[int, ...], order: Order) -> bool:
    """Whether a norm is √Σx², of a vector or of a whole matrix."""
    return order is None or order == ("fro" if len(axes) == 2 else 2)


def _singular(x: Array, axes: tuple[int, ...], order: Order) -> tuple[Array, Array, Array]:
    """The factors U, V of matrices, and the weights with which their singular values make a norm."""
    u, s, v = np.linalg.svd(np.moveaxis(x, axes, (-2, -1)), full_matrices=False)
    chosen = {2: s == s.max(axis=-1, keepdims=True), -2: s == s.min(axis=-1, keepdims=True)}
    weights = np.ones_like(s) if order == "nuc" else chosen[order]  # type: ignore[index]
    return u, v, weights


def _norm_gradient(dy: Any, y: Any, x: Array, ord: Order, axis: Axis, keepdims: bool) -> Any:
    axes, order = axis_tuple(axis, x.ndim), ord
    dy, y = in_place(dy, x, axis), in_place(y, x, axis)
    if _flattened_norm(axes, order):
        return dy * x / np.where(y == 0, 1, y)
    if len(axes) == 2:
        if order in ("nuc", 2, -2):
            u, v, weights = _singular(x, axes, order)
            return dy * np.moveaxis((u * weights[..., np.newaxis, :]) @ v, (-2, -1), axes)
        by_column = abs(float(order or 0)) == 1
        sums = np.sum(np.abs(x), axis=axes[0] if by_column else axes[1], keepdims=True)
        chosen = sums == y
        shared = chosen.sum(axis=axes, keepdims=True)
        return dy * chosen / shared * np.sign(x)
    assert not isinstance(order, str)
    assert order is not None
    if math.isinf(order):
        chosen = np.abs(x) == y
        return dy * chosen / chosen.sum(axis=axes, keepdims=True) * np.sign(x)
    if order == 0:
        return dy * np.zeros_like(x)
    return dy * np.sign(x) * np.abs(x) ** (order - 1) * y ** (1 - order)


@operation("Norm", module="linalg", gradient=_norm_gradient)
def norm(x: Any, *, ord: Order = None, axis: Axis = None, keepdims: bool = False) -> Any:
    """(Σ |x|^p)^(1/p) of vectors, or of matrices where two axes are given; √Σx² where p is not given.

    Of a matrix, "fro" is √Σx², 1 the largest sum of a column, ∞ that of a row, 2 the largest singular value,
    "nuc" their sum; with a minus, the smallest.
    """
    (x,) = floating(x)
    axes, order = axis_tuple(axis, x.ndim), ord
    if len(axes) > 2 or (axis is None and len(axes) != 1 and order is not None and len(axes) != 2):
        raise ValueError(f"{len(axes)} axes; a norm is taken over 1 or 2")
    if _flattened_norm(axes, order):
        return np.sqrt(np.sum(x * x, axis=axes, keepdims=keepdims))
    found = np.linalg.norm(
        x,
        order,  # type: ignore[arg-type]
        axis=axes if len(axes) == 2 else axes[0],
        keepdims=keepdims,
    )
    return np.asarray(found).astype(x.dtype)


def _normalize_gradient(dy: Any, y: Any, x: Array, axis: Axis, order: int, epsilon: float | None) -> Any:
    floor = 1e-7 if epsilon is None else epsilon
    axes = axis_tuple(axis, x.ndim)
    if order == 2:
        inverse = 1 / np.sqrt(np.sum(x * x, axis=axes, keepdims=True))
        free = inverse < 1 / floor
        slope = x * inverse**2
        inverse = np.minimum(inverse, 1 / floor)
    else:
        size = np.sum(np.abs(x) ** order, axis=axes, keepdims=True) ** (1 / order)
        free = size > floor
        slope = np.sign(x) * np.abs(x) ** (order - 1) * size ** (-order)
        inverse = 1 / np.maximum(size, floor)
    return inverse * (dy - free * slope * np.sum(dy * x, axis=axes, keepdims=True))


@operation("Normalize", module="nn", gradient=_normalize_gradient)
def normalize(x: Any, *, axis: Axis = -1, order: int = 2, epsilon: float | None = None) -> Any:
    """X / max((Σ |x|^p)^(1/p), ε), with ε = 10⁻⁷ if it is not given."""
    if not isinstance(order, int) or order < 1:
        raise ValueError(f"order={order!r}; expected a whole number of at least 1")
    floor = 1e-7 if epsilon is None else epsilon
    x = np.atleast_1d(tensor(x))
    axes = axis_tuple(axis, x.ndim)
    if order == 2:
        inverse = 1 / np.sqrt(np.sum(x * x, axis=axes, keepdims=True))
        return x * np.minimum(inverse, x.dtype.type(1 / floor))
    size = norm(x, ord=order, axis=axes, keepdims=True)
    return x / np.maximum(size, size.dtype.type(floor))


# Determinants and inverses


@operation(
    "Det", module="linalg", gradient=lambda dy, y, x: (dy * y)[..., None, None] * _turned(np.linalg.inv(x))
)
def det(x: Any) -> Any:
    """The determinant."""
    return np.linalg.det(x)


@operation(
    "Logdet",
    module="math",
    gradient=lambda dy, y, x: np.asarray(dy)[..., None, None] * _turned(np.linalg.inv(x)),
)
def logdet(x: Any) -> Any:
    """The logarithm of the determinant of a positive definite matrix."""
    return np.where(np.linalg.det(x) > 0, np.linalg.slogdet(x)[1], np.asarray(x).dtype.type(np.nan))


@operation(
    "Slogdet",
    outputs=2,
    gradient=lambda dy, y, x: np.asarray(dy[1])[..., None, None] * _turned(np.linalg.inv(x)),
)
def slogdet(x: Any) -> Any:
    """The sign of the determinant, and the logarithm of its size."""
    return list(np.linalg.slogdet(x))


@operation("Inv", module="linalg", gradient=lambda dy, y, x: -_turned(y) @ dy @ _turned(y))
def inv(x: Any) -> Any:
    """The inverse."""
    return np.linalg.inv(x)


def _pinv_gradient(dy: Any, y: Any, x: Array, rcond: Any) -> Any:
    rows, columns = np.eye(x.shape[-2]), np.eye(x.shape[-1])
    sent = -_turned(y) @ dy @ _turned(y)
    outside = (rows - x @ y) @ _turned(dy) @ y @ _turned(y)
    return sent + outside + _turned(y) @ y @ _turned(dy) @ (columns - y @ x)


@operation("Pinv", module="linalg", gradient=_pinv_gradient)
def pinv(x: Any, *, rcond: float | None = None) -> Any:
    """The pseudo-inverse, without singular values below ``rcond`` times the largest."""
    (x,) = floating(x)
    least = 10 * max(x.shape[-2:]) * np.finfo(x.dtype).eps if rcond is None else rcond
    return np.linalg.pinv(x, least)


@operation("MatrixRank", module="linalg")
def matrix_rank(x: Any, *, tol: float | None = None) -> Any:
    """How many singular values are above a tolerance."""
    return np.asarray(np.linalg.matrix_rank(x, tol)).astype(np.int32)


# Systems of equations


def _columns(a: Any, b: Any) -> tuple[Any, bool]:
    """The right-hand sides as columns, and whether there was one vector only."""
    vector = np.ndim(b) == np.ndim(a) - 1
    return np.expand_dims(b, -1) if vector else b, vector


def _solve(a: Any, b: Any) -> Any:
    sides, vector = _columns(a, b)
    found = np.linalg.solve(a, sides)
    return found[..., 0] if vector else found


def _solve_gradient(dy: Any, y: Any, a: Any, b: Any) -> Any:
    db = _solve(_turned(a), dy)
    rows, _ = _columns(a, db)
    solution, _ = _columns(a, y)
    return -rows @ _turned(solution), db


@operation("Solve", module="linalg", gradient=_solve_gradient)
def solve(a: Any, b: Any) -> Any:
    """The x with a x = b."""
    return _solve(*tensors(a, b))


def _triangle(a: Any, lower: bool) -> Any:
    return np.tril(a) if lower else np.triu(a)


def _solve_triangular_gradient(dy: Any, y: Any, a: Any, b: Any, lower: bool) -> Any:
    da, db = _solve_gradient(dy, y, _triangle(a, lower), b)
    return _triangle(da, lower), db


@operation("SolveTriangular", module="linalg", gradient=_solve_triangular_gradient)
def solve_triangular(a: Any, b: Any, *, lower: bool = False) -> Any:
    """The x with a x = b, of the upper or lower triangle of a alone."""
    a, b = tensors(a, b)
    return _solve(_triangle(a, lower), b)


@operation("Lstsq", module="linalg")
def lstsq(a: Any, b: Any, *, rcond: float | None = None) -> Any:
    """The x with the least Σ (a x − b)², and of these the shortest."""
    a, b = tensors(a, b)
    return np.linalg.lstsq(a, b, np.finfo(a.dtype).eps * max(a.shape) if rcond is None else rcond)[0]


# Factors


def _cholesky_gradient(dy: Any, y: Any, x: Any, upper: bool) -> Any:
    lower, sent = (_turned(y), _turned(dy)) if upper else (y, dy)
    inner = np.tril(_turned(lower) @ sent)
    inner = inner - np.tril(np.triu(inner)) / 2  # half of the diagonal
    inverse = np.linalg.inv(lower)
    found = _turned(inverse) @ inner @ inverse
    return (found + _turned(found)) / 2


@operation("Cholesky", module="linalg", gradient=_cholesky_gradient)
def cholesky(x: Any, *, upper: bool = False) -> Any:
    """The lower triangle L with L Lᵀ = x, or its transpose."""
    found = np.linalg.cholesky(x)
    return _turned(found) if upper else found


def _cholesky_inverse_gradient(dy: Any, y: Any, x: Array, upper: bool) -> Any:
    triangle = _triangle(x, not upper)
    sent = -y @ (dy + _turned(dy)) @ y
    return _triangle(triangle @ sent if upper else sent @ triangle, not upper)


@operation("CholeskyInverse", module="linalg", gradient=_cholesky_inverse_gradient)
def cholesky_inverse(x: Any, *, upper: bool = False) -> Any:
    """The inverse of the matrix whose Cholesky factor is x."""
    inverse = np.linalg.inv(_triangle(x, not upper))
    return inverse @ _turned(inverse) if upper else _turned(inverse) @ inverse


def _svd_gradient(dy: Any, y: Any, x: Array, **_: Any) -> Any:
    u, _s, v = np.linalg.svd(x, full_matrices=False)
    return (u * np.asarray(dy)[..., np.newaxis, :]) @ v


@operation("SVD", module="linalg", gradient=_svd_gradient, choices={"compute_uv": (False,)})
def svd(x: Any, *, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """The singular values, from the largest on; the factors beside them have no sign of their own."""
    return np.linalg.svd(x, compute_uv=False)
