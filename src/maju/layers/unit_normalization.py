"""UnitNormalization: vectors brought to length 1."""

from __future__ import annotations

import numpy as np

from maju.layers.base import Array, Backward, Shape
from maju.layers.normalizing import (
    Axes,
    NormalizingLayer,
    as_axes,
    inverse_length,
    lengths_along,
    unit_back,
)
from maju.layers.registry import layer

__all__ = ["UnitNormalizationLayer"]

#: No vector is made longer than this many times, so that one of zeros stays as it is.
CEILING = 1e12


@layer
class UnitNormalizationLayer(NormalizingLayer):
    """Divide the vectors along some axes by their length: y = x / √(Σ x²); zeros stay zeros.

    Shapes:
        x and y: the same, (batch, ...).

    Source: `keras.layers.UnitNormalization`.
    """

    keras_class = "UnitNormalization"
    masking = "passes"
    hyper_parameters = ("axis",)

    def __init__(self, axis: Axes = -1, *, name: str | None = None) -> None:
        super().__init__(name)
        self.axis = as_axes(axis)

    def forward(self, x: Array, training: bool = False, mask: Array | None = None) -> Array:
        return np.asarray(x * inverse_length(x, self.axes_of(x), CEILING))

    def vjp(self, x: Array, training: bool = True, mask: Array | None = None) -> tuple[Array, Backward]:
        axes = self.axes_of(x)
        inverse = inverse_length(x, axes, CEILING)
        y = np.asarray(x * inverse)
        return y, lambda dy: (unit_back(dy, y, inverse, axes, CEILING), {})

    def output_shape(self, input_shape: Shape) -> Shape:
        lengths_along(self.axis, input_shape)  # an axis that is not there is an error
        return input_shape
