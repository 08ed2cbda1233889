"""RandomZoom: enlarge or reduce images at random."""

from __future__ import annotations

from typing import Any

import numpy as np

from maju.layers.base import Array
from maju.layers.random_affine import RandomAffine
from maju.layers.random_transformation import bounds
from maju.layers.registry import layer

__all__ = ["RandomZoomLayer"]


@layer
class RandomZoomLayer(RandomAffine):
    """In training, show each image from 1 + z times as far away, with random z; in inference do nothing.

    z lies between the bounds of ``height_factor``; below 0 the image gets larger. That for the width lies
    between the bounds of ``width_factor``, or is the same.

    Source: `keras.layers.RandomZoom`.
    """

    keras_class = "RandomZoom"
    hyper_parameters = ("height_factor", "width_factor", *RandomAffine.hyper_parameters)

    def __init__(self, height_factor: Any, width_factor: Any = None, **settings: Any) -> None:
        super().__init__(**settings)
        self.height_factor = height_factor
        self.width_factor = width_factor
        self._along = bounds(height_factor, "height_factor")
        self._across = None if width_factor is None else bounds(width_factor, "width_factor")

    def draw(self, images: Array) -> Array:
        along = 1 + self.uniform(images, *self._along)
        across = along if self._across is None else 1 + self.uniform(images, *self._across)
        return np.stack([across, along], axis=1)

    def matrix(self, drawn: Array, height: int, width: int) -> Array:
        across, along = drawn.astype(np.float32).T
        none = np.zeros(len(drawn), np.float32)
        right = np.float32((width - 1) / 2) * (1 - across)
        down = np.float32((height - 1) / 2) * (1 - along)
        return np.stack([across, none, right, none, along, down, none, none], axis=1)
