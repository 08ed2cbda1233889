"""RandomHeight: change the height of images at random."""

from __future__ import annotations

from maju.layers.image_augmentation import ImageAugmentation, any_value
from maju.layers.registry import layer

__all__ = ["RandomHeightLayer"]


@layer
class RandomHeightLayer(ImageAugmentation):
    """Change the height of images at random in training; in inference do nothing.

    Source: `keras.layers.RandomHeight` of Keras 2.
    """

    keras_class = "RandomHeight"
    only = any_value("factor", "interpolation")
