"""ThresholdedReLU: what lies above a threshold, and 0 for the rest; a layer of Keras 1 and 2."""

from __future__ import annotations

import numpy as np

from maju.layers.base import Array, Backward, Layer
from maju.layers.registry import layer

__all__ = ["ThresholdedReLULayer"]


@layer
class ThresholdedReLULayer(Layer):
    """Keep the values above a threshold: y = x for x > theta, else 0.

    Shapes:
        x and y: the same, (batch, ...).

    Source: Konda, Memisevic & Krueger, 2015, and `keras.layers.ThresholdedReLU` of Keras 2.
    """

    keras_class = "ThresholdedReLU"
    masking = "passes"
    hyper_parameters = ("theta",)

    def __init__(self, theta: float = 1.0, *, name: str | None = None) -> None:
        super().__init__(name)
        self.theta = float(theta)
        if self.theta < 0:
            raise ValueError(f"theta is a number of at least 0, not {theta!r}")

    def forward(self, x: Array, training: bool = False, mask: Array | None = None) -> Array:
        return np.where(x > np.asarray(self.theta, x.dtype), x, np.zeros((), x.dtype))

    def vjp(self, x: Array, training: bool = True, mask: Array | None = None) -> tuple[Array, Backward]:
        above = x > np.asarray(self.theta, x.dtype)
        return self.forward(x, training, mask), lambda dy: (np.where(above, dy, 0), {})
