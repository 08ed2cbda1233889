"""RandomPosterization: give images fewer colors at random."""

from __future__ import annotations

from maju.layers.image_augmentation import ImageAugmentation, any_value
from maju.layers.registry import layer

__all__ = ["RandomPosterizationLayer"]


@layer
class RandomPosterizationLayer(ImageAugmentation):
    """Give images fewer colors at random in training; in inference do nothing.

    Source: `keras.layers.RandomPosterization`.
    """

    keras_class = "RandomPosterization"
    only = any_value("factor", "value_range")
