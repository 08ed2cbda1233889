"""CenterCrop: the middle of images."""

from __future__ import annotations

import numpy as np

from maju.layers.base import Array, Backward, Layer
from maju.layers.registry import layer
from maju.layers.resizing import ImageSizeLayer, ResizingLayer

__all__ = ["CenterCropLayer"]


@layer
class CenterCropLayer(ImageSizeLayer):
    """Cut `height` rows and `width` columns out of the middle of images.

    y[n, i, j] = x[n, i + ⌊(h − height) / 2⌋, j + ⌊(w − width) / 2⌋]

    Of images that are smaller than that in one direction, as in Keras, the largest part with the new
    proportions is resized bilinearly.

    Source: `keras.layers.CenterCrop`.
    """

    keras_class = "CenterCrop"
    hyper_parameters = ("height", "width", "data_format")
    only = {"bounding_box_format": ...}

    def forward(self, x: Array, training: bool = False, mask: Array | None = None) -> Array:
        return self.vjp(x, training, mask)[0]

    def vjp(self, x: Array, training: bool = True, mask: Array | None = None) -> tuple[Array, Backward]:
        images = self._images(x)
        part: list[slice] = [slice(None)] * images.ndim
        for axis, length in zip(self._axes(images.ndim), (self.height, self.width), strict=True):
            start = (images.shape[axis] - length) // 2
            if start < 0:
                return self._resizing.vjp(images, training, mask)
            part[axis] = slice(start, start + length)

        def backward(dy: Array) -> tuple[Array, dict[str, Array]]:
            dx = np.zeros(images.shape, dy.dtype)
            dx[tuple(part)] = dy
            return dx, {}

        return images[tuple(part)], backward

    @property
    def _resizing(self) -> Layer:
        """What makes smaller images large enough."""
        return ResizingLayer(
            self.height, self.width, crop_to_aspect_ratio=True, data_format=self.data_format, name=self.name
        )
