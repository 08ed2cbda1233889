"""RandomTranslation: shift images at random."""

from __future__ import annotations

from typing import Any

import numpy as np

from maju.layers.base import Array
from maju.layers.random_affine import RandomAffine
from maju.layers.random_transformation import bounds
from maju.layers.registry import layer

__all__ = ["RandomTranslationLayer"]


@layer
class RandomTranslationLayer(RandomAffine):
    """In training, shift each image by random shares of its height and width; in inference do nothing.

    The shares, down and to the right, lie between the bounds of ``height_factor`` and of ``width_factor``;
    below 0 it goes up, or to the left.

    Source: `keras.layers.RandomTranslation`.
    """

    keras_class = "RandomTranslation"
    hyper_parameters = ("height_factor", "width_factor", *RandomAffine.hyper_parameters)

    def __init__(self, height_factor: Any, width_factor: Any, **settings: Any) -> None:
        super().__init__(**settings)
        self.height_factor = height_factor
        self.width_factor = width_factor
        self._down = bounds(height_factor, "height_factor")
        self._right = bounds(width_factor, "width_factor")

    def draw(self, images: Array) -> Array:
        down = self.uniform(images, *self._down) * images.shape[1]
        right = self.uniform(images, *self._right) * images.shape[2]
        return np.stack([right, down], axis=1)  # in pixels

    def matrix(self, drawn: Array, height: int, width: int) -> Array:
        one, none = np.ones(len(drawn), np.float32), np.zeros(len(drawn), np.float32)
        return np.stack([one, none, -drawn[:, 0], none, one, -drawn[:, 1], none, none], axis=1)
