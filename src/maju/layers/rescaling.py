"""Rescaling: a linear change of scale."""

from __future__ import annotations

from typing import Any

import numpy as np

from maju.layers.base import Array, Backward, Layer
from maju.layers.dtypes import as_float
from maju.layers.registry import layer

__all__ = ["RescalingLayer"]


@layer
class RescalingLayer(Layer):
    """Change the scale of the values: y = x · scale + offset.

    ``scale`` and ``offset`` are numbers, or lists with one number for each place on the last axis.

    Source: `keras.layers.Rescaling`.
    """

    keras_class = "Rescaling"
    masking = "passes"
    hyper_parameters = ("scale", "offset")

    def __init__(self, scale: Any, offset: Any = 0.0, *, name: str | None = None) -> None:
        super().__init__(name)
        self.scale = scale
        self.offset = offset

    def forward(self, x: Array, training: bool = False, mask: Array | None = None) -> Array:
        x = as_float(x)
        # Keras makes float32 of the two, whatever it computes in.
        scale, offset = (np.asarray(np.asarray(n, np.float32), x.dtype) for n in (self.scale, self.offset))
        return np.asarray(x * scale + offset)

    def vjp(self, x: Array, training: bool = True, mask: Array | None = None) -> tuple[Array, Backward]:
        return self.forward(x, training, mask), lambda dy: (dy * np.asarray(self.scale, dy.dtype), {})
