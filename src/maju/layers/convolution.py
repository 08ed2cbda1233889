"""What all convolutions share, and the plain one of any rank."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from maju.errors import InputError
from maju.layers import activations
from maju.layers.base import Array, Backward, Config, Gradients, Layer, Shape
from maju.layers.convolve import convolve, convolve_back, kernel_gradient
from maju.layers.dtypes import as_float
from maju.layers.lora import AdaptableLayer
from maju.layers.slices import vjp_in_slices
from maju.layers.windows import (
    KINDS,
    Windows,
    channels_last,
    from_channels_last,
    input_channels,
    split_shape,
    whole,
    whole_shape,
)

__all__ = ["AnyConvolution", "Convolution"]


class AnyConvolution(Layer):
    """A linear map of what lies under each window, a bias, and an activation: y = φ(A·x + b).

    A subclass says what A is, forward and back, always with the channels last.
    """

    #: How many axes the windows slide along: 1 for sequences, 2 for images, 3 for volumes.
    rank: ClassVar[int]
    derived = frozenset({"filters", "kernel_size", "depth_multiplier", "use_bias"})
    choices = {"padding": ("valid", "same"), "data_format": ("channels_last", "channels_first")}
    only = {"quantization_config": None}

    def __init__(
        self,
        kernel: Array,
        bias: Array | None = None,
        *,
        strides: int | Sequence[int] = 1,
        padding: str = "valid",
        data_format: str = "channels_last",
        dilation_rate: int | Sequence[int] = 1,
        activation: str | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.kernel = kernel
        self.bias = bias
        self.strides = whole(strides, self.rank)
        self.padding = padding
        self.data_format = data_format
        self.dilation_rate = whole(dilation_rate, self.rank)
        self.activation = activations.get(activation).name

    @property
    def use_bias(self) -> bool:
        """Whether a bias is added."""
        return self.bias is not None

    @property
    def kernel_size(self) -> tuple[int, ...]:
        """The lengths of the kernel's window."""
        return self.kernel.shape[:-2]

    @property
    def channels(self) -> int:
        """How many channels the input has."""
        return int(self.kernel.shape[-2])

    @property
    def output_channels(self) -> int:
        """How many channels the output has."""
        raise NotImplementedError

    @property
    def windows(self) -> Windows:
        """Where the kernel looks."""
        return Windows(self.kernel_size, self.strides, self.dilation_rate, self.padding)

    def _linear(self, x: Array) -> Array:
        """A·x."""
        raise NotImplementedError

    def _linear_back(self, x: Array, dz: Array) -> tuple[Array, Gradients]:
        """Aᵀ·dz, and the gradient of each weight but the bias."""
        raise NotImplementedError

    def _output_lengths(self, lengths: Shape) -> Shape:
        """The lengths of the output's axes for those of the input's."""
        return self.windows.count(lengths)

    def forward(self, x: Array, training: bool = False, mask: Array | None = None) -> Array:
        y: Array = activations.get(self.activation)(self._affine(self._checked(x)))
        return y

    def vjp(self, x: Array, training: bool = True, mask: Array | None = None) -> tuple[Array, Backward]:
        return self._vjp(x, self._linear_back)

    def _vjp(
        self, x: Array, linear_back: Callable[[Array, Array], tuple[Array | None, Gradients]]
    ) -> tuple[Array, Backward]:
        activation = activations.get(self.activation)

        def of_some(x: Array) -> tuple[Array, Backward]:
            y, activation_back = activation.vjp(self._affine(x))

            def backward(dy: Array) -> tuple[Array | None, Gradients]:
                dz = channels_last(activation_back(dy), self.data_format)
                dx, gradients = linear_back(x, dz)
                if self.bias is not None:
                    gradients["bias"] = dz.sum(axis=tuple(range(dz.ndim - 1)))
                return (None if dx is None else from_channels_last(dx, self.data_format)), gradients

            return y, backward

        x = self._checked(x)
        lengths = self._output_lengths(x.shape[1:-1])
        of_one = math.prod(x.shape[1:]) + math.prod(n or 0 for n in lengths) * self.output_channels
        return vjp_in_slices(of_some, x, of_one)

    def _affine(self, x: Array) -> Array:
        """A·x + b, in the layer's own data format."""
        z = self.rounded(self._linear(x))
        z = z if self.bias is None else self.rounded(np.add(z, self.bias, out=z))
        return from_channels_last(z, self.data_format)

    def _checked(self, x: Array) -> Array:
        """The input with its channels last."""
        shape = np.shape(x)
        where, kind = f"layer {self.name!r} ({self.keras_class})", KINDS[self.rank]
        x = channels_last(as_float(x), self.data_format)
        if x.ndim != self.rank + 2 or x.shape[-1] != self.channels:
            raise InputError(f"{where}: expected {kind} of {self.channels} channels, got shape {shape}")
        if any(n is None or n < 1 for n in (*x.shape[1:-1], *self._output_lengths(x.shape[1:-1]))):
            raise InputError(f"{where}: {kind} of shape {shape[1:]} are smaller than what the kernel covers")
        return x

    def output_shape(self, input_shape: Shape) -> Shape:
        lengths, _ = split_shape(input_shape, self.data_format)
        lengths = self._output_lengths(lengths)
        return whole_shape(input_shape[0], lengths, self.output_channels, self.data_format)


