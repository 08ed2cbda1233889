"""Convolutions, with Keras's arguments; each has the docstring of the layer that it makes."""

# ruff: noqa: D101
# fmt: off
from __future__ import annotations

from typing import Any

from maju.models.blueprint import Blueprint
from maju.models.blueprints.arguments import ActivationLike, Constraint, Initializer, Ints, Regularizer

__all__ = [
    "Conv1D",
    "Conv1DTranspose",
    "Conv2D",
    "Conv2DTranspose",
    "Conv3D",
    "Conv3DTranspose",
    "Convolution1D",
    "Convolution1DTranspose",
    "Convolution2D",
    "Convolution2DTranspose",
    "Convolution3D",
    "Convolution3DTranspose",
    "DepthwiseConv1D",
    "DepthwiseConv2D",
    "SeparableConv1D",
    "SeparableConv2D",
    "SeparableConvolution1D",
    "SeparableConvolution2D",
]


class Conv1D(Blueprint):
    def __init__(
        self, filters: int, kernel_size: Ints, strides: Ints = 1, padding: str = "valid",
        data_format: str | None = None, dilation_rate: Ints = 1, groups: int = 1,
        activation: ActivationLike = None, use_bias: bool = True,
        kernel_initializer: Initializer = "glorot_uniform", bias_initializer: Initializer = "zeros",
        kernel_regularizer: Regularizer = None, bias_regularizer: Regularizer = None,
        activity_regularizer: Regularizer = None, kernel_constraint: Constraint = None,
        bias_constraint: Constraint = None, **kwargs: Any
    ) -> None: ...


class Conv1DTranspose(Blueprint):
    def __init__(
        self, filters: int, kernel_size: Ints, strides: Ints = 1, padding: str = "valid",
        output_padding: Any = None, data_format: str | None = None, dilation_rate: Ints = 1,
        activation: ActivationLike = None, use_bias: bool = True,
        kernel_initializer: Initializer = "glorot_uniform", bias_initializer: Initializer = "zeros",
        kernel_regularizer: Regularizer = None, bias_regularizer: Regularizer = None,
        activity_regularizer: Regularizer = None, kernel_constraint: Constraint = None,
        bias_constraint: Constraint = None, **kwargs: Any
    ) -> None: ...


class Conv2D(Blueprint):
    def __init__(
        self, filters: int, kernel_size: Ints, strides: Ints = (1, 1), padding: str = "valid",
        data_format: str | None = None, dilation_rate: Ints = (1, 1), groups: int = 1,
        activation: ActivationLike = None, use_bias: bool = True,
        kernel_initializer: Initializer = "glorot_uniform", bias_initializer: Initializer = "zeros",
        kernel_regularizer: Regularizer = None, bias_regularizer: Regularizer = None,
        activity_regularizer: Regularizer = None, kernel_constraint: Constraint = None,
        bias_constraint: Constraint = None, **kwargs: Any
    ) -> None: ...


class Conv2DTranspose(Blueprint):
    def __init__(
        self, filters: int, kernel_size: Ints, strides: Ints = (1, 1), padding: str = "valid",
        output_padding: Any = None, data_format: str | None = None, dilation_rate: Ints = (1, 1),
        activation: ActivationLike = None, use_bias: bool = True,
        kernel_initializer: Initializer = "glorot_uniform", bias_initializer: Initializer = "zeros",
        kernel_regularizer: Regularizer = None, bias_regularizer: Regularizer = None,
        activity_regularizer: Regularizer = None, kernel_constraint: Constraint = None,
        bias_constraint: Constraint = None, **kwargs: Any
    ) -> None: ...


class Conv3D(Blueprint):
    def __init__(
        self, filters: int, kernel_size: Ints, strides: Ints = (1, 1, 1), padding: str = "valid",
        data_format: str | None = None, dilation_rate: Ints = (1, 1, 1), groups: int = 1,
        activation: ActivationLike = None, use_bias: bool = True,
        kernel_initializer: Initializer = "glorot_uniform", bias_initializer: Initializer = "zeros",
        kernel_regularizer: Regularizer = None, bias_regularizer: Regularizer = None,
        activity_regularizer: Regularizer = None, kernel_constraint: Constraint = None,
        bias_constraint: Constraint = None, **kwargs: Any
    ) -> None: ...


