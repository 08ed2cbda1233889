"""Activations that write over what they are given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from maju.layers import activations
from maju.layers.activations import Activation
from maju.layers.base import Array

__all__ = ["in_place", "rises"]


def in_place(activation: Activation) -> Callable[[Array], object]:
    """What puts φ(x) in the place of x."""
    own = _IN_PLACE.get(activation.forward)
    if own is not None:
        return own

    def assign(x: Array) -> None:
        x[...] = activation(x)

    return assign


def rises(activation: Activation) -> bool:
    """Whether φ never falls from a number to a larger one, so that the largest of some stays the largest."""
    return activation.forward in _IN_PLACE


def _nothing(x: Array) -> None:
    pass


def _relu(x: Array) -> None:
    np.maximum(x, 0, out=x)


def _relu6(x: Array) -> None:
    np.clip(x, 0, 6, out=x)


def _tanh(x: Array) -> None:
    np.tanh(x, out=x)


def _sigmoid(x: Array) -> None:
    np.negative(x, out=x)
    np.exp(x, out=x)
    x += 1
    np.reciprocal(x, out=x)


_IN_PLACE: Mapping[Callable[..., Any], Callable[[Array], object]] = {
    activations.get("linear").forward: _nothing,
    activations.get("relu").forward: _relu,
    activations.get("relu6").forward: _relu6,
    activations.get("sigmoid").forward: _sigmoid,
    activations.get("tanh").forward: _tanh,
}
