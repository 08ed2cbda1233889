"""RandomGaussianBlur: blur images at random."""

from __future__ import annotations

from maju.layers.image_augmentation import ImageAugmentation, any_value
from maju.layers.registry import layer

__all__ = ["RandomGaussianBlurLayer"]


@layer
class RandomGaussianBlurLayer(ImageAugmentation):
    """Blur images at random in training; in inference do nothing.

    Source: `keras.layers.RandomGaussianBlur`.
    """

    keras_class = "RandomGaussianBlur"
    only = any_value("factor", "kernel_size", "sigma", "value_range")
