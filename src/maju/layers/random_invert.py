"""RandomInvert: turn images into their negatives at random."""

from __future__ import annotations

from maju.layers.image_augmentation import ImageAugmentation, any_value
from maju.layers.registry import layer

__all__ = ["RandomInvertLayer"]


@layer
class RandomInvertLayer(ImageAugmentation):
    """Turn images into their negatives at random in training; in inference do nothing.

    Source: `keras.layers.RandomInvert`.
    """

    keras_class = "RandomInvert"
    only = any_value("factor", "value_range")
