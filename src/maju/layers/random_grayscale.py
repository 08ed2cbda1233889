"""RandomGrayscale: take the color out of images at random."""

from __future__ import annotations

from maju.layers.image_augmentation import ImageAugmentation, any_value
from maju.layers.registry import layer

__all__ = ["RandomGrayscaleLayer"]


@layer
class RandomGrayscaleLayer(ImageAugmentation):
    """Take the color out of images at random in training; in inference do nothing.

    Source: `keras.layers.RandomGrayscale`.
    """

    keras_class = "RandomGrayscale"
    only = any_value("factor")
