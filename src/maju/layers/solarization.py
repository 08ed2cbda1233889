"""Solarization: invert the values of images beyond a random threshold."""

from __future__ import annotations

from maju.layers.image_augmentation import ImageAugmentation, any_value
from maju.layers.registry import layer

__all__ = ["SolarizationLayer"]


@layer
class SolarizationLayer(ImageAugmentation):
    """Invert the values of images beyond a random threshold in training; in inference do nothing.

    Source: `keras.layers.Solarization`.
    """

    keras_class = "Solarization"
    only = any_value("value_range", "addition_factor", "threshold_factor")
