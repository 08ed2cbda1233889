"""Products of vectors, matrices and tensors."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_letters
from typing import Any

import numpy as np

from maju.errors import GradientError
from maju.layers.base import Array
from maju.layers.operations.axes import axis_tuple
from maju.layers.operations.function import operation
from maju.layers.operations.types import floating, summable, tensor, tensors

__all__ = ["spelled"]


def _matmul_gradient(dy: Any, y: Any, x1: Any, x2: Any) -> Any:
    row, column = np.ndim(x1) == 1, np.ndim(x2) == 1
    a = x1[np.newaxis, :] if row else x1
    b = x2[:, np.newaxis] if column else x2
    dy = np.expand_dims(dy, -1) if column else dy
    dy = np.expand_dims(dy, -2) if row else dy
    da, db = dy @ np.swapaxes(b, -1, -2), np.swapaxes(a, -1, -2) @ dy
    return da[..., 0, :] if row else da, db[..., 0] if column else db


@operation("Matmul", gradient=_matmul_gradient)
def matmul(x1: Any, x2: Any) -> Any:
    """y_ij = Σ_k a_ik b_kj over the last two axes; int8 adds up as int32."""
    x1, x2 = tensor(x1), tensor(x2)
    if x1.dtype == x2.dtype == np.int8 and x1.ndim > 1 and x2.ndim > 1:
        return x1.astype(np.int32) @ x2.astype(np.int32)
    x1, x2 = tensors(x1, x2)
    return x1 @ x2


# Over chosen axes


def _pairs(axes: Any, x1: Any, x2: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The axes of x₁ and of x₂ that are multiplied, each with its partner."""
    if isinstance(axes, int):
        return tuple(range(np.ndim(x1) - axes, np.ndim(x1))), tuple(range(axes))
    first, second = axes
    return axis_tuple(first, np.ndim(x1)), axis_tuple(second, np.ndim(x2))


def _tensordot_gradient(dy: Any, y: Any, x1: Any, x2: Any, axes: Any) -> Any:
    first, second = _pairs(axes, x1, x2)
    free1 = [axis for axis in range(np.ndim(x1)) if axis not in first]
    free2 = [axis for axis in range(np.ndim(x2)) if axis not in second]
    ahead, behind = list(range(len(free1))), list(range(len(free1), np.ndim(dy)))
    dx1 = np.tensordot(dy, x2, axes=(behind, free2))
    order1 = free1 + [first[second.index(axis)] for axis in sorted(second)]
    dx2 = np.tensordot(x1, dy, axes=(free1, ahead))
    order2 = [second[first.index(axis)] for axis in sorted(first)] + free2
    return np.transpose(dx1, np.argsort(order1)), np.transpose(dx2, np.argsort(order2))


@operation("Tensordot", gradient=_tensordot_gradient)
def tensordot(x1: Any, x2: Any, *, axes: Any = 2) -> Any:
    """Products added up over axes: so many last ones of x₁ with first ones of x₂, or the pairs given."""
    x1, x2 = tensors(x1, x2)
    return np.tensordot(x1, x2, axes=_pairs(axes, x1, x2))


def _over(x1: Any, x2: Any, second: int) -> Any:
    """The axes of `dot` and `inner`; None for a product with a single number."""
    return ([-1], [second]) if np.ndim(x1) and np.ndim(x2) else None


def _dot_gradient(dy: Any, y: Any, x1: Any, x2: Any) -> Any:
    axes = _over(x1, x2, -1 if np.ndim(x2) == 1 else -2)
    return (dy * x2, dy * x1) if axes is None else _tensordot_gradient(dy, y, x1, x2, axes)


@operation("Dot", gradient=_dot_gradient)
def dot(x1: Any, x2: Any) -> Any:
    """The last axis of x₁ with the last but one of x₂, or with its only one."""
    x1, x2 = tensors(x1, x2)
    axes = _over(x1, x2, -1 if np.ndim(x2) == 1 else -2)
    return x1 * x2 if axes is None else np.tensordot(x1, x2, axes)


def _inner_gradient(dy: Any, y: Any, x1: Any, x2: Any) -> Any:
    axes = _over(x1, x2, -1)
    return (dy * x2, dy * x1) if axes is None else _tensordot_gradient(dy, y, x1, x2, axes)


@operation("Inner", gradient=_inner_gradient)
def inner(x1: Any, x2: Any) -> Any:
    """The last axis of x₁ with the last of x₂."""
    x1, x2 = tensors(x1, x2)
    axes = _over(x1, x2, -1)
    return x1 * x2 if axes is None else np.tensordot(x1, x2, axes)


@operation(
    "Vdot",
    gradient=lambda dy, y, x1, x2: (dy * np.reshape(x2, np.shape(x1)), dy * np.reshape(x1, np.shape(x2))),
)
def vdot(x1: Any, x2: Any) -> Any:
    """All values of x₁ with all of x₂."""
    x1, x2 = tensors(x1, x2)
    return np.dot(x1.reshape(-1), x2.reshape(-1))


