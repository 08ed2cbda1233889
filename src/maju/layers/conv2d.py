"""Conv2D: two-dimensional convolution."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from maju.errors import InputError
from maju.layers import activations, windows
from maju.layers.base import Array, Backward, Config, Layer, Shape
from maju.layers.dtypes import as_float
from maju.layers.registry import layer

__all__ = ["Conv2DLayer"]


@layer
class Conv2DLayer(Layer):
    """Slide a kernel over an image, and sum what it covers.

    y[n, i, j, f] = φ( Σ_a Σ_b Σ_c x[n, i·s + a·d, j·s + b·d, c] · K[a, b, c, f] + b[f] )

    with strides s, dilation d and activation φ. With ``groups`` g, output channel f sees the input channels
    of its own group alone. ``padding="same"`` puts zeros around x so that the output has ⌈n/s⌉ rows.

    Shapes:
        x: (batch, height, width, channels), or (batch, channels, height, width) if channels_first.
        kernel: (kernel height, kernel width, channels / groups, filters). bias: (filters,).
        y: (batch, rows, columns, filters), or channels first.

    Source: `keras.layers.Conv2D`.
    """

    keras_class = "Conv2D"
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
    derived = frozenset({"filters", "kernel_size", "use_bias"})
    choices = {
        "padding": ("valid", "same"),
        "data_format": ("channels_last", "channels_first"),
    }
    only = {"quantization_config": None}

    def __init__(
        self,
        kernel: Array,
        bias: Array | None = None,
        *,
        strides: int | Sequence[int] = (1, 1),
        padding: str = "valid",
        data_format: str = "channels_last",
        dilation_rate: int | Sequence[int] = (1, 1),
        groups: int = 1,
        activation: str | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.kernel = kernel
        self.bias = bias
        self.strides = windows.pair(strides)
        self.padding = padding
        self.data_format = data_format
        self.dilation_rate = windows.pair(dilation_rate)
        self.groups = groups
        self.activation = activations.get(activation).name

    @property
    def filters(self) -> int:
        """How many channels the output has."""
        return int(self.kernel.shape[-1])

    @property
    def kernel_size(self) -> tuple[int, int]:
        """The kernel's height and width."""
        return int(self.kernel.shape[0]), int(self.kernel.shape[1])

    @property
    def use_bias(self) -> bool:
        """Whether a bias is added."""
        return self.bias is not None

    @classmethod
    def weight_shapes(cls, config: Config, input_shape: Shape | None) -> dict[str, Shape]:
        depth = None
        if input_shape is not None:
            depth = input_shape[1 if config.get("data_format") == "channels_first" else -1]
        depth = None if depth is None else depth // config.get("groups", 1)
        shapes: dict[str, Shape] = {
            "kernel": (*windows.pair(config["kernel_size"]), depth, config["filters"])
        }
        if config.get("use_bias", True):
            shapes["bias"] = (config["filters"],)
        return shapes

    def forward(self, x: Array, training: bool = False, mask: Array | None = None) -> Array:
        y: Array = activations.get(self.activation)(self._affine(self._padded(x)))
        return y

    def _padded(self, x: Array) -> Array:
        """The image with its channels last and its padding around it."""
        shape = x.shape
        x = windows.channels_last(as_float(x), self.data_format)
        where = f"layer {self.name!r} (Conv2D)"
        channels = self.kernel.shape[2] * self.groups
        if x.ndim != 4 or x.shape[-1] != channels:
            raise InputError(f"{where}: expected images of {channels} channels, got shape {shape}")
        if 0 in self.output_shape(shape)[1:]:
            raise InputError(f"{where}: images of shape {shape[1:]} are smaller than what the kernel covers")
        return windows.pad(x, self.kernel_size, self.strides, self.padding, self.dilation_rate)

    def _affine(self, padded: Array) -> Array:
        """The sum over the places (a, b) of the kernel, group by group, and the bias."""
        groups = zip(self._split(padded), self._split(self.kernel), strict=True)
        z = np.concatenate([self._convolve(x, kernel) for x, kernel in groups], axis=-1)
        if self.bias is not None:
            z += self.bias
        return windows.from_channels_last(z, self.data_format)

    def _convolve(self, x: Array, kernel: Array) -> Array:
        z: Array | float = 0.0
        for (a, b), seen in self._shifts(x):
            z = z + seen @ kernel[a, b]  # (batch, rows, columns, channels) @ (channels, filters)
        return np.asarray(z)

    def _split(self, array: Array) -> list[Array]:
        """Each group's part of the last axis, as views."""
        return np.split(array, self.groups, axis=-1)

    def _shifts(self, x: Array) -> list[tuple[tuple[int, int], Array]]:
        return windows.shifts(x, self.kernel_size, self.strides, self.dilation_rate)

    def vjp(self, x: Array, training: bool = True, mask: Array | None = None) -> tuple[Array, Backward]:
        activation = activations.get(self.activation)
        padded = self._padded(x)
        z = self._affine(padded)
        y = activation(z)
        lengths = windows.channels_last(x, self.data_format).shape[1:-1]

        def backward(dy: Array) -> tuple[Array, dict[str, Array]]:
            dz = windows.channels_last(activation.gradient(z, y, dy), self.data_format)
            d_padded, d_kernel = np.zeros_like(padded), np.zeros_like(self.kernel)
            parts = (padded, d_padded, self.kernel, d_kernel, dz)
            for x_g, dx_g, k_g, dk_g, dz_g in zip(*map(self._split, parts), strict=True):
                rows = dz_g.reshape(-1, dz_g.shape[-1])  # (batch · rows · columns, filters)
                for ((a, b), seen), (_, d_seen) in zip(self._shifts(x_g), self._shifts(dx_g), strict=True):
                    dk_g[a, b] = seen.reshape(-1, seen.shape[-1]).T @ rows
                    d_seen += dz_g @ k_g[a, b].T
            gradients = {"kernel": d_kernel}
            if self.bias is not None:
                gradients["bias"] = dz.sum(axis=(0, 1, 2))
            dx = windows.unpad(
                d_padded, lengths, self.kernel_size, self.strides, self.padding, self.dilation_rate
            )
            return windows.from_channels_last(dx, self.data_format), gradients

        return y, backward

    def output_shape(self, input_shape: Shape) -> Shape:
        return windows.image_shape(
            input_shape,
            self.filters,
            self.kernel_size,
            self.strides,
            self.padding,
            self.data_format,
            self.dilation_rate,
        )