class Convolution(AnyConvolution, AdaptableLayer):
    """Slide a kernel over the input, and sum what it covers; one mechanism for every rank."""

    hyper_parameters = (
        "filters",
        "kernel_size",
        "strides",
        "padding",
        "data_format",
        "dilation_rate",
        "groups",
        "activation",
        "use_bias",
    )
    only = {**AnyConvolution.only, **AdaptableLayer.only}

    def __init__(
        self,
        kernel: Array,
        bias: Array | None = None,
        *,
        strides: int | Sequence[int] = 1,
        padding: str = "valid",
        data_format: str = "channels_last",
        dilation_rate: int | Sequence[int] = 1,
        groups: int = 1,
        activation: str | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(
            kernel,
            bias,
            strides=strides,
            padding=padding,
            data_format=data_format,
            dilation_rate=dilation_rate,
            activation=activation,
            name=name,
        )
        self.groups = groups
        if self.filters % groups:
            raise ValueError(f"{self.filters} filters cannot be cut into {groups} groups")

    @property
    def filters(self) -> int:
        """How many channels the output has."""
        return int(self.kernel.shape[-1])

    @property
    def channels(self) -> int:
        return int(self.kernel.shape[-2]) * self.groups

    @property
    def output_channels(self) -> int:
        return self.filters

    @classmethod
    def weight_shapes(cls, config: Config, input_shape: Shape | None) -> dict[str, Shape]:
        channels, groups = input_channels(config, input_shape), config.get("groups", 1)
        if channels is not None and channels % groups:
            raise ValueError(f"{channels} channels cannot be cut into {groups} groups")
        depth = None if channels is None else channels // groups
        shapes: dict[str, Shape] = {
            "kernel": (*whole(config["kernel_size"], cls.rank), depth, config["filters"])
        }
        if config.get("use_bias", True):
            shapes["bias"] = (config["filters"],)
        return shapes

    def _linear(self, x: Array) -> Array:
        return convolve(x, self.kernel, self.windows, self.groups)

    def _linear_back(self, x: Array, dz: Array) -> tuple[Array, Gradients]:
        dx = convolve_back(dz, self.kernel, self.windows, x.shape[1:-1], self.groups)
        return dx, self._weights_back(x, dz)

    def _weights_back(self, x: Array, dz: Array) -> Gradients:
        return {"kernel": kernel_gradient(x, dz, self.windows, self.groups)}

    def vjp_to_weights(
        self, x: Array, training: bool = True, mask: Array | None = None, **options: Any
    ) -> tuple[Array, Backward]:
        return self._vjp(x, lambda x, dz: (None, self._weights_back(x, dz)))