@operation(
    "Outer",
    gradient=lambda dy, y, x1, x2: (
        (dy @ np.reshape(x2, -1)).reshape(np.shape(x1)),
        (np.reshape(x1, -1) @ dy).reshape(np.shape(x2)),
    ),
)
def outer(x1: Any, x2: Any) -> Any:
    """Each value of x₁, in a row, with each of x₂."""
    x1, x2 = tensors(x1, x2)
    return x1.reshape(-1, 1) * x2.reshape(-1)


def _kron_gradient(dy: Any, y: Any, x1: Any, x2: Any) -> Any:
    ndim = max(np.ndim(x1), np.ndim(x2))
    a, b = (np.reshape(x, (1,) * (ndim - np.ndim(x)) + np.shape(x)) for x in (x1, x2))
    blocks = np.reshape(dy, [n for pair in zip(a.shape, b.shape, strict=True) for n in pair])
    a_axes, b_axes = tuple(range(0, 2 * ndim, 2)), tuple(range(1, 2 * ndim, 2))
    da = (blocks * np.expand_dims(b, a_axes)).sum(axis=b_axes)
    db = (blocks * np.expand_dims(a, b_axes)).sum(axis=a_axes)
    return da.reshape(np.shape(x1)), db.reshape(np.shape(x2))


@operation("Kron", gradient=_kron_gradient)
def kron(x1: Any, x2: Any) -> Any:
    """The block x₁_ij · x₂ for each value of x₁."""
    x1, x2 = tensors(x1, x2)
    return np.kron(x1, x2)


# Sums of products by their letters


def spelled(subscripts: str, ndims: Sequence[int]) -> tuple[list[str], str]:
    """The letters of each operand and of the output, those for an ellipsis among them."""
    left, arrow, out = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    if not arrow:
        once = sorted(letter for letter in set(left) - set(",.") if left.count(letter) == 1)
        out = ("..." if "..." in left else "") + "".join(once)
    spare = [letter for letter in ascii_letters if letter not in subscripts]
    elided = [
        ndim - len(term.replace("...", "")) if "..." in term else 0
        for term, ndim in zip(terms, ndims, strict=True)
    ]
    letters = spare[: max(elided)]
    terms = [
        term.replace("...", "".join(letters[len(letters) - n :]))
        for term, n in zip(terms, elided, strict=True)
    ]
    return terms, out.replace("...", "".join(letters))


def _einsum_gradient(dy: Any, y: Any, *operands: Any, subscripts: str) -> Any:
    terms, out = spelled(subscripts, [np.ndim(operand) for operand in operands])
    found = []
    for place, (term, operand) in enumerate(zip(terms, operands, strict=True)):
        if len(set(term)) < len(term):
            raise GradientError(f"einsum {subscripts!r}, with a letter twice in a term, has no backward")
        others, values = (items[:place] + items[place + 1 :] for items in (terms, list(operands)))
        reached = [letter for letter in term if letter in out + "".join(others)]
        equation = f"{','.join([out, *others])}->{''.join(reached)}"
        part = np.einsum(equation, dy, *values, optimize=True)
        lone = tuple(axis for axis, letter in enumerate(term) if letter not in reached)
        repeats = [np.shape(operand)[axis] if axis in lone else 1 for axis in range(len(term))]
        found.append(np.tile(np.expand_dims(part, lone), repeats))
    return tuple(found) if len(found) > 1 else found[0]


@operation("Einsum", gradient=_einsum_gradient)
def einsum(*operands: Any, subscripts: str) -> Any:
    """The product of the operands, summed over the letters that the output lacks: ``"ij,jk->ik"``."""
    arrays = [tensor(operand) for operand in operands]
    small = all(array.dtype == np.int8 for array in arrays)
    arrays = [array.astype(np.int32) for array in arrays] if small else tensors(*arrays)
    return np.einsum(subscripts, *arrays, optimize=True)


# Of vectors


def _with_three(x: Array) -> Array:
    return np.concatenate([x, np.zeros_like(x[..., :1])], axis=-1) if x.shape[-1] == 2 else x


def _cross_gradient(
    dy: Any, y: Any, x1: Any, x2: Any, axisa: int, axisb: int, axisc: int, axis: int | None
) -> Any:
    axisa, axisb, axisc = (axisa, axisb, axisc) if axis is None else (axis, axis, axis)
    a, b = np.moveaxis(x1, axisa, -1), np.moveaxis(x2, axisb, -1)
    if a.shape[-1] == b.shape[-1] == 2:
        sent = np.stack([np.zeros_like(dy), np.zeros_like(dy), dy], axis=-1)
    else:
        sent = np.moveaxis(dy, axisc, -1)
    da = np.cross(_with_three(b), sent)[..., : a.shape[-1]]
    db = np.cross(sent, _with_three(a))[..., : b.shape[-1]]
    extra_a, extra_b = da.ndim - a.ndim, db.ndim - b.ndim
    da, db = da.sum(axis=tuple(range(extra_a))), db.sum(axis=tuple(range(extra_b)))
    return np.moveaxis(da, -1, axisa), np.moveaxis(db, -1, axisb)


