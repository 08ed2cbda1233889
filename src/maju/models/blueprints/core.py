"""The core layers, with Keras's arguments; each has the docstring of the layer that it makes."""

# ruff: noqa: D101
# fmt: off
from __future__ import annotations

from typing import Any

from maju.models.blueprint import Blueprint
from maju.models.blueprints.arguments import ActivationLike, Constraint, Initializer, Regularizer

__all__ = [
    "Activation",
    "Dense",
    "EinsumDense",
    "Embedding",
    "Identity",
    "Masking",
    "ReversibleEmbedding",
]


class Activation(Blueprint):
    def __init__(self, activation: ActivationLike, **kwargs: Any) -> None: ...


class Dense(Blueprint):
    def __init__(
        self, units: int, activation: ActivationLike = None, use_bias: bool = True,
        kernel_initializer: Initializer = "glorot_uniform", bias_initializer: Initializer = "zeros",
        kernel_regularizer: Regularizer = None, bias_regularizer: Regularizer = None,
        activity_regularizer: Regularizer = None, kernel_constraint: Constraint = None,
        bias_constraint: Constraint = None, lora_rank: Any = None, lora_alpha: Any = None,
        quantization_config: Any = None, **kwargs: Any
    ) -> None: ...


class EinsumDense(Blueprint):
    def __init__(
        self, equation: Any, output_shape: Any, activation: ActivationLike = None, bias_axes: Any = None,
        kernel_initializer: Initializer = "glorot_uniform", bias_initializer: Initializer = "zeros",
        kernel_regularizer: Regularizer = None, bias_regularizer: Regularizer = None,
        kernel_constraint: Constraint = None, bias_constraint: Constraint = None, lora_rank: Any = None,
        lora_alpha: Any = None, gptq_unpacked_column_size: Any = None, quantization_config: Any = None,
        **kwargs: Any
    ) -> None: ...


class Embedding(Blueprint):
    def __init__(
        self, input_dim: int, output_dim: int, embeddings_initializer: Initializer = "uniform",
        embeddings_regularizer: Regularizer = None, embeddings_constraint: Constraint = None,
        mask_zero: bool = False, weights: Any = None, lora_rank: Any = None, lora_alpha: Any = None,
        quantization_config: Any = None, **kwargs: Any
    ) -> None: ...


class Identity(Blueprint):
    def __init__(self, **kwargs: Any) -> None: ...


class Masking(Blueprint):
    def __init__(self, mask_value: float = 0.0, **kwargs: Any) -> None: ...


class ReversibleEmbedding(Blueprint):
    def __init__(
        self, input_dim: int, output_dim: int, tie_weights: bool = True,
        embeddings_initializer: Initializer = "uniform", embeddings_regularizer: Regularizer = None,
        embeddings_constraint: Constraint = None, mask_zero: bool = False, reverse_dtype: Any = None,
        logit_soft_cap: Any = None, **kwargs: Any
    ) -> None: ...
