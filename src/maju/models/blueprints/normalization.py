"""Normalization, with Keras's arguments; each has the docstring of the layer that it makes."""

# ruff: noqa: D101
# fmt: off
from __future__ import annotations

from typing import Any

from maju.models.blueprint import Blueprint
from maju.models.blueprints.arguments import Constraint, Initializer, Regularizer

__all__ = [
    "BatchNormalization",
    "GroupNormalization",
    "LayerNormalization",
    "RMSNormalization",
    "SpectralNormalization",
    "UnitNormalization",
]


class BatchNormalization(Blueprint):
    def __init__(
        self, axis: Any = -1, momentum: float = 0.99, epsilon: float = 0.001, center: bool = True,
        scale: bool = True, beta_initializer: Initializer = "zeros",
        gamma_initializer: Initializer = "ones", moving_mean_initializer: Initializer = "zeros",
        moving_variance_initializer: Initializer = "ones", beta_regularizer: Regularizer = None,
        gamma_regularizer: Regularizer = None, beta_constraint: Constraint = None,
        gamma_constraint: Constraint = None, renorm: bool = False, renorm_clipping: Any = None,
        renorm_momentum: float = 0.99, synchronized: bool = False, **kwargs: Any
    ) -> None: ...


class GroupNormalization(Blueprint):
    def __init__(
        self, groups: int = 32, axis: Any = -1, epsilon: float = 0.001, center: bool = True,
        scale: bool = True, beta_initializer: Initializer = "zeros",
        gamma_initializer: Initializer = "ones", beta_regularizer: Regularizer = None,
        gamma_regularizer: Regularizer = None, beta_constraint: Constraint = None,
        gamma_constraint: Constraint = None, **kwargs: Any
    ) -> None: ...


class LayerNormalization(Blueprint):
    def __init__(
        self, axis: Any = -1, epsilon: float = 0.001, center: bool = True, scale: bool = True,
        beta_initializer: Initializer = "zeros", gamma_initializer: Initializer = "ones",
        beta_regularizer: Regularizer = None, gamma_regularizer: Regularizer = None,
        beta_constraint: Constraint = None, gamma_constraint: Constraint = None, **kwargs: Any
    ) -> None: ...


class RMSNormalization(Blueprint):
    def __init__(self, axis: Any = -1, epsilon: float = 1e-06, **kwargs: Any) -> None: ...


class SpectralNormalization(Blueprint):
    def __init__(self, layer: Any, power_iterations: int = 1, **kwargs: Any) -> None: ...


class UnitNormalization(Blueprint):
    def __init__(self, axis: Any = -1, **kwargs: Any) -> None: ...
