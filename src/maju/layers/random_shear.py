"""RandomShear: slant images at random."""

from __future__ import annotations

from maju.layers.image_augmentation import ImageAugmentation, any_value
from maju.layers.registry import layer

__all__ = ["RandomShearLayer"]


@layer
class RandomShearLayer(ImageAugmentation):
    """Slant images at random in training; in inference do nothing.

    Source: `keras.layers.RandomShear`.
    """

    keras_class = "RandomShear"
    only = any_value("x_factor", "y_factor", "interpolation", "fill_mode", "fill_value")
