"""Recurrent layers and cells, with Keras's arguments; each has the docstring of the layer that it makes."""

# ruff: noqa: D101
# fmt: off
from __future__ import annotations

from typing import Any

from maju.models.blueprint import Blueprint
from maju.models.blueprints.arguments import ActivationLike, Constraint, Initializer, Ints, Regularizer

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "Bidirectional",
    "ConvLSTM1D",
    "ConvLSTM2D",
    "ConvLSTM3D",
    "GRUCell",
    "LSTMCell",
    "SimpleRNN",
    "SimpleRNNCell",
    "StackedRNNCells",
    "TimeDistributed",
]


class Bidirectional(Blueprint):
    def __init__(
        self, layer: Any, merge_mode: str = "concat", weights: Any = None, backward_layer: Any = None,
        **kwargs: Any
    ) -> None: ...


class ConvLSTM1D(Blueprint):
    def __init__(
        self, filters: int, kernel_size: Ints, strides: Ints = 1, padding: str = "valid",
        data_format: str | None = None, dilation_rate: Ints = 1, activation: ActivationLike = "tanh",
        recurrent_activation: ActivationLike = "sigmoid", use_bias: bool = True,
        kernel_initializer: Initializer = "glorot_uniform",
        recurrent_initializer: Initializer = "orthogonal", bias_initializer: Initializer = "zeros",
        unit_forget_bias: bool = True, kernel_regularizer: Regularizer = None,
        recurrent_regularizer: Regularizer = None, bias_regularizer: Regularizer = None,
        activity_regularizer: Regularizer = None, kernel_constraint: Constraint = None,
        recurrent_constraint: Constraint = None, bias_constraint: Constraint = None, dropout: float = 0.0,
        recurrent_dropout: float = 0.0, seed: int | None = None, return_sequences: bool = False,
        return_state: bool = False, go_backwards: bool = False, stateful: bool = False, **kwargs: Any
    ) -> None: ...


class ConvLSTM2D(Blueprint):
    def __init__(
        self, filters: int, kernel_size: Ints, strides: Ints = 1, padding: str = "valid",
        data_format: str | None = None, dilation_rate: Ints = 1, activation: ActivationLike = "tanh",
        recurrent_activation: ActivationLike = "sigmoid", use_bias: bool = True,
        kernel_initializer: Initializer = "glorot_uniform",
        recurrent_initializer: Initializer = "orthogonal", bias_initializer: Initializer = "zeros",
        unit_forget_bias: bool = True, kernel_regularizer: Regularizer = None,
        recurrent_regularizer: Regularizer = None, bias_regularizer: Regularizer = None,
        activity_regularizer: Regularizer = None, kernel_constraint: Constraint = None,
        recurrent_constraint: Constraint = None, bias_constraint: Constraint = None, dropout: float = 0.0,
        recurrent_dropout: float = 0.0, seed: int | None = None, return_sequences: bool = False,
        return_state: bool = False, go_backwards: bool = False, stateful: bool = False, **kwargs: Any
    ) -> None: ...


class ConvLSTM3D(Blueprint):
    def __init__(
        self, filters: int, kernel_size: Ints, strides: Ints = 1, padding: str = "valid",
        data_format: str | None = None, dilation_rate: Ints = 1, activation: ActivationLike = "tanh",
        recurrent_activation: ActivationLike = "sigmoid", use_bias: bool = True,
        kernel_initializer: Initializer = "glorot_uniform",
        recurrent_initializer: Initializer = "orthogonal", bias_initializer: Initializer = "zeros",
        unit_forget_bias: bool = True, kernel_regularizer: Regularizer = None,
        recurrent_regularizer: Regularizer = None, bias_regularizer: Regularizer = None,
        activity_regularizer: Regularizer = None, kernel_constraint: Constraint = None,
        recurrent_constraint: Constraint = None, bias_constraint: Constraint = None, dropout: float = 0.0,
        recurrent_dropout: float = 0.0, seed: int | None = None, return_sequences: bool = False,
        return_state: bool = False, go_backwards: bool = False, stateful: bool = False, **kwargs: Any
    ) -> None: ...


class GRU(Blueprint):
    def __init__(
        self, units: int, activation: ActivationLike = "tanh",
        recurrent_activation: ActivationLike = "sigmoid",
        use_bias: bool = True, kernel_initializer: Initializer = "glorot_uniform",
        recurrent_initializer: Initializer = "orthogonal", bias_initializer: Initializer = "zeros",
        kernel_regularizer: Regularizer = None, recurrent_regularizer: Regularizer = None,
        bias_regularizer: Regularizer = None, activity_regularizer: Regularizer = None,
        kernel_constraint: Constraint = None, recurrent_constraint: Constraint = None,
        bias_constraint: Constraint = None, dropout: float = 0.0, recurrent_dropout: float = 0.0,
        seed: int | None = None, return_sequences: bool = False, return_state: bool = False,
        go_backwards: bool = False, stateful: bool = False, unroll: bool = False, reset_after: bool = True,
        use_cudnn: str = "auto", **kwargs: Any
    ) -> None: ...


