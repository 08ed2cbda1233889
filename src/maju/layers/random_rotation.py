"""RandomRotation: turn images at random."""

from __future__ import annotations

from typing import Any

import numpy as np

from maju.layers.base import Array
from maju.layers.random_affine import RandomAffine
from maju.layers.random_transformation import bounds
from maju.layers.registry import layer

__all__ = ["RandomRotationLayer"]


@layer
class RandomRotationLayer(RandomAffine):
    """In training, turn each image around its middle by a random angle; in inference do nothing.

    The angle lies between the bounds of ``factor``, as a share of the full circle; above 0 it goes against
    the clock.

    Source: `keras.layers.RandomRotation`.
    """

    keras_class = "RandomRotation"
    hyper_parameters = ("factor", *RandomAffine.hyper_parameters)

    def __init__(self, factor: Any, **settings: Any) -> None:
        super().__init__(**settings)
        self.factor = factor
        self._bounds = bounds(factor, "factor")

    def draw(self, images: Array) -> Array:
        return 360 * self.uniform(images, *self._bounds)

    def matrix(self, drawn: Array, height: int, width: int) -> Array:
        angle = drawn.astype(np.float32) * np.float32(np.pi / 180)
        cos, sin, none = np.cos(angle), np.sin(angle), np.zeros_like(angle)
        x, y = np.float32(0.5 * (width - 1)), np.float32(0.5 * (height - 1))
        right, down = x - x * cos + y * sin, y - x * sin - y * cos
        return np.stack([cos, -sin, right, sin, cos, down, none, none], axis=1)
