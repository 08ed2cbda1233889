"""ConvLSTMCell: one time step of a long short-term memory that sees images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from maju.layers.base import Array, Config, Gradients, Shape
from maju.layers.cell import Drops
from maju.layers.convolve import convolve, convolve_back, kernel_gradient
from maju.layers.lstm_cell import LSTMCell
from maju.layers.windows import (
    Windows,
    channels_last,
    from_channels_last,
    input_channels,
    split_shape,
    whole,
    whole_shape,
)

__all__ = ["ConvLSTM1DCell", "ConvLSTM2DCell", "ConvLSTM3DCell", "ConvLSTMCell"]


class ConvLSTMCell(LSTMCell):
    """One time step of a `LSTMCell` with convolutions in place of its products of matrices.

    i = σ(xₜ ∗ Wi + hₜ₋₁ ∗ Ui + bi), and so on for f, c̃ and o; cₜ = f ∘ cₜ₋₁ + i ∘ c̃; hₜ = o ∘ φ(cₜ)

    The convolution of x has the strides, the padding and the dilation; that of h keeps its shape (strides and
    dilation of 1, padding "same"). Here x and the states are sequences, images or volumes.

    Shapes (f filters):
        x: (batch, ..., channels). h and c: (batch, windows ..., f). With ``data_format`` "channels_first" the
        channels stand behind the batch.
        kernel: (window ..., channels, 4·f). recurrent_kernel: (window ..., f, 4·f). bias: (4·f,).

    Source: Shi et al., 2015, and `keras.layers.ConvLSTM2D`.
    """

    keras_class = "ConvLSTMCell"
    drops_by_gate: ClassVar[Drops] = "always"
    #: How many axes the windows slide along: 1 for sequences, 2 for images, 3 for volumes.
    rank: ClassVar[int]
    hyper_parameters = (
        "filters",
        "kernel_size",
        "strides",
        "padding",
        "data_format",
        "dilation_rate",
        *(key for key in LSTMCell.hyper_parameters if key != "units"),
    )
    derived = frozenset({"filters", "kernel_size", "use_bias"})
    choices = {
        **LSTMCell.choices,
        "padding": ("valid", "same"),
        "data_format": ("channels_last", "channels_first"),
    }

    def __init__(
        self,
        kernel: Array,
        recurrent_kernel: Array,
        bias: Array | None = None,
        *,
        strides: int | Sequence[int] = 1,
        padding: str = "valid",
        data_format: str = "channels_last",
        dilation_rate: int | Sequence[int] = 1,
        **of_cell: Any,
    ) -> None:
        super().__init__(kernel, recurrent_kernel, bias, **of_cell)
        self.strides = whole(strides, self.rank)
        self.padding = padding
        self.data_format = data_format
        self.dilation_rate = whole(dilation_rate, self.rank)
        self.gate_axis = -1 if data_format == "channels_last" else 1

    @property
    def filters(self) -> int:
        """How many channels each state has."""
        return int(self.recurrent_kernel.shape[-2])

    @property
    def units(self) -> int:
        return self.filters

    @property
    def kernel_size(self) -> tuple[int, ...]:
        """The lengths of the kernels' windows."""
        return self.kernel.shape[:-2]

    @property
    def windows(self) -> Windows:
        """Where the kernel looks in x."""
        return Windows(self.kernel_size, self.strides, self.dilation_rate, self.padding)

    @property
    def recurrent_windows(self) -> Windows:
        """Where the recurrent kernel looks in h."""
        return Windows.of(self.rank, self.kernel_size, 1, padding="same")

    @classmethod
    def weight_shapes(cls, config: Config, input_shape: Shape | None) -> dict[str, Shape]:
        size, filters = whole(config["kernel_size"], cls.rank), config["filters"]
        step = None if input_shape is None else (input_shape[0], *input_shape[2:])
        shapes: dict[str, Shape] = {
            "kernel": (*size, input_channels(config, step), 4 * filters),
            "recurrent_kernel": (*size, filters, 4 * filters),
        }
        if config.get("use_bias", True):
            shapes["bias"] = (4 * filters,)
        return shapes

    @property
    def input_shape(self) -> Shape:
        channels = int(self.kernel.shape[-2])
        return whole_shape(None, (None,) * self.rank, channels, self.data_format)[1:]

    def state_shapes(self, step: Shape) -> list[Shape]:
        lengths, _ = split_shape((None, *step), self.data_format)
        state = whole_shape(None, self.windows.count(lengths), self.filters, self.data_format)[1:]
        return [state] * self.state_count

    def forward(self, x: Array, h: Array, c: Array) -> tuple[Array, Array]:
        i, f, candidate, o = np.split(self.gate_sums(x, h), 4, axis=self.gate_axis)
        c = self.sigma(f) * c + self.sigma(i) * self.phi(candidate)
        return self.sigma(o) * self.phi(c), c

    def sums(self, x: Array, h: Array) -> Array:
        """What each gate makes a number from 0 to 1 of: x ∗ W + h ∗ U + b of all four, side by side."""
        x, h = (channels_last(part, self.data_format) for part in (x, h))
        z = convolve(x, self.kernel, self.windows)
        z = z + convolve(h, self.recurrent_kernel, self.recurrent_windows)
        return from_channels_last(z if self.bias is None else z + self.bias, self.data_format)

    def sums_back(self, x: Array, h: Array, dz: Array) -> tuple[Array, Array, Gradients]:
        x, h, dz = (channels_last(part, self.data_format) for part in (x, h, dz))
        dx = convolve_back(dz, self.kernel, self.windows, x.shape[1:-1])
        dh = convolve_back(dz, self.recurrent_kernel, self.recurrent_windows, h.shape[1:-1])
        gradients = {
            "kernel": kernel_gradient(x, dz, self.windows),
            "recurrent_kernel": kernel_gradient(h, dz, self.recurrent_windows),
        }
        if self.bias is not None:
            gradients["bias"] = dz.sum(axis=tuple(range(dz.ndim - 1)))
        return from_channels_last(dx, self.data_format), from_channels_last(dh, self.data_format), gradients


class ConvLSTM1DCell(ConvLSTMCell):
    """A `ConvLSTMCell` that sees sequences."""

    rank = 1


class ConvLSTM2DCell(ConvLSTMCell):
    """A `ConvLSTMCell` that sees images."""

    rank = 2


class ConvLSTM3DCell(ConvLSTMCell):
    """A `ConvLSTMCell` that sees volumes."""

    rank = 3
