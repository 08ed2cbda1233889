"""RandomZoom: enlarge or shrink images at random."""

from __future__ import annotations

from maju.layers.image_augmentation import ImageAugmentation, any_value
from maju.layers.registry import layer

__all__ = ["RandomZoomLayer"]


@layer
class RandomZoomLayer(ImageAugmentation):
    """Enlarge or shrink images at random in training; in inference do nothing.

    Source: `keras.layers.RandomZoom`.
    """

    keras_class = "RandomZoom"
    only = any_value("height_factor", "width_factor", "fill_mode", "interpolation", "fill_value")
