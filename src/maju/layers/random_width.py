"""RandomWidth: change the width of images at random."""

from __future__ import annotations

from maju.layers.image_augmentation import ImageAugmentation, any_value
from maju.layers.registry import layer

__all__ = ["RandomWidthLayer"]


@layer
class RandomWidthLayer(ImageAugmentation):
    """Change the width of images at random in training; in inference do nothing.

    Source: `keras.layers.RandomWidth` of Keras 2.
    """

    keras_class = "RandomWidth"
    only = any_value("factor", "interpolation")
