"""RandomHue: turn the hue of images at random."""

from __future__ import annotations

from maju.layers.image_augmentation import ImageAugmentation, any_value
from maju.layers.registry import layer

__all__ = ["RandomHueLayer"]


@layer
class RandomHueLayer(ImageAugmentation):
    """Turn the hue of images at random in training; in inference do nothing.

    Source: `keras.layers.RandomHue`.
    """

    keras_class = "RandomHue"
    only = any_value("factor", "value_range")
