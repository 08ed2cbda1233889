"""RandomFlip: mirror images at random."""

from __future__ import annotations

from typing import Any

import numpy as np

from maju.layers.base import Array
from maju.layers.random_transformation import RandomTransformation
from maju.layers.registry import layer

__all__ = ["RandomFlipLayer"]


@layer
class RandomFlipLayer(RandomTransformation):
    """In training, mirror every second image or so; in inference do nothing.

    Left and right change places, or top and bottom, or both at once.

    Source: `keras.layers.RandomFlip`.
    """

    keras_class = "RandomFlip"
    hyper_parameters = ("mode", *RandomTransformation.hyper_parameters)
    choices = {
        **RandomTransformation.choices,
        "mode": ("horizontal", "vertical", "horizontal_and_vertical"),
    }

    def __init__(self, mode: str = "horizontal_and_vertical", **settings: Any) -> None:
        super().__init__(**settings)
        self.mode = mode

    def draw(self, images: Array) -> Array:
        return np.asarray(self.rng.random(len(images)) <= 0.5)

    def transformed(self, images: Array, drawn: Array) -> Array:
        axes = tuple(axis for axis, way in ((2, "horizontal"), (1, "vertical")) if way in self.mode)
        return np.where(drawn[:, np.newaxis, np.newaxis, np.newaxis], np.flip(images, axes), images)

    def transformed_back(self, dy: Array, images: Array, drawn: Array) -> Array:
        return self.transformed(dy, drawn)
