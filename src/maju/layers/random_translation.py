"""RandomTranslation: shift images by a random distance."""

from __future__ import annotations

from maju.layers.image_augmentation import ImageAugmentation, any_value
from maju.layers.registry import layer

__all__ = ["RandomTranslationLayer"]


@layer
class RandomTranslationLayer(ImageAugmentation):
    """Shift images by a random distance in training; in inference do nothing.

    Source: `keras.layers.RandomTranslation`.
    """

    keras_class = "RandomTranslation"
    only = any_value("height_factor", "width_factor", "fill_mode", "interpolation", "fill_value")
