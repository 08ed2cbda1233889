"""What layers that act on the axes of space have in common: where these axes are, and how many."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from maju.errors import InputError
from maju.layers.base import Array, Layer

__all__ = ["SpatialLayer"]


class SpatialLayer(Layer):
    """A layer that acts on the axes that are neither the batch's nor the channels'.

    Attributes:
        rank: how many such axes there are: 1 for steps, 2 for images, 3 for volumes.
    """

    choices: ClassVar[Mapping[str, tuple[Any, ...]]] = {"data_format": ("channels_last", "channels_first")}
    rank: ClassVar[int]

    def __init__(self, data_format: str = "channels_last", name: str | None = None) -> None:
        super().__init__(name)
        self.data_format = data_format

    @property
    def spatial_axes(self) -> range:
        """The axes of space, counted with the batch axis."""
        first = 2 if self.data_format == "channels_first" else 1
        return range(first, first + self.rank)

    def check_axes(self, x: Array) -> None:
        """Raise InputError for an x that has another number of axes than batch, space and channels."""
        if x.ndim != self.rank + 2:
            where = f"layer {self.name!r} ({self.keras_class})"
            raise InputError(f"{where}: expected {self.rank + 2} axes, got shape {x.shape}")
