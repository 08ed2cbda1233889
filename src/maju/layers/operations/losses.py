"""How far predictions are from what was wanted: the cross-entropies."""

from __future__ import annotations

from typing import Any

import numpy as np

from maju.layers.base import Array
from maju.layers.operations.axes import one_axis
from maju.layers.operations.function import operation
from maju.layers.operations.types import floating, tensor

__all__: list[str] = []

#: Probabilities closer to 0 and to 1 count as this far away.
EPSILON = 1e-7


def _clipped(p: Array) -> Array:
    return np.asarray(np.clip(p, p.dtype.type(EPSILON), p.dtype.type(1 - EPSILON)))


def _inside(p: Array) -> Array:
    return np.asarray((p >= p.dtype.type(EPSILON)) & (p <= p.dtype.type(1 - EPSILON)))


def _log_softmax(logits: Array, axis: int) -> Array:
    shifted = logits - logits.max(axis=axis, keepdims=True)
    return np.asarray(shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True)))


def _binary_gradient(dy: Any, y: Any, target: Any, output: Any, from_logits: bool) -> Any:
    target, output = floating(target, output)
    if from_logits:
        return -dy * output, dy * (1 / (1 + np.exp(-output)) - target)
    p = _clipped(output)
    return -dy * (np.log(p) - np.log(1 - p)), dy * _inside(output) * (p - target) / (p * (1 - p))


@operation("BinaryCrossentropy", module="nn", gradient=_binary_gradient)
def binary_crossentropy(target: Any, output: Any, *, from_logits: bool = False) -> Any:
    """−t log p − (1 − t) log(1 − p) in each place; with ``from_logits`` p = σ(output)."""
    target, output = floating(target, output)
    if from_logits:
        return np.maximum(output, 0) - output * target + np.log1p(np.exp(-np.abs(output)))
    p = _clipped(output)
    return -(target * np.log(p) + (1 - target) * np.log(1 - p))


def _categorical_gradient(dy: Any, y: Any, target: Any, output: Any, from_logits: bool, axis: int) -> Any:
    target, output = floating(target, output)
    dy = np.expand_dims(dy, axis)
    if from_logits:
        logs = _log_softmax(output, axis)
        return -dy * logs, dy * (np.exp(logs) * target.sum(axis=axis, keepdims=True) - target)
    total = output.sum(axis=axis, keepdims=True)
    share = output / total
    d_share = -dy * target / _clipped(share) * _inside(share)
    back = (d_share - np.sum(d_share * share, axis=axis, keepdims=True)) / total
    return -dy * np.log(_clipped(share)), back


@operation("CategoricalCrossentropy", module="nn", gradient=_categorical_gradient)
def categorical_crossentropy(target: Any, output: Any, *, from_logits: bool = False, axis: int = -1) -> Any:
    """−Σ t log p along an axis; p is the output's share in its sum, with ``from_logits`` its softmax."""
    target, output = floating(target, output)
    if from_logits:
        return -np.sum(target * _log_softmax(output, axis), axis=axis)
    return -np.sum(target * np.log(_clipped(output / output.sum(axis=axis, keepdims=True))), axis=axis)


def _ids(target: Any, output: Array, axis: int) -> Array:
    """The wanted classes with an axis of length 1 where the output has the classes."""
    if one_axis(axis, output.ndim) != output.ndim - 1:
        raise ValueError(f"the classes lie on the last axis, not on axis {axis}")
    ids = tensor(target).astype(np.int64)
    ids = ids if ids.ndim == output.ndim and ids.shape[-1] == 1 else ids[..., np.newaxis]
    if ids.size and (ids.min() < 0 or ids.max() >= output.shape[-1]):
        raise ValueError(f"classes from 0 to {output.shape[-1] - 1}, got {ids.min()} to {ids.max()}")
    return ids


def _sparse_logs(output: Array, from_logits: bool) -> Array:
    return _log_softmax(output if from_logits else np.log(_clipped(output)), -1)


def _sparse_gradient(dy: Any, y: Any, target: Any, output: Any, from_logits: bool, axis: int) -> Any:
    (output,) = floating(output)
    ids = _ids(target, output, axis)
    back = np.exp(_sparse_logs(output, from_logits))
    np.put_along_axis(back, ids, np.take_along_axis(back, ids, -1) - 1, -1)
    back = back * np.expand_dims(dy, -1)
    return None, back if from_logits else back * _inside(output) / _clipped(output)


@operation("SparseCategoricalCrossentropy", module="nn", gradient=_sparse_gradient)
def sparse_categorical_crossentropy(
    target: Any, output: Any, *, from_logits: bool = False, axis: int = -1
) -> Any:
    """−log p of the wanted class, whose number is the target: p is the output's share in its sum.

    With ``from_logits`` p is the softmax of the output.
    """
    (output,) = floating(output)
    ids = _ids(target, output, axis)
    return -np.take_along_axis(_sparse_logs(output, from_logits), ids, -1)[..., 0]
