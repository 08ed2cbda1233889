"""RandAugment: apply a few changes chosen at random to images."""

from __future__ import annotations

from maju.layers.image_augmentation import ImageAugmentation, any_value
from maju.layers.registry import layer

__all__ = ["RandAugmentLayer"]


@layer
class RandAugmentLayer(ImageAugmentation):
    """Apply a few changes chosen at random to images in training; in inference do nothing.

    Source: `keras.layers.RandAugment`.
    """

    keras_class = "RandAugment"
    only = any_value("value_range", "num_ops", "factor", "interpolation")