@operation("Cross", gradient=_cross_gradient)
def cross(
    x1: Any, x2: Any, *, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> Any:
    """The cross product of vectors of 3; of 2, with 0 as the third number; of two of 2, only the third."""
    x1, x2 = tensors(x1, x2)
    axisa, axisb, axisc = (axisa, axisb, axisc) if axis is None else (axis, axis, axis)
    a, b = np.moveaxis(x1, axisa, -1), np.moveaxis(x2, axisb, -1)
    y = np.cross(_with_three(a), _with_three(b))
    return y[..., 2] if a.shape[-1] == b.shape[-1] == 2 else np.moveaxis(y, -1, axisc)


def _trace_gradient(dy: Any, y: Any, x: Any, offset: int, axis1: int, axis2: int) -> Any:
    eye = np.eye(np.shape(x)[axis1], np.shape(x)[axis2], offset)
    return np.moveaxis(np.expand_dims(dy, (-2, -1)) * eye, (-2, -1), (axis1, axis2))


@operation("Trace", gradient=_trace_gradient)
def trace(x: Any, *, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The sum along a diagonal in the planes of two axes."""
    x = summable(x)
    return np.trace(x, offset, axis1, axis2, dtype=x.dtype)


def _vander_gradient(dy: Any, y: Any, x: Any, N: int | None, increasing: bool) -> Any:
    powers = _powers(x, N, increasing)
    slopes = np.where(powers > 0, powers * x[:, np.newaxis] ** np.maximum(powers - 1, 0), 0)
    return (dy * slopes).sum(axis=-1)


def _powers(x: Any, n: int | None, increasing: bool) -> Array:
    powers = np.arange(len(x) if n is None else n)
    return powers if increasing else powers[::-1]


@operation("Vander", gradient=_vander_gradient)
def vander(x: Any, *, N: int | None = None, increasing: bool = False) -> Any:
    """A row of powers for each value: x^(N−1), ..., x, 1."""
    x = tensor(x)
    powers = _powers(x, N, increasing)
    return (x[:, np.newaxis] ** powers.astype(x.dtype)).astype(x.dtype)


def _correlate_gradient(dy: Any, y: Any, x1: Any, x2: Any, *, mode: str) -> Any:
    short = min(len(x1), len(x2))
    half = short // 2 if len(x1) < len(x2) else (short - 1) // 2
    first = {"full": 0, "same": half, "valid": short - 1}[mode]  # of those that mode "full" gives
    sent = np.zeros(len(x1) + len(x2) - 1, dy.dtype)
    sent[first : first + len(dy)] = dy
    return np.convolve(sent, x2)[len(x2) - 1 :][: len(x1)], np.correlate(sent, x1, "valid")[::-1]


@operation("Correlate", gradient=_correlate_gradient, choices={"mode": ("valid", "same", "full")})
def correlate(x1: Any, x2: Any, *, mode: str = "valid") -> Any:
    """y_k = Σ_n x₁_(n+k) x₂_n of two vectors."""
    x1, x2 = floating(x1, x2)
    return np.correlate(x1, x2, mode)  # type: ignore[call-overload]


def _corrcoef_gradient(dy: Any, y: Any, x: Any) -> Any:
    centered = x - x.mean(axis=-1, keepdims=True)
    length = np.linalg.norm(centered, axis=-1, keepdims=True)
    unit = centered / length  # y = unit · unitᵀ
    d_unit = (dy + dy.T) @ unit
    sent = (d_unit - unit * (d_unit * unit).sum(axis=-1, keepdims=True)) / length
    return sent - sent.mean(axis=-1, keepdims=True)


@operation("Corrcoef", gradient=_corrcoef_gradient)
def corrcoef(x: Any) -> Any:
    """How strongly the rows of x go together: their covariance by their standard deviations."""
    (x,) = floating(x)
    centered = x - x.mean(axis=-1, keepdims=True)
    covariance = centered @ np.swapaxes(centered, -1, -2) / x.dtype.type(x.shape[-1] - 1)
    deviation = np.sqrt(np.diagonal(covariance))
    return np.clip(covariance / np.multiply.outer(deviation, deviation), -1, 1)


def _cdist_gradient(dy: Any, distances: Any, x: Any, y: Any) -> Any:
    apart = np.expand_dims(x, -2) - np.expand_dims(y, -3)
    safe = np.where(distances == 0, 1, distances)
    sent = np.expand_dims(dy / safe, -1) * apart
    return sent.sum(axis=-2), -sent.sum(axis=-3)


@operation("CDist", module="math", gradient=_cdist_gradient)
def cdist(x: Any, y: Any) -> Any:
    """The distance of each row of x from each row of y."""
    x, y = floating(x, y)
    return np.sqrt(np.sum((np.expand_dims(x, -2) - np.expand_dims(y, -3)) ** 2, axis=-1))
