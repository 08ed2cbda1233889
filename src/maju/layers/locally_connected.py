"""LocallyConnected1D and LocallyConnected2D: a convolution with another kernel at each place."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from maju.errors import InputError, Problem
from maju.layers import activations
from maju.layers.base import Array, Backward, Config, Gradients, Layer, Shape
from maju.layers.dtypes import as_float
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

__all__ = ["LocallyConnected"]


class LocallyConnected(Layer):
    """What lies under each window by a kernel of its own: y_p = φ( Σ_a x_(p·s + a) · K_(p,a) + b_p ).

    ``implementation`` says how Keras stored K: 1 by window; 2 as a matrix from every place of the input to
    every place of the output, of which all counts that lies under a window; 3 as that matrix's numbers alone
    that count, row by row of its transpose. With ``padding="same"``, which 1 does not have, a window begins
    k // 2 before its place, whatever the stride.

    Shapes (P places of windows, k elements in one):
        kernel: 1: (P, k · channels, filters), or (P, channels · k, filters) with "channels_first".
        2: (lengths ..., channels, places ..., filters), or (channels, lengths ..., filters, places ...).
        3: (numbers,). bias: (places ..., filters), of which channels_first takes the numbers as they lie for
        (filters, places ...).
    """

    rank: ClassVar[int]
    hyper_parameters = (
        "filters",
        "kernel_size",
        "strides",
        "padding",
        "data_format",
        "activation",
        "use_bias",
        "implementation",
    )
    derived = frozenset({"use_bias"})
    choices = {
        "padding": ("valid", "same"),
        "data_format": ("channels_last", "channels_first"),
        "implementation": (1, 2, 3),
    }

    def __init__(
        self,
        kernel: Array,
        bias: Array | None = None,
        *,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = 1,
        padding: str = "valid",
        data_format: str = "channels_last",
        activation: str | None = None,
        implementation: int = 1,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.kernel = kernel
        self.bias = bias
        self.filters = filters
        self.kernel_size = whole(kernel_size, self.rank)
        self.strides = whole(strides, self.rank)
        self.padding = padding
        self.data_format = data_format
        self.activation = activations.get(activation).name
        self.implementation = implementation

    @property
    def use_bias(self) -> bool:
        """Whether a bias is added."""
        return self.bias is not None

    @classmethod
    def problems(cls, config: Config, where: str) -> list[Problem]:
        found = super().problems(config, where)
        if config.get("padding") == "same" and config.get("implementation", 1) == 1:
            found.append(Problem(where, "padding='same' with implementation=1, which Keras refuses too"))
        return found

    @classmethod
    def weight_shapes(cls, config: Config, input_shape: Shape | None) -> dict[str, Shape]:
        implementation, filters = config.get("implementation", 1), config["filters"]
        bias = config.get("use_bias", True)
        if input_shape is None:
            axes = {1: 3, 2: 2 * cls.rank + 2, 3: 1}[implementation]
            shapes: dict[str, Shape] = {"kernel": (None,) * axes}
            return {**shapes, "bias": (*[None] * cls.rank, filters)} if bias else shapes
        data_format = config.get("data_format", "channels_last")
        lengths, _ = split_shape(input_shape, data_format)
        channels, size = input_channels(config, input_shape), whole(config["kernel_size"], cls.rank)
        windows = Windows.of(cls.rank, size, config.get("strides", 1), padding=config.get("padding", "valid"))
        places = windows.count(lengths)
        known = [n for n in (*lengths, *places, channels) if n is not None]
        if len(known) < 2 * cls.rank + 1 or 0 in places:
            raise ValueError(f"it has a kernel for each place, and so no input of shape {input_shape}")
        if implementation == 1:
            count = math.prod(n or 0 for n in places)
            kernel: Shape = (count, math.prod(size) * (channels or 0), filters)
        elif implementation == 2:
            of_input, of_output = (*lengths, channels), (*places, filters)
            if data_format == "channels_first":
                of_input, of_output = (channels, *lengths), (filters, *places)
            kernel = (*of_input, *of_output)
        else:
            _, inside = _under(lengths, windows)
            kernel = (int(np.count_nonzero(inside)) * (channels or 0) * filters,)
        return {"kernel": kernel, "bias": (*places, filters)} if bias else {"kernel": kernel}

    @property
    def windows(self) -> Windows:
        """Where the kernels look."""
        return Windows(self.kernel_size, self.strides, (1,) * self.rank, self.padding)

    def forward(self, x: Array, training: bool = False, mask: Array | None = None) -> Array:
        y: Array = activations.get(self.activation)(self._affine(self._checked(x)))
        return y

    def _checked(self, x: Array) -> Array:
        """The input with its channels last.

        Raises:
            InputError: it is not as large as that for which the kernels were made.
        """
        shape = np.shape(x)
        x = channels_last(as_float(x), self.data_format)
        given = (None, *shape[1:]) if x.ndim == self.rank + 2 else None
        try:
            fits = given and self.weight_shapes(self.get_config(), given)["kernel"] == self.kernel.shape
        except ValueError:
            fits = False
        if not fits:
            where = f"layer {self.name!r} ({self.keras_class})"
            raise InputError(f"{where}: its kernels are made for other {KINDS[self.rank]}, got shape {shape}")
        return x

    def _affine(self, x: Array) -> Array:
        """What the activation is given, in the layer's own data format; x has its channels last."""
        kernels = self._kernels(self._places(x))
        z = np.einsum("npkc,pkcf->npf", self._seen(x), kernels, optimize=True)
        places = [n or 0 for n in self.windows.count(x.shape[1:-1])]
        z = from_channels_last(z.reshape(len(x), *places, self.filters), self.data_format)
        return z if self.bias is None else z + self.bias.reshape(z.shape[1:])

    def _seen(self, x: Array) -> Array:
        """What lies under each window, zeros beyond the ends: (batch, P, k, channels)."""
        under, inside = _under(x.shape[1:-1], self.windows)
        return np.where(
            inside[..., np.newaxis], x.reshape(len(x), math.prod(x.shape[1:-1]), x.shape[-1])[:, under], 0
        )

    def _kernels(self, places: Array) -> Array:
        """The kernel of each window, zeros beyond the ends: (P, k, channels, filters)."""
        return np.where(places < 0, 0, self.kernel.reshape(-1)[places])

    def _places(self, x: Array) -> Array:
        """Where in the stored kernel each number of `_kernels` is; −1 for those that are not there."""
        under, inside = _under(x.shape[1:-1], self.windows)
        (count, size), channels, filters = under.shape, x.shape[-1], self.filters
        first = self.data_format == "channels_first"
        if self.implementation == 1:
            numbers = np.arange(self.kernel.size)
            shape = (count, channels, size, filters) if first else (count, size, channels, filters)
            return numbers.reshape(shape).swapaxes(1, 2) if first else numbers.reshape(shape)
        area = math.prod(x.shape[1:-1])
        of_input = _joined(under, np.arange(channels), area, channels, first)  # (P, k, channels)
        of_output = _joined(np.arange(count), np.arange(filters), count, filters, first)  # (P, filters)
        row, column = of_input[..., np.newaxis], of_output[:, np.newaxis, np.newaxis]
        held = np.broadcast_to(inside[..., np.newaxis, np.newaxis], (count, size, channels, filters))
        if self.implementation == 2:
            return np.where(held, row * (count * filters) + column, -1)
        places = np.full(held.shape, -1)
        order = (column * math.prod(x.shape[1:]) + row)[held]
        places[held] = np.argsort(np.argsort(order))
        return places

    def vjp(self, x: Array, training: bool = True, mask: Array | None = None) -> tuple[Array, Backward]:
        activation = activations.get(self.activation)
        x = self._checked(x)
        z = self._affine(x)
        y = activation(z)

        def backward(dy: Array) -> tuple[Array, Gradients]:
            dz = activation.gradient(z, y, dy)
            gradients = {} if self.bias is None else {"bias": dz.sum(axis=0).reshape(self.bias.shape)}
            dz = channels_last(dz, self.data_format)
            dz = dz.reshape(len(x), math.prod(dz.shape[1:-1]), self.filters)
            places, (under, inside) = self._places(x), _under(x.shape[1:-1], self.windows)
            d_kernels = np.einsum("npkc,npf->pkcf", self._seen(x), dz, optimize=True)
            held = places >= 0
            d_kernel = np.bincount(places[held], d_kernels[held], self.kernel.size).astype(self.kernel.dtype)
            gradients["kernel"] = d_kernel.reshape(self.kernel.shape)
            d_seen = np.einsum("npf,pkcf->npkc", dz, self._kernels(places), optimize=True)
            dx = np.zeros((len(x), math.prod(x.shape[1:-1]), x.shape[-1]), dz.dtype)
            for place in range(under.shape[1]):  # no two windows see the same there
                there = inside[:, place]
                dx[:, under[there, place]] += d_seen[:, there, place]
            return from_channels_last(dx.reshape(x.shape), self.data_format), gradients

        return y, backward

    def output_shape(self, input_shape: Shape) -> Shape:
        lengths, _ = split_shape(input_shape, self.data_format)
        return whole_shape(input_shape[0], self.windows.count(lengths), self.filters, self.data_format)


def _under(lengths: Shape, windows: Windows) -> tuple[Array, Array]:
    """Which place of the input lies under each place of each window, and whether one does: (P, k) both."""
    rank = len(lengths)
    under, inside = np.zeros((1,) * 2 * rank, int), np.ones((1,) * 2 * rank, bool)
    for axis, (n, k, s, count) in enumerate(
        zip(lengths, windows.size, windows.strides, windows.count(lengths), strict=True)
    ):
        length, before = n or 0, k // 2 if windows.padding == "same" else 0
        shape = [1] * 2 * rank
        shape[axis], shape[rank + axis] = count or 0, k
        places = (np.arange(count or 0)[:, np.newaxis] * s + np.arange(k) - before).reshape(shape)
        under = under * length + np.clip(places, 0, length - 1)
        inside = inside & (places >= 0) & (places < length)
    size = math.prod(windows.size)
    return under.reshape(-1, size), inside.reshape(-1, size)


def _joined(places: Array, channels: Array, length: int, width: int, first: bool) -> Array:
    """Where each channel of each place is in an array of `length` places with `width` channels."""
    if first:
        return np.asarray(channels * length + places[..., np.newaxis])
    return np.asarray(places[..., np.newaxis] * width + channels)
