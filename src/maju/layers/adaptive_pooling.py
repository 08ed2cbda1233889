"""What the adaptive poolings share: as many windows as are asked for, whatever the input's lengths."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from maju.layers.base import Array, Backward, Shape
from maju.layers.pooling import AnyPooling
from maju.layers.windows import channels_last, from_channels_last, split_shape, whole, whole_shape

__all__ = ["AdaptivePooling"]


class AdaptivePooling(AnyPooling):
    """``output_size`` windows along each axis, which cover it evenly and may overlap.

    On an axis of length n with m windows, window i covers the elements from ⌊i·n/m⌋ to before ⌈(i+1)·n/m⌉.
    One axis is pooled after the other.
    """

    hyper_parameters = ("output_size", "data_format")
    choices = {"data_format": ("channels_last", "channels_first")}

    def __init__(
        self, output_size: int | Sequence[int], *, data_format: str = "channels_last", name: str | None = None
    ) -> None:
        super().__init__(name)
        self.output_size = whole(output_size, self.rank)
        if min(self.output_size) < 1:
            raise ValueError(f"output_size={output_size!r}; expected whole numbers of at least 1")
        self.data_format = data_format

    def forward(self, x: Array, training: bool = False, mask: Array | None = None) -> Array:
        return self.vjp(x)[0]

    def vjp(self, x: Array, training: bool = True, mask: Array | None = None) -> tuple[Array, Backward]:
        y, ways_back = self._checked(x), []
        for axis, count in enumerate(self.output_size, start=1):
            y, way_back = self._pool_axis(y, axis, count)
            ways_back.append(way_back)

        def backward(dy: Array) -> tuple[Array, dict[str, Array]]:
            dx = channels_last(dy, self.data_format)
            for way_back in reversed(ways_back):
                dx = way_back(dx)
            return from_channels_last(dx, self.data_format), {}

        return from_channels_last(y, self.data_format), backward

    def _pool_axis(self, x: Array, axis: int, count: int) -> tuple[Array, Callable[[Array], Array]]:
        """X with `count` windows in the place of one axis, and the way back."""
        n = x.shape[axis]
        windows = [slice(i * n // count, -(-(i + 1) * n // count)) for i in range(count)]
        seen = [x[(slice(None),) * axis + (window,)] for window in windows]
        y = np.concatenate([self._pool(part, axis) for part in seen], axis)

        def way_back(dy: Array) -> Array:
            dx = np.zeros(x.shape, dy.dtype)
            for window, part, dy_one in zip(windows, seen, np.split(dy, count, axis), strict=True):
                dx[(slice(None),) * axis + (window,)] += self._pool_back(part, dy_one, axis)
            return dx

        return y, way_back

    def _pool(self, x: Array, axis: int) -> Array:
        """One number for the whole axis, which stays with length 1."""
        raise NotImplementedError

    def _pool_back(self, x: Array, dy: Array, axis: int) -> Array:
        """The gradient of x, or what can be stretched to it."""
        raise NotImplementedError

    def output_shape(self, input_shape: Shape) -> Shape:
        _, channels = split_shape(input_shape, self.data_format)
        return whole_shape(input_shape[0], self.output_size, channels, self.data_format)
