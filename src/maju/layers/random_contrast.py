"""RandomContrast: give images more or less contrast at random."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from maju.layers.base import Array
from maju.layers.random_transformation import RandomTransformation, bounds
from maju.layers.registry import layer

__all__ = ["RandomContrastLayer"]


@layer
class RandomContrastLayer(RandomTransformation):
    """In training, stretch the values of each channel around their mean; in inference do nothing.

    y = clip((x − m) · z + m, low, high), where m is the channel's mean, z is drawn between 1 − lower and
    1 + upper, the two numbers of ``factor`` (of which the lower is 0, as in Keras 3, where there is but one),
    and low and high are those of ``value_range``.

    Source: `keras.layers.RandomContrast`.
    """

    keras_class = "RandomContrast"
    hyper_parameters = ("factor", "value_range", *RandomTransformation.hyper_parameters)
    beyond_keras = {"data_format": "channels_last"}  # which takes it, and keeps it in no file

    def __init__(self, factor: Any, value_range: Sequence[float] = (0, 255), **settings: Any) -> None:
        super().__init__(**settings)
        self.factor = factor
        self.value_range = value_range
        self._lower, self._upper = bounds(factor, "factor", 0)
        self._low, self._high = value_range

    def draw(self, images: Array) -> Array:
        return self.uniform(images, 1 - self._lower, 1 + self._upper)

    def transformed(self, images: Array, drawn: Array) -> Array:
        return np.clip(self._stretched(images, drawn), self._low, self._high)

    def transformed_back(self, dy: Array, images: Array, drawn: Array) -> Array:
        stretched = self._stretched(images, drawn)
        inside = np.where((stretched >= self._low) & (stretched <= self._high), dy, 0)
        return self._stretched(inside, drawn)  # which is its own way back

    @staticmethod
    def _stretched(images: Array, drawn: Array) -> Array:
        mean = images.mean(axis=1, keepdims=True).mean(axis=2, keepdims=True)
        factor = drawn.astype(images.dtype)[:, np.newaxis, np.newaxis, np.newaxis]
        return np.asarray((images - mean) * factor + mean)
