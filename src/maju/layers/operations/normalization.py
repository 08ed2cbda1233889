"""Normalization and attention with weights that come as arguments, and codes of classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from maju.layers.activations import softmax
from maju.layers.base import Array
from maju.layers.operations.axes import axis_tuple, one_axis
from maju.layers.operations.function import operation
from maju.layers.operations.types import SINGLE, result_type, tensor, tensors

__all__: list[str] = []

Axis: TypeAlias = int | Sequence[int]
EPSILON = 1e-7


def _wide(x: Any, *weights: Any) -> tuple[Any, ...]:
    """X and its weights in the type of x, half precision as float32; and that type as it was."""
    x = tensor(x)
    wide = result_type(x, SINGLE)
    found = [None if weight is None else tensor(weight).astype(wide) for weight in weights]
    return x.astype(wide), *found, x.dtype


def _scale_of(x: Array, axes: tuple[int, ...], epsilon: float | None, centered: bool) -> tuple[Array, Array]:
    """X less its mean (or x itself), and 1 / √(mean of the squares + ε)."""
    deviation = x - x.mean(axis=axes, keepdims=True) if centered else x
    square = np.mean(deviation**2, axis=axes, keepdims=True)
    return deviation, 1 / np.sqrt(square + x.dtype.type(EPSILON if epsilon is None else epsilon))


def _beside(weight: Any, x: Array, axes: tuple[int, ...]) -> Any:
    """A weight of the normalized axes, stretched to stand beside x."""
    if weight is None or np.ndim(weight) == x.ndim or axes == (x.ndim - 1,):
        return weight
    return np.reshape(weight, [n if place in axes else 1 for place, n in enumerate(x.shape)])


def _fitted(gradient: Any, weight: Any, x: Array, axes: tuple[int, ...]) -> Any:
    """The gradient of a weight that was stretched over x."""
    if weight is None:
        return None
    beside = np.broadcast_shapes(np.shape(_beside(weight, x, axes)), (1,) * x.ndim)
    stretched = tuple(place for place, n in enumerate(beside) if n == 1)
    return np.sum(gradient, axis=stretched, keepdims=True).reshape(np.shape(weight))


def _layer_norm_gradient(
    dy: Any, y: Any, x: Array, gamma: Any, beta: Any, axis: Axis, epsilon: float | None, rms_scaling: bool
) -> Any:
    axes = axis_tuple(axis, x.ndim)
    deviation, scale = _scale_of(x, axes, epsilon, centered=True)
    weighted = dy if gamma is None else dy * _beside(gamma, x, axes)
    normal = (x if rms_scaling else deviation) * scale
    if rms_scaling:
        turned = np.mean(weighted * x, axis=axes, keepdims=True)
        dx = scale * weighted - scale**3 * deviation * turned
        return dx, _fitted(dy * normal, gamma, x, axes), None
    mean = np.mean(weighted, axis=axes, keepdims=True)
    turned = np.mean(weighted * normal, axis=axes, keepdims=True)
    dx = scale * (weighted - mean - normal * turned)
    return dx, _fitted(dy * normal, gamma, x, axes), _fitted(dy, beta, x, axes)


@operation("LayerNorm", module="nn", gradient=_layer_norm_gradient)
def layer_norm(
    x: Any,
    gamma: Any = None,
    beta: Any = None,
    *,
    axis: Axis = -1,
    epsilon: float | None = None,
    rms_scaling: bool = False,
) -> Any:
    """γ (x − mean) / √(variance + ε) + β; with ``rms_scaling`` γ x / √(variance + ε)."""
    x, gamma, beta, dtype = _wide(x, gamma, beta)
    axes = axis_tuple(axis, x.ndim)
    deviation, scale = _scale_of(x, axes, epsilon, centered=True)
    y = (x if rms_scaling else deviation) * scale
    y = y if gamma is None else y * _beside(gamma, x, axes)
    return (y if beta is None or rms_scaling else y + _beside(beta, x, axes)).astype(dtype)


def _rms_norm_gradient(dy: Any, y: Any, x: Array, weight: Any, axis: Axis, epsilon: float | None) -> Any:
    axes = axis_tuple(axis, x.ndim)
    _, scale = _scale_of(x, axes, epsilon, centered=False)
    weighted = dy if weight is None else dy * weight
    dx = scale * weighted - scale**3 * x * np.mean(weighted * x, axis=axes, keepdims=True)
    return dx, None if weight is None else dy * x * scale


@operation("RMSNorm", module="nn", gradient=_rms_norm_gradient)
def rms_norm(x: Any, scale: Any = None, *, axis: Axis = -1, epsilon: float | None = None) -> Any:
    """Scale · x / √(mean of x² + ε)."""
    x, weight, dtype = _wide(np.atleast_1d(x), scale)
    y = x * _scale_of(x, axis_tuple(axis, x.ndim), epsilon, centered=False)[1]
    return (y if weight is None else y * weight).astype(dtype)


def _along(weight: Any, x: Array, axis: int) -> Any:
    """A weight of one axis, stretched to stand beside x."""
    if weight is None:
        return None
    return np.reshape(weight, [n if p == one_axis(axis, x.ndim) else 1 for p, n in enumerate(x.shape)])


def _batch_norm_gradient(
    dy: Any,
    y: Any,
    x: Array,
    mean: Any,
    variance: Any,
    offset: Any,
    scale: Any,
    axis: int,
    epsilon: float,
) -> Any:
    others = tuple(place for place in range(x.ndim) if place != one_axis(axis, x.ndim))
    factor = 1 / np.sqrt(_along(variance, x, axis) + epsilon)
    deviation = x - _along(mean, x, axis)
    weighted = dy if scale is None else dy * _along(scale, x, axis)
    return (
        weighted * factor,
        -(weighted * factor).sum(axis=others),
        (weighted * deviation * factor**3).sum(axis=others) / -2,
        None if offset is None else dy.sum(axis=others),
        None if scale is None else (dy * deviation * factor).sum(axis=others),
    )


@operation("BatchNorm", module="nn", gradient=_batch_norm_gradient)
def batch_norm(
    x: Any,
    mean: Any,
    variance: Any,
    offset: Any = None,
    scale: Any = None,
    *,
    axis: int,
    epsilon: float = 1e-3,
) -> Any:
    """Scale · (x − mean) / √(variance + ε) + offset, each with a number for each entry of the axis."""
    x = tensor(x)
    weights = [_along(weight, x, axis) for weight in (mean, variance, offset, scale)]
    center, spread, shift, factor = weights
    y = (x - center) / np.sqrt(spread + x.dtype.type(epsilon))
    y = y if factor is None else y * factor
    return (y if shift is None else y + shift).astype(x.dtype)


# Attention


def _masked_logits(logits: Array, mask: Any, is_causal: bool) -> Array:
    kept = np.ones(logits.shape[-2:], bool)
    kept = np.tril(kept) if is_causal else kept
    kept = kept if mask is None else kept & tensor(mask).astype(bool)
    lowest = 65500.0 if logits.dtype == np.float16 else 3.38953e38
    return np.where(kept, logits, logits.dtype.type(-0.7 * lowest))


def _attention_parts(
    query: Any, key: Any, value: Any, bias: Any, mask: Any, scale: Any, is_causal: bool
) -> tuple[Array, Array, Array, Array, float]:
    """The query, key and value in one type, the keys and values repeated for groups of heads, the weights."""
    query, key, value = tensors(query, key, value)
    groups = query.shape[2] // key.shape[2]
    if key.shape[2] > 1 and groups > 1:
        key, value = np.repeat(key, groups, axis=2), np.repeat(value, groups, axis=2)
    scale = 1 / np.sqrt(np.float32(key.shape[-1])) if scale is None else scale
    logits = np.einsum("btnh,bsnh->bnts", query, np.broadcast_to(key, _heads(key, query)), optimize=True)
    logits = logits.astype(result_type(logits, SINGLE))
    logits = logits * logits.dtype.type(scale)
    logits = logits if bias is None else logits + tensor(bias).astype(logits.dtype)
    return query, key, value, softmax(_masked_logits(logits, mask, is_causal)), float(scale)


def _heads(x: Array, query: Array) -> tuple[int, ...]:
    return (*x.shape[:2], query.shape[2], x.shape[3])


def _attention_gradient(
    dy: Any, y: Any, q: Any, k: Any, v: Any, bias: Any, mask: Any, scale: Any, is_causal: bool, **_: Any
) -> Any:
    query, key, value, weights, factor = _attention_parts(q, k, v, bias, mask, scale, is_causal)
    key, value = (np.broadcast_to(x, _heads(x, query)) for x in (key, value))
    dvalue = np.einsum("bnts,btnh->bsnh", weights, dy)
    dweights = np.einsum("btnh,bsnh->bnts", dy, value)
    dlogits = weights * (dweights - np.sum(dweights * weights, axis=-1, keepdims=True))
    dquery = np.einsum("bnts,bsnh->btnh", dlogits, key) * factor
    dkey = np.einsum("bnts,btnh->bsnh", dlogits, query) * factor
    groups = query.shape[2] // k.shape[2]
    dkey, dvalue = (d.reshape(*d.shape[:2], -1, groups, d.shape[3]).sum(axis=3) for d in (dkey, dvalue))
    return dquery, dkey, dvalue, None if bias is None else dlogits, None, None


@operation(
    "DotProductAttention",
    module="nn",
    gradient=_attention_gradient,
    choices={"flash_attention": (None, False), "attn_logits_soft_cap": (None,)},
)
def dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    bias: Any = None,
    mask: Any = None,
    scale: Any = None,
    *,
    is_causal: bool = False,
    flash_attention: bool | None = None,
    attn_logits_soft_cap: float | None = None,
) -> Any:
    """Σ_s softmax(scale · q_t·k_s + bias) v_s, with scale 1/√(size of a head) if it is not given.

    Shapes:
        query: (batch, t, heads, size). key, value: (batch, s, heads, size); each head of theirs may serve
        several of the query. bias, mask: (batch, heads, t, s). y: (batch, t, heads, size).
    """
    query, key, value, weights, _ = _attention_parts(query, key, value, bias, mask, scale, is_causal)
    value = np.broadcast_to(value, _heads(value, query))
    return np.einsum("bnts,bsnh->btnh", weights.astype(key.dtype), value, optimize=True)


# Codes of classes


@operation("OneHot", module="nn", gradient=lambda dy, y, x, **_: None)
def one_hot(
    x: Any, *, num_classes: int, axis: int = -1, dtype: str | None = None, sparse: bool = False
) -> Any:
    """1 at the place of the class along a new axis, and 0 elsewhere; none for a class that is not there."""
    ids = tensor(x).astype(np.int64)
    place = one_axis(axis, ids.ndim + 1)
    shape = [1] * (ids.ndim + 1)
    shape[place] = num_classes
    classes = np.arange(num_classes).reshape(shape)
    return (np.expand_dims(ids, place) == classes).astype(dtype or "float32")


@operation("MultiHot", module="nn", gradient=lambda dy, y, inputs, **_: None)
def multi_hot(
    inputs: Any, *, num_classes: int, axis: int = -1, dtype: str | None = None, sparse: bool = False
) -> Any:
    """1 at the places of all classes of a row, and 0 elsewhere."""
    codes = one_hot(inputs, num_classes=num_classes, axis=axis, dtype=dtype)
    return np.max(codes, axis=1 if np.ndim(inputs) > 1 else 0)


@operation("InTopK", module="math")
def in_top_k(targets: Any, predictions: Any, *, k: int) -> Any:
    """Whether the prediction for the target is among the k highest of its row."""
    chosen = np.take_along_axis(predictions, tensor(targets).astype(np.int64)[:, np.newaxis], axis=-1)
    return (np.sum(predictions > chosen, axis=-1) < k) & np.isfinite(chosen[:, 0])


def _psnr_gradient(dy: Any, y: Any, x1: Any, x2: Any, max_val: float) -> Any:
    apart = np.subtract(x1, x2)
    slope = -10 / np.log(10) * 2 * apart / np.sum(apart**2)
    return dy * slope, -dy * slope


@operation("PSNR", module="nn", gradient=_psnr_gradient)
def psnr(x1: Any, x2: Any, *, max_val: float) -> Any:
    """20 log₁₀ max − 10 log₁₀ mean (x₁ − x₂)²."""
    error = np.mean(np.square(np.subtract(x1, x2)))
    return (20 * np.log10(max_val) - 10 * np.log10(error)).astype(np.asarray(x2).dtype)
