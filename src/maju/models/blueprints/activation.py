"""Activations as layers, with Keras's arguments; each has the docstring of the layer that it makes."""

# ruff: noqa: D101
# fmt: off
from __future__ import annotations

from typing import Any

from maju.models.blueprint import Blueprint
from maju.models.blueprints.arguments import Constraint, Initializer, Regularizer

__all__ = [
    "ELU",
    "LeakyReLU",
    "PReLU",
    "ReLU",
    "Softmax",
]


class ELU(Blueprint):
    def __init__(self, alpha: float = 1.0, **kwargs: Any) -> None: ...


class LeakyReLU(Blueprint):
    def __init__(self, negative_slope: float = 0.3, **kwargs: Any) -> None: ...


class PReLU(Blueprint):
    def __init__(
        self, alpha_initializer: Initializer = "Zeros", alpha_regularizer: Regularizer = None,
        alpha_constraint: Constraint = None, shared_axes: Any = None, **kwargs: Any
    ) -> None: ...


class ReLU(Blueprint):
    def __init__(
        self, max_value: Any = None, negative_slope: float = 0.0, threshold: float = 0.0, **kwargs: Any
    ) -> None: ...


class Softmax(Blueprint):
    def __init__(self, axis: Any = -1, **kwargs: Any) -> None: ...
