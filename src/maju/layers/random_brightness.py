"""RandomBrightness: make images brighter or darker at random."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from maju.layers.base import Array
from maju.layers.random_transformation import RandomTransformation, bounds
from maju.layers.registry import layer

__all__ = ["RandomBrightnessLayer"]


@layer
class RandomBrightnessLayer(RandomTransformation):
    """In training, add the same random number to all values of an image; in inference do nothing.

    y = clip(x + z, low, high), where z / (high − low) is drawn between the bounds of ``factor``, and low and
    high are those of ``value_range``.

    Source: `keras.layers.RandomBrightness`.
    """

    keras_class = "RandomBrightness"
    hyper_parameters = ("factor", "value_range", "seed")
    only = {**RandomTransformation.only, "data_format": ...}

    def __init__(self, factor: Any, value_range: Sequence[float] = (0, 255), **settings: Any) -> None:
        super().__init__(**settings)
        self.factor = factor
        self.value_range = value_range
        self._bounds = bounds(factor, "factor")
        self._low, self._high = sorted(value_range)

    def draw(self, images: Array) -> Array:
        return self.uniform(images, *self._bounds) * np.float32(self._high - self._low)

    def transformed(self, images: Array, drawn: Array) -> Array:
        return np.clip(self._brighter(images, drawn), self._low, self._high)

    def transformed_back(self, dy: Array, images: Array, drawn: Array) -> Array:
        brighter = self._brighter(images, drawn)
        return np.where((brighter >= self._low) & (brighter <= self._high), dy, 0)

    def _brighter(self, images: Array, drawn: Array) -> Array:
        return np.asarray(images + drawn.astype(images.dtype)[:, np.newaxis, np.newaxis, np.newaxis])
