"""What the three croppings share."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array, Backward, Shape
from maju.layers.margins import Margin, MarginLayer

__all__ = ["Cropping"]


class Cropping(MarginLayer):
    """Cut so many values off the ends of the axes of space."""

    hyper_parameters: ClassVar[tuple[str, ...]] = ("cropping", "data_format")
    default: ClassVar[Margin] = 1

    def __init__(
        self, cropping: Margin | None = None, *, data_format: str = "channels_last", name: str | None = None
    ) -> None:
        super().__init__(data_format, name)
        self.cropping = self.as_keras(self.default if cropping is None else cropping)

    def forward(self, x: Array, training: bool = False, mask: Array | None = None) -> Array:
        self.check_axes(x)
        for length, ends in zip(x.shape, self.widths(self.cropping, x.ndim), strict=True):
            if any(ends) and sum(ends) >= length:
                raise InputError(
                    f"layer {self.name!r} ({self.keras_class}): nothing is left of shape {x.shape} "
                    f"after cropping {self.cropping}"
                )
        return self.inside(x, self.cropping)

    def vjp(self, x: Array, training: bool = True, mask: Array | None = None) -> tuple[Array, Backward]:
        widths = self.widths(self.cropping, self.rank + 2)
        return self.forward(x, training, mask), lambda dy: (np.pad(dy, widths), {})

    def output_shape(self, input_shape: Shape) -> Shape:
        widths = zip(input_shape, self.widths(self.cropping, self.rank + 2), strict=True)
        lengths = tuple(None if n is None else n - sum(ends) for n, ends in widths)
        if any(n is not None and n < 1 for n in (lengths[axis] for axis in self.spatial_axes)):
            raise ValueError(f"nothing is left after cropping {self.cropping}")
        return lengths
