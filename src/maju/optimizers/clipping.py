"""Clipping: gradients that are too large are made smaller before a step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np

from maju.layers.base import Array
from maju.layers.row_gradient import RowGradient
from maju.optimizers.gradient import BLOCK

__all__ = ["Given", "clip_by_global_norm", "clip_by_norm", "clip_by_value"]

#: A gradient as it comes.
Given: TypeAlias = Array | RowGradient


def clip_by_norm(gradient: Given, limit: float) -> Given:
    """G · limit / ‖g‖ where the norm is above the limit. Of rows of a table, each time counts."""
    values = gradient.values if isinstance(gradient, RowGradient) else gradient
    norm = np.sqrt(_squared_norm(values))
    if norm <= limit:
        return gradient

    def scaled(g: Array) -> Array:
        larger: Array = g * limit
        larger /= norm
        return larger

    return gradient.changed(scaled) if isinstance(gradient, RowGradient) else scaled(gradient)


def clip_by_global_norm(gradients: Mapping[str, Given], limit: float) -> dict[str, Given]:
    """G · limit / N where N is above the limit, with N the norm of all gradients together.

    Rows of a table are added up here, as Keras does; their norm is taken before.
    """
    squares = [_squared_norm(g.values if isinstance(g, RowGradient) else g) for g in gradients.values()]
    norm = np.sqrt(np.sum(squares, dtype=squares[0].dtype))
    number = norm.dtype.type
    with np.errstate(all="ignore"):
        scale = number(limit) * np.minimum(number(1) / norm, number(1 / limit))
        scale += norm - norm  # an infinite norm is NaN from here on, as in Keras
    dense = {path: g.sum if isinstance(g, RowGradient) else g for path, g in gradients.items()}
    return {path: g if scale == 1 else g * g.dtype.type(scale) for path, g in dense.items()}


def clip_by_value(gradient: Given, limit: float) -> Given:
    """Every number of g brought to [−limit, limit]. Of rows of a table, each time is brought there."""

    def cut(g: Array) -> Array:
        return np.clip(g, -limit, limit)

    return gradient.changed(cut) if isinstance(gradient, RowGradient) else cut(gradient)


def _squared_norm(values: Array) -> Any:
    flat = np.ascontiguousarray(values).reshape(-1)
    parts = (flat[start : start + BLOCK] for start in range(0, flat.size, BLOCK))
    return values.dtype.type(sum(float(part @ part) for part in parts))
