"""RandomSaturation: change the saturation of images at random."""

from __future__ import annotations

from maju.layers.image_augmentation import ImageAugmentation, any_value
from maju.layers.registry import layer

__all__ = ["RandomSaturationLayer"]


@layer
class RandomSaturationLayer(ImageAugmentation):
    """Change the saturation of images at random in training; in inference do nothing.

    Source: `keras.layers.RandomSaturation`.
    """

    keras_class = "RandomSaturation"
    only = any_value("factor", "value_range")
