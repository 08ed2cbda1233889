"""What the three upsamplings share."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from maju.layers.base import Array, Backward, Shape
from maju.layers.spatial import SpatialLayer

__all__ = ["UpSampling"]


class UpSampling(SpatialLayer):
    """Repeat every value along the axes of space, each so many times."""

    hyper_parameters: ClassVar[tuple[str, ...]] = ("size", "data_format")

    def __init__(
        self, size: int | Sequence[int] = 2, *, data_format: str = "channels_last", name: str | None = None
    ) -> None:
        super().__init__(data_format, name)
        self.sizes = (size,) * self.rank if isinstance(size, int) else tuple(map(operator.index, size))
        if len(self.sizes) != self.rank or min(self.sizes) < 1:
            raise ValueError(f"size is {self.rank} whole numbers of at least 1, not {size!r}")

    @property
    def size(self) -> int | tuple[int, ...]:
        """How many times each axis gets longer, as Keras stores it."""
        return self.sizes[0] if self.rank == 1 else self.sizes

    def forward(self, x: Array, training: bool = False, mask: Array | None = None) -> Array:
        self.check_axes(x)
        for axis, times in zip(self.spatial_axes, self.sizes, strict=True):
            x = self._longer(x, axis, times)
        return x

    def vjp(self, x: Array, training: bool = True, mask: Array | None = None) -> tuple[Array, Backward]:
        def backward(dy: Array) -> tuple[Array, dict[str, Array]]:
            for axis, times in zip(self.spatial_axes, self.sizes, strict=True):
                dy = self._longer_back(dy, axis, times)
            return dy, {}

        return self.forward(x, training, mask), backward

    def _longer(self, x: Array, axis: int, times: int) -> Array:
        """X with one axis so many times as long."""
        return np.repeat(x, times, axis=axis)

    def _longer_back(self, dy: Array, axis: int, times: int) -> Array:
        """What dy sends back: the sum over the copies of each value."""
        copies = (*dy.shape[:axis], dy.shape[axis] // times, times, *dy.shape[axis + 1 :])
        return np.asarray(dy.reshape(copies).sum(axis=axis + 1))

    def output_shape(self, input_shape: Shape) -> Shape:
        lengths = list(input_shape)
        if len(lengths) != self.rank + 2:
            raise ValueError(f"expected {self.rank + 2} axes")
        for axis, times in zip(self.spatial_axes, self.sizes, strict=True):
            length = lengths[axis]
            lengths[axis] = None if length is None else length * times
        return tuple(lengths)
