"""RandomErasing: erase a random rectangle of images."""

from __future__ import annotations

from maju.layers.image_augmentation import ImageAugmentation, any_value
from maju.layers.registry import layer

__all__ = ["RandomErasingLayer"]


@layer
class RandomErasingLayer(ImageAugmentation):
    """Erase a random rectangle of images in training; in inference do nothing.

    Source: `keras.layers.RandomErasing`.
    """

    keras_class = "RandomErasing"
    only = any_value("factor", "scale", "fill_value", "value_range")