class GRUCell(Blueprint):
    def __init__(
        self, units: int, activation: ActivationLike = "tanh",
        recurrent_activation: ActivationLike = "sigmoid",
        use_bias: bool = True, kernel_initializer: Initializer = "glorot_uniform",
        recurrent_initializer: Initializer = "orthogonal", bias_initializer: Initializer = "zeros",
        kernel_regularizer: Regularizer = None, recurrent_regularizer: Regularizer = None,
        bias_regularizer: Regularizer = None, kernel_constraint: Constraint = None,
        recurrent_constraint: Constraint = None, bias_constraint: Constraint = None, dropout: float = 0.0,
        recurrent_dropout: float = 0.0, reset_after: bool = True, seed: int | None = None, **kwargs: Any
    ) -> None: ...


class LSTM(Blueprint):
    def __init__(
        self, units: int, activation: ActivationLike = "tanh",
        recurrent_activation: ActivationLike = "sigmoid",
        use_bias: bool = True, kernel_initializer: Initializer = "glorot_uniform",
        recurrent_initializer: Initializer = "orthogonal", bias_initializer: Initializer = "zeros",
        unit_forget_bias: bool = True, kernel_regularizer: Regularizer = None,
        recurrent_regularizer: Regularizer = None, bias_regularizer: Regularizer = None,
        activity_regularizer: Regularizer = None, kernel_constraint: Constraint = None,
        recurrent_constraint: Constraint = None, bias_constraint: Constraint = None, dropout: float = 0.0,
        recurrent_dropout: float = 0.0, seed: int | None = None, return_sequences: bool = False,
        return_state: bool = False, go_backwards: bool = False, stateful: bool = False,
        unroll: bool = False, use_cudnn: str = "auto", **kwargs: Any
    ) -> None: ...


class LSTMCell(Blueprint):
    def __init__(
        self, units: int, activation: ActivationLike = "tanh",
        recurrent_activation: ActivationLike = "sigmoid",
        use_bias: bool = True, kernel_initializer: Initializer = "glorot_uniform",
        recurrent_initializer: Initializer = "orthogonal", bias_initializer: Initializer = "zeros",
        unit_forget_bias: bool = True, kernel_regularizer: Regularizer = None,
        recurrent_regularizer: Regularizer = None, bias_regularizer: Regularizer = None,
        kernel_constraint: Constraint = None, recurrent_constraint: Constraint = None,
        bias_constraint: Constraint = None, dropout: float = 0.0, recurrent_dropout: float = 0.0,
        seed: int | None = None, **kwargs: Any
    ) -> None: ...


class RNN(Blueprint):
    def __init__(
        self, cell: Any, return_sequences: bool = False, return_state: bool = False,
        go_backwards: bool = False, stateful: bool = False, unroll: bool = False,
        zero_output_for_mask: bool = False, **kwargs: Any
    ) -> None: ...


class SimpleRNN(Blueprint):
    def __init__(
        self, units: int, activation: ActivationLike = "tanh", use_bias: bool = True,
        kernel_initializer: Initializer = "glorot_uniform",
        recurrent_initializer: Initializer = "orthogonal", bias_initializer: Initializer = "zeros",
        kernel_regularizer: Regularizer = None, recurrent_regularizer: Regularizer = None,
        bias_regularizer: Regularizer = None, activity_regularizer: Regularizer = None,
        kernel_constraint: Constraint = None, recurrent_constraint: Constraint = None,
        bias_constraint: Constraint = None, dropout: float = 0.0, recurrent_dropout: float = 0.0,
        return_sequences: bool = False, return_state: bool = False, go_backwards: bool = False,
        stateful: bool = False, unroll: bool = False, seed: int | None = None, **kwargs: Any
    ) -> None: ...


class SimpleRNNCell(Blueprint):
    def __init__(
        self, units: int, activation: ActivationLike = "tanh", use_bias: bool = True,
        kernel_initializer: Initializer = "glorot_uniform",
        recurrent_initializer: Initializer = "orthogonal", bias_initializer: Initializer = "zeros",
        kernel_regularizer: Regularizer = None, recurrent_regularizer: Regularizer = None,
        bias_regularizer: Regularizer = None, kernel_constraint: Constraint = None,
        recurrent_constraint: Constraint = None, bias_constraint: Constraint = None, dropout: float = 0.0,
        recurrent_dropout: float = 0.0, seed: int | None = None, **kwargs: Any
    ) -> None: ...


class StackedRNNCells(Blueprint):
    def __init__(self, cells: Any, **kwargs: Any) -> None: ...


class TimeDistributed(Blueprint):
    def __init__(self, layer: Any, **kwargs: Any) -> None: ...
