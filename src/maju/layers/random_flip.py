"""RandomFlip: mirror images at random."""

from __future__ import annotations

from maju.layers.image_augmentation import ImageAugmentation, any_value
from maju.layers.registry import layer

__all__ = ["RandomFlipLayer"]


@layer
class RandomFlipLayer(ImageAugmentation):
    """Mirror images at random in training; in inference do nothing.

    Source: `keras.layers.RandomFlip`.
    """

    keras_class = "RandomFlip"
    only = any_value("mode")
