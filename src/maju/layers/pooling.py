"""What all poolings share: an input without weights, and windows that leave one number a channel."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import ClassVar

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array, Backward, Layer, Shape
from maju.layers.slices import vjp_in_slices
from maju.layers.windows import (
    KINDS,
    Windows,
    channels_last,
    from_channels_last,
    split_shape,
    whole,
    whole_shape,
)

__all__ = ["AnyPooling", "Pooling"]


class AnyPooling(Layer):
    """A layer without weights that takes a sequence, an image or a volume."""

    #: How many axes are pooled: 1 for sequences, 2 for images, 3 for volumes.
    rank: ClassVar[int]

    data_format: str

    def _checked(self, x: Array) -> Array:
        """The input with its channels last."""
        x = np.asarray(x)
        where = f"layer {self.name!r} ({self.keras_class})"
        if x.ndim != self.rank + 2:
            raise InputError(f"{where}: expected {self.rank + 2} axes, got shape {x.shape}")
        if 0 in x.shape[1:]:
            raise InputError(f"{where}: {KINDS[self.rank]} of shape {x.shape[1:]} hold nothing to pool")
        return channels_last(x, self.data_format)


class Pooling(AnyPooling):
    """A window slides over the input and leaves one number a channel at each place."""

    hyper_parameters = ("pool_size", "strides", "padding", "data_format")
    choices = {"padding": ("valid", "same"), "data_format": ("channels_last", "channels_first")}

    def __init__(
        self,
        pool_size: int | Sequence[int] = 2,
        *,
        strides: int | Sequence[int] | None = None,
        padding: str = "valid",
        data_format: str = "channels_last",
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.pool_size = whole(pool_size, self.rank)
        self.strides = self.pool_size if strides is None else whole(strides, self.rank)
        self.padding = padding
        self.data_format = data_format

    @property
    def windows(self) -> Windows:
        """Where the windows are."""
        return Windows(self.pool_size, self.strides, (1,) * self.rank, self.padding)

    def _checked(self, x: Array) -> Array:
        shape = np.shape(x)
        x = super()._checked(x)
        if 0 in self.windows.count(x.shape[1:-1]):
            where, kind = f"layer {self.name!r} ({self.keras_class})", KINDS[self.rank]
            raise InputError(f"{where}: {kind} of shape {shape[1:]} are smaller than the window")
        return x

    def forward(self, x: Array, training: bool = False, mask: Array | None = None) -> Array:
        return from_channels_last(self._pool(self._checked(x)), self.data_format)

    def vjp(self, x: Array, training: bool = True, mask: Array | None = None) -> tuple[Array, Backward]:
        x = self._checked(x)
        lengths = x.shape[1:-1]
        values = math.prod(x.shape[1:]) + math.prod(n or 0 for n in self.windows.count(lengths)) * x.shape[-1]
        return vjp_in_slices(self._vjp, x, values)

    def _vjp(self, x: Array) -> tuple[Array, Backward]:
        y, pool_back = self._pool_vjp(x)
        shape = x.shape

        def backward(dy: Array) -> tuple[Array, dict[str, Array]]:
            d_padded = self.windows.pad(np.zeros(shape, dy.dtype))
            pool_back(channels_last(dy, self.data_format), self._views(d_padded))
            dx = self.windows.unpad(d_padded, shape[1:-1])
            return from_channels_last(dx, self.data_format), {}

        return from_channels_last(y, self.data_format), backward

    def _pool(self, x: Array) -> Array:
        """(batch, lengths ..., channels) -> (batch, windows ..., channels)."""
        raise NotImplementedError

    def _pool_vjp(self, x: Array) -> tuple[Array, Callable[[Array, list[Array]], None]]:
        """What `_pool` gives, and the way back.

        That takes dy, and the gradient of what each place of the windows sees, as `_views` gives it: views,
        to which it adds.
        """
        raise NotImplementedError

    def _views(self, padded: Array) -> list[Array]:
        """For each place in the window, what all the windows see there: views."""
        return [seen for _, seen in self.windows.views(padded)]

    def output_shape(self, input_shape: Shape) -> Shape:
        lengths, channels = split_shape(input_shape, self.data_format)
        return whole_shape(input_shape[0], self.windows.count(lengths), channels, self.data_format)
