"""Conv1DTranspose, Conv2DTranspose and Conv3DTranspose: the adjoint of a convolution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from maju.errors import Problem
from maju.layers.base import Array, Config, Gradients, Shape
from maju.layers.convolution import AnyConvolution
from maju.layers.convolve import convolve, convolve_back, kernel_gradient
from maju.layers.windows import Windows, input_channels, whole

__all__ = ["ConvolutionTranspose"]


class ConvolutionTranspose(AnyConvolution):
    """Take a convolution's output and give each window back what it saw: the adjoint of a convolution.

    y[n, i, f] = φ( Σ x[n, t, c] · K[a, f, c] over all t, a with t·s + a·d = i,  + b[f] )

    for a sequence, and the same along each axis of an image or a volume. K is the kernel of the convolution
    that leads from y's side to x's, so it has the filters before the channels, and that convolution is the
    way back of this layer. ``padding="same"`` cuts off what that convolution would pad. Several lengths of y
    lead to the same length n of x; without ``output_padding`` it is n·s ("same"), or (n−1)·s + max(r, s)
    ("valid") for a kernel that reaches over r = (k−1)·d + 1 elements. With ``output_padding`` p it is
    (n−1)·s + p plus r mod 2 ("same") or plus r ("valid").
    """

    hyper_parameters = (
        "filters",
        "kernel_size",
        "strides",
        "padding",
        "output_padding",
        "data_format",
        "dilation_rate",
        "activation",
        "use_bias",
    )
    only = {**AnyConvolution.only, "groups": 1}

    def __init__(
        self,
        kernel: Array,
        bias: Array | None = None,
        *,
        strides: int | Sequence[int] = 1,
        padding: str = "valid",
        output_padding: int | Sequence[int] | None = None,
        data_format: str = "channels_last",
        dilation_rate: int | Sequence[int] = 1,
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
        self.output_padding = None if output_padding is None else whole(output_padding, self.rank)
        contradiction = _contradiction(self.windows, self.output_padding)
        if contradiction:
            raise ValueError(contradiction)

    @classmethod
    def problems(cls, config: Config, where: str) -> list[Problem]:
        found = super().problems(config, where)
        windows = Windows.of(
            cls.rank,
            config.get("kernel_size", 1),
            config.get("strides", 1),
            config.get("dilation_rate", 1),
            config.get("padding", "valid"),
        )
        output_padding: Any = config.get("output_padding")
        if output_padding is not None:
            output_padding = whole(output_padding, cls.rank)
        contradiction = _contradiction(windows, output_padding)
        return [*found, Problem(where, contradiction)] if contradiction else found

    @property
    def filters(self) -> int:
        """How many channels the output has."""
        return int(self.kernel.shape[-2])

    @property
    def channels(self) -> int:
        return int(self.kernel.shape[-1])

    @property
    def output_channels(self) -> int:
        return self.filters

    @classmethod
    def weight_shapes(cls, config: Config, input_shape: Shape | None) -> dict[str, Shape]:
        channels = input_channels(config, input_shape)
        shapes: dict[str, Shape] = {
            "kernel": (*whole(config["kernel_size"], cls.rank), config["filters"], channels)
        }
        if config.get("use_bias", True):
            shapes["bias"] = (config["filters"],)
        return shapes

    def _output_lengths(self, lengths: Shape) -> Shape:
        found: list[int | None] = []
        for axis, (n, s, r) in enumerate(zip(lengths, self.strides, self.windows.reach, strict=True)):
            if self.output_padding is None:
                beyond = s if self.padding == "same" else max(r, s)
            else:
                beyond = self.output_padding[axis] + (r % 2 if self.padding == "same" else r)
            found.append(None if n is None else (n - 1) * s + beyond)
        return tuple(found)

    def _linear(self, x: Array) -> Array:
        lengths = [n for n in self._output_lengths(x.shape[1:-1]) if n is not None]
        return convolve_back(x, self.kernel, self.windows, lengths)

    def _linear_back(self, x: Array, dz: Array) -> tuple[Array, Gradients]:
        return convolve(dz, self.kernel, self.windows), {"kernel": kernel_gradient(dz, x, self.windows)}


def _contradiction(windows: Windows, output_padding: Sequence[int] | None) -> str | None:
    """What in these hyper-parameters contradicts itself, so that Keras computes nothing either."""
    strides, dilation = windows.strides, windows.dilation
    if max(strides) > 1 and max(dilation) > 1:
        return f"strides={strides} together with dilation_rate={dilation}, which Keras refuses too"
    for p, s, r in zip(output_padding or (), strides, windows.reach, strict=output_padding is not None):
        if not 0 <= p < s:
            return f"output_padding={output_padding}; expected less than strides={strides}"
        if windows.padding == "same" and p == r % 2 == 0:
            return (
                f"output_padding={output_padding} with padding='same' and an even kernel, which loses windows"
            )
    return None
