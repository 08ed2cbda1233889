"""RandomBrightness: make images brighter or darker at random."""

from __future__ import annotations

from maju.layers.image_augmentation import ImageAugmentation, any_value
from maju.layers.registry import layer

__all__ = ["RandomBrightnessLayer"]


@layer
class RandomBrightnessLayer(ImageAugmentation):
    """Make images brighter or darker at random in training; in inference do nothing.

    Source: `keras.layers.RandomBrightness`.
    """

    keras_class = "RandomBrightness"
    only = any_value("factor", "value_range")
