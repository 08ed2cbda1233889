"""RandomCrop: cut a part of `height` by `width` out of a random place of images."""

from __future__ import annotations

from maju.layers.image_augmentation import ImageAugmentation, any_value
from maju.layers.registry import layer

__all__ = ["RandomCropLayer"]


@layer
class RandomCropLayer(ImageAugmentation):
    """Cut a part of `height` by `width` out of a random place of images in training; in inference do nothing.

    Source: `keras.layers.RandomCrop`.
    """

    keras_class = "RandomCrop"
    only = any_value("height", "width")
