"""What the three zero paddings share."""

from __future__ import annotations

import numpy as np

from maju.layers.base import Array, Backward, Shape
from maju.layers.margins import Margin, MarginLayer

__all__ = ["ZeroPadding"]


class ZeroPadding(MarginLayer):
    """Put so many zeros around the ends of the axes of space."""

    hyper_parameters = ("padding", "data_format")

    def __init__(
        self, padding: Margin = 1, *, data_format: str = "channels_last", name: str | None = None
    ) -> None:
        super().__init__(data_format, name)
        self.padding = self.as_keras(padding)

    def forward(self, x: Array, training: bool = False, mask: Array | None = None) -> Array:
        self.check_axes(x)
        return np.pad(x, self.widths(self.padding, x.ndim))

    def vjp(self, x: Array, training: bool = True, mask: Array | None = None) -> tuple[Array, Backward]:
        return self.forward(x, training, mask), lambda dy: (self.inside(dy, self.padding), {})

    def output_shape(self, input_shape: Shape) -> Shape:
        widths = zip(input_shape, self.widths(self.padding, self.rank + 2), strict=True)
        return tuple(None if n is None else n + sum(ends) for n, ends in widths)
