"""SeparableConv1D and SeparableConv2D: each channel by itself, then all channels at each place."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from maju.layers.base import Array, Config, Gradients, Shape
from maju.layers.convolution import AnyConvolution
from maju.layers.convolve_depthwise import (
    convolve_depthwise,
    convolve_depthwise_back,
    depthwise_kernel_gradient,
)
from maju.layers.windows import input_channels, whole

__all__ = ["SeparableConvolution"]


class SeparableConvolution(AnyConvolution):
    """A depthwise convolution, then a product of matrices that mixes the channels of each place.

    z[n, i, j, c·M + m] = Σ_a Σ_b x[n, i·s + a·d, j·s + b·d, c] · D[a, b, c, m]

    y[n, i, j, f] = φ( Σ_q z[n, i, j, q] · P[q, f] + b[f] )

    for an image; a sequence has one axis less. M is the ``depth_multiplier``.
    """

    hyper_parameters = (
        "depth_multiplier",
        "filters",
        "kernel_size",
        "strides",
        "padding",
        "data_format",
        "dilation_rate",
        "activation",
        "use_bias",
    )
    only = {**AnyConvolution.only, "groups": 1}

    def __init__(
        self,
        depthwise_kernel: Array,
        pointwise_kernel: Array,
        bias: Array | None = None,
        *,
        strides: int | Sequence[int] = 1,
        padding: str = "valid",
        data_format: str = "channels_last",
        dilation_rate: int | Sequence[int] = 1,
        activation: str | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(
            depthwise_kernel,
            bias,
            strides=strides,
            padding=padding,
            data_format=data_format,
            dilation_rate=dilation_rate,
            activation=activation,
            name=name,
        )
        self.pointwise_kernel = pointwise_kernel

    @property
    def depthwise_kernel(self) -> Array:
        """D, the kernel that slides."""
        return self.kernel

    @property
    def depth_multiplier(self) -> int:
        """How many kernels each channel has."""
        return int(self.kernel.shape[-1])

    @property
    def filters(self) -> int:
        """How many channels the output has."""
        return int(self.pointwise_kernel.shape[-1])

    @property
    def output_channels(self) -> int:
        return self.filters

    @property
    def _mixing(self) -> Array:
        """P: (channels · multiplier, filters)."""
        return self.pointwise_kernel.reshape(self.pointwise_kernel.shape[-2:])

    @classmethod
    def weight_shapes(cls, config: Config, input_shape: Shape | None) -> dict[str, Shape]:
        channels, multiplier = input_channels(config, input_shape), config.get("depth_multiplier", 1)
        inner = None if channels is None else channels * multiplier
        shapes: dict[str, Shape] = {
            "depthwise_kernel": (*whole(config["kernel_size"], cls.rank), channels, multiplier),
            "pointwise_kernel": (*[1] * cls.rank, inner, config["filters"]),
        }
        if config.get("use_bias", True):
            shapes["bias"] = (config["filters"],)
        return shapes

    def _linear(self, x: Array) -> Array:
        return np.tensordot(convolve_depthwise(x, self.kernel, self.windows), self._mixing, axes=1)

    def _linear_back(self, x: Array, dz: Array) -> tuple[Array, Gradients]:
        inner = convolve_depthwise(x, self.kernel, self.windows)
        d_mixing = inner.reshape(-1, inner.shape[-1]).T @ dz.reshape(-1, dz.shape[-1])
        d_inner = np.tensordot(dz, self._mixing.T, axes=1)
        dx = convolve_depthwise_back(d_inner, self.kernel, self.windows, x.shape[1:-1])
        return dx, {
            "depthwise_kernel": depthwise_kernel_gradient(x, d_inner, self.windows),
            "pointwise_kernel": d_mixing.reshape(self.pointwise_kernel.shape),
        }
