"""RandomContrast: change the contrast of images at random."""

from __future__ import annotations

from maju.layers.image_augmentation import ImageAugmentation, any_value
from maju.layers.registry import layer

__all__ = ["RandomContrastLayer"]


@layer
class RandomContrastLayer(ImageAugmentation):
    """Change the contrast of images at random in training; in inference do nothing.

    Source: `keras.layers.RandomContrast`.
    """

    keras_class = "RandomContrast"
    only = any_value("factor", "value_range")
