"""MixUp: blend random pairs of images."""

from __future__ import annotations

from maju.layers.image_augmentation import ImageAugmentation, any_value
from maju.layers.registry import layer

__all__ = ["MixUpLayer"]


@layer
class MixUpLayer(ImageAugmentation):
    """Blend random pairs of images in training; in inference do nothing.

    Source: `keras.layers.MixUp`.
    """

    keras_class = "MixUp"
    only = any_value("alpha")
