"""Attention, with Keras's arguments; each has the docstring of the layer that it makes."""

# ruff: noqa: D101
# fmt: off
from __future__ import annotations

from typing import Any

from maju.models.blueprint import Blueprint
from maju.models.blueprints.arguments import Constraint, Initializer, Regularizer

__all__ = [
    "AdditiveAttention",
    "Attention",
    "GroupQueryAttention",
    "MultiHeadAttention",
]


class AdditiveAttention(Blueprint):
    def __init__(self, use_scale: bool = True, dropout: float = 0.0, **kwargs: Any) -> None: ...


class Attention(Blueprint):
    def __init__(
        self, use_scale: bool = False, score_mode: str = "dot", dropout: float = 0.0,
        seed: int | None = None, **kwargs: Any
    ) -> None: ...


class GroupQueryAttention(Blueprint):
    def __init__(
        self, head_dim: int, num_query_heads: int, num_key_value_heads: int, dropout: float = 0.0,
        use_bias: bool = True, sliding_window: Any = None, flash_attention: Any = None,
        kernel_initializer: Initializer = "glorot_uniform", bias_initializer: Initializer = "zeros",
        kernel_regularizer: Regularizer = None, bias_regularizer: Regularizer = None,
        activity_regularizer: Regularizer = None, kernel_constraint: Constraint = None,
        bias_constraint: Constraint = None, use_gate: bool = False, seed: int | None = None, **kwargs: Any
    ) -> None: ...


class MultiHeadAttention(Blueprint):
    def __init__(
        self, num_heads: int, key_dim: int, value_dim: Any = None, dropout: float = 0.0,
        use_bias: bool = True, output_shape: Any = None, attention_axes: Any = None,
        sliding_window: Any = None, flash_attention: Any = None,
        kernel_initializer: Initializer = "glorot_uniform", bias_initializer: Initializer = "zeros",
        kernel_regularizer: Regularizer = None, bias_regularizer: Regularizer = None,
        activity_regularizer: Regularizer = None, kernel_constraint: Constraint = None,
        bias_constraint: Constraint = None, use_gate: bool = False, seed: int | None = None, **kwargs: Any
    ) -> None: ...
