"""DepthwiseConv1D and DepthwiseConv2D: each channel is convolved by itself."""

from __future__ import annotations

from maju.layers.base import Array, Config, Gradients, Shape
from maju.layers.convolution import AnyConvolution
from maju.layers.convolve_depthwise import (
    convolve_depthwise,
    convolve_depthwise_back,
    depthwise_kernel_gradient,
)
from maju.layers.windows import input_channels, whole

__all__ = ["DepthwiseConvolution"]


class DepthwiseConvolution(AnyConvolution):
    """Convolve each channel with M = ``depth_multiplier`` kernels of its own, and mix none.

    y[n, i, j, c·M + m] = φ( Σ_a Σ_b x[n, i·s + a·d, j·s + b·d, c] · K[a, b, c, m] + b[c·M + m] )

    for an image; a sequence has one axis less. Strides s, dilation d and padding are those of a convolution.
    """

    hyper_parameters = (
        "depth_multiplier",
        "kernel_size",
        "strides",
        "padding",
        "data_format",
        "dilation_rate",
        "activation",
        "use_bias",
    )
    only = {**AnyConvolution.only, "groups": 1}

    @property
    def depth_multiplier(self) -> int:
        """How many kernels each channel has."""
        return int(self.kernel.shape[-1])

    @property
    def output_channels(self) -> int:
        return self.channels * self.depth_multiplier

    @classmethod
    def weight_shapes(cls, config: Config, input_shape: Shape | None) -> dict[str, Shape]:
        channels, multiplier = input_channels(config, input_shape), config.get("depth_multiplier", 1)
        shapes: dict[str, Shape] = {"kernel": (*whole(config["kernel_size"], cls.rank), channels, multiplier)}
        if config.get("use_bias", True):
            shapes["bias"] = (None if channels is None else channels * multiplier,)
        return shapes

    def _linear(self, x: Array) -> Array:
        return convolve_depthwise(x, self.kernel, self.windows)

    def _linear_back(self, x: Array, dz: Array) -> tuple[Array, Gradients]:
        dx = convolve_depthwise_back(dz, self.kernel, self.windows, x.shape[1:-1])
        return dx, {"kernel": depthwise_kernel_gradient(x, dz, self.windows)}
