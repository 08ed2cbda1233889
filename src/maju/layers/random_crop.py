"""RandomCrop: cut a part of `height` by `width` out of a random place of images."""

from __future__ import annotations

from typing import Any

import numpy as np

from maju.layers.base import Array, Shape
from maju.layers.random_transformation import RandomTransformation
from maju.layers.registry import layer
from maju.layers.resizing import ResizingLayer

__all__ = ["RandomCropLayer"]


@layer
class RandomCropLayer(RandomTransformation):
    """In training, cut ``height`` by ``width`` pixels out of a random place; in inference do nothing.

    The place is the same for all images of a batch. Images that are not larger on both axes are cut in the
    middle, and what is too small then is resized.

    Shapes:
        x: (batch, height, width, channels), or the channels first. y in training: (batch, ``height``,
        ``width``, channels); else that of x.

    Source: `keras.layers.RandomCrop`.
    """

    keras_class = "RandomCrop"
    hyper_parameters = ("height", "width", *RandomTransformation.hyper_parameters)

    def __init__(self, height: int, width: int, **settings: Any) -> None:
        super().__init__(**settings)
        self.height = height
        self.width = width
        self._resizing = ResizingLayer(height, width)

    def draw(self, images: Array) -> Array:
        height, width = images.shape[1:3]
        if height > self.height and width > self.width:
            ends = (height - self.height + 1, width - self.width + 1)
            return self.rng.integers(0, ends)
        middle = max(min(height, int(width * self.height / self.width)), 1)
        centre = max(min(width, int(height * self.width / self.height)), 1)
        return np.array([(height - middle) // 2, (width - centre) // 2])

    def transformed(self, images: Array, drawn: Array) -> Array:
        part = images[self._part(drawn)]
        if part.shape[1:3] == (self.height, self.width):
            return part
        return self._resizing.forward(part)

    def transformed_back(self, dy: Array, images: Array, drawn: Array) -> Array:
        dx = np.zeros_like(images)
        part = self._part(drawn)
        if dx[part].shape != dy.shape:
            dy = self._resizing.vjp(images[part])[1](dy)[0]
        dx[part] = dy
        return dx

    def _part(self, drawn: Array) -> tuple[slice, ...]:
        row, column = (int(start) for start in drawn)
        return slice(None), slice(row, row + self.height), slice(column, column + self.width)

    def output_shape(self, input_shape: Shape) -> Shape:
        batch, *others = input_shape if len(input_shape) == 4 else (None, *input_shape)
        channels = others[0 if self.data_format == "channels_first" else 2]
        size = (self.height, self.width)
        shape = (channels, *size) if self.data_format == "channels_first" else (*size, channels)
        return (batch, *shape) if len(input_shape) == 4 else shape
