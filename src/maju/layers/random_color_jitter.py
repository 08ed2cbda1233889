"""RandomColorJitter: change brightness, contrast, saturation and hue of images at random."""

from __future__ import annotations

from maju.layers.image_augmentation import ImageAugmentation, any_value
from maju.layers.registry import layer

__all__ = ["RandomColorJitterLayer"]


@layer
class RandomColorJitterLayer(ImageAugmentation):
    """Change brightness, contrast, saturation, hue of images at random in training; in inference do nothing.

    Source: `keras.layers.RandomColorJitter`.
    """

    keras_class = "RandomColorJitter"
    only = any_value("value_range", "brightness_factor", "contrast_factor", "saturation_factor", "hue_factor")
