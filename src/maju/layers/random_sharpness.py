"""RandomSharpness: make images sharper or softer at random."""

from __future__ import annotations

from maju.layers.image_augmentation import ImageAugmentation, any_value
from maju.layers.registry import layer

__all__ = ["RandomSharpnessLayer"]


@layer
class RandomSharpnessLayer(ImageAugmentation):
    """Make images sharper or softer at random in training; in inference do nothing.

    Source: `keras.layers.RandomSharpness`.
    """

    keras_class = "RandomSharpness"
    only = any_value("factor", "value_range")