class Conv3DTranspose(Blueprint):
    def __init__(
        self, filters: int, kernel_size: Ints, strides: Ints = (1, 1, 1), padding: str = "valid",
        data_format: str | None = None, output_padding: Any = None, dilation_rate: Ints = (1, 1, 1),
        activation: ActivationLike = None, use_bias: bool = True,
        kernel_initializer: Initializer = "glorot_uniform", bias_initializer: Initializer = "zeros",
        kernel_regularizer: Regularizer = None, bias_regularizer: Regularizer = None,
        activity_regularizer: Regularizer = None, kernel_constraint: Constraint = None,
        bias_constraint: Constraint = None, **kwargs: Any
    ) -> None: ...


class DepthwiseConv1D(Blueprint):
    def __init__(
        self, kernel_size: Ints, strides: Ints = 1, padding: str = "valid", depth_multiplier: int = 1,
        data_format: str | None = None, dilation_rate: Ints = 1, activation: ActivationLike = None,
        use_bias: bool = True, depthwise_initializer: Initializer = "glorot_uniform",
        bias_initializer: Initializer = "zeros", depthwise_regularizer: Regularizer = None,
        bias_regularizer: Regularizer = None, activity_regularizer: Regularizer = None,
        depthwise_constraint: Constraint = None, bias_constraint: Constraint = None, **kwargs: Any
    ) -> None: ...


class DepthwiseConv2D(Blueprint):
    def __init__(
        self, kernel_size: Ints, strides: Ints = (1, 1), padding: str = "valid", depth_multiplier: int = 1,
        data_format: str | None = None, dilation_rate: Ints = (1, 1), activation: ActivationLike = None,
        use_bias: bool = True, depthwise_initializer: Initializer = "glorot_uniform",
        bias_initializer: Initializer = "zeros", depthwise_regularizer: Regularizer = None,
        bias_regularizer: Regularizer = None, activity_regularizer: Regularizer = None,
        depthwise_constraint: Constraint = None, bias_constraint: Constraint = None, **kwargs: Any
    ) -> None: ...


class SeparableConv1D(Blueprint):
    def __init__(
        self, filters: int, kernel_size: Ints, strides: Ints = 1, padding: str = "valid",
        data_format: str | None = None, dilation_rate: Ints = 1, depth_multiplier: int = 1,
        activation: ActivationLike = None, use_bias: bool = True,
        depthwise_initializer: Initializer = "glorot_uniform",
        pointwise_initializer: Initializer = "glorot_uniform", bias_initializer: Initializer = "zeros",
        depthwise_regularizer: Regularizer = None, pointwise_regularizer: Regularizer = None,
        bias_regularizer: Regularizer = None, activity_regularizer: Regularizer = None,
        depthwise_constraint: Constraint = None, pointwise_constraint: Constraint = None,
        bias_constraint: Constraint = None, **kwargs: Any
    ) -> None: ...


class SeparableConv2D(Blueprint):
    def __init__(
        self, filters: int, kernel_size: Ints, strides: Ints = (1, 1), padding: str = "valid",
        data_format: str | None = None, dilation_rate: Ints = (1, 1), depth_multiplier: int = 1,
        activation: ActivationLike = None, use_bias: bool = True,
        depthwise_initializer: Initializer = "glorot_uniform",
        pointwise_initializer: Initializer = "glorot_uniform", bias_initializer: Initializer = "zeros",
        depthwise_regularizer: Regularizer = None, pointwise_regularizer: Regularizer = None,
        bias_regularizer: Regularizer = None, activity_regularizer: Regularizer = None,
        depthwise_constraint: Constraint = None, pointwise_constraint: Constraint = None,
        bias_constraint: Constraint = None, **kwargs: Any
    ) -> None: ...


#: The other names that Keras has for some.
Convolution1D = Conv1D
Convolution1DTranspose = Conv1DTranspose
Convolution2D = Conv2D
Convolution2DTranspose = Conv2DTranspose
Convolution3D = Conv3D
Convolution3DTranspose = Conv3DTranspose
SeparableConvolution1D = SeparableConv1D
SeparableConvolution2D = SeparableConv2D
