"""RandomPerspective: look at images from a random side."""

from __future__ import annotations

from maju.layers.image_augmentation import ImageAugmentation, any_value
from maju.layers.registry import layer

__all__ = ["RandomPerspectiveLayer"]


@layer
class RandomPerspectiveLayer(ImageAugmentation):
    """Look at images from a random side in training; in inference do nothing.

    Source: `keras.layers.RandomPerspective`.
    """

    keras_class = "RandomPerspective"
    only = any_value("factor", "scale", "interpolation", "fill_value")
