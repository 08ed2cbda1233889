"""RandomColorDegeneration: take a random part of the color out of images."""

from __future__ import annotations

from maju.layers.image_augmentation import ImageAugmentation, any_value
from maju.layers.registry import layer

__all__ = ["RandomColorDegenerationLayer"]


@layer
class RandomColorDegenerationLayer(ImageAugmentation):
    """Take a random part of the color out of images in training; in inference do nothing.

    Source: `keras.layers.RandomColorDegeneration`.
    """

    keras_class = "RandomColorDegeneration"
    only = any_value("factor", "value_range")
