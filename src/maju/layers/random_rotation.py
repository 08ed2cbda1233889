"""RandomRotation: turn images by a random angle."""

from __future__ import annotations

from maju.layers.image_augmentation import ImageAugmentation, any_value
from maju.layers.registry import layer

__all__ = ["RandomRotationLayer"]


@layer
class RandomRotationLayer(ImageAugmentation):
    """Turn images by a random angle in training; in inference do nothing.

    Source: `keras.layers.RandomRotation`.
    """

    keras_class = "RandomRotation"
    only = any_value("factor", "fill_mode", "fill_value", "interpolation")
