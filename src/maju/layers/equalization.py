"""Equalization: spread the brightnesses of images evenly."""

from __future__ import annotations

from maju.layers.image_augmentation import ImageAugmentation, any_value
from maju.layers.registry import layer

__all__ = ["EqualizationLayer"]


@layer
class EqualizationLayer(ImageAugmentation):
    """Spread the brightnesses of images evenly in training; in inference do nothing.

    Source: `keras.layers.Equalization`, which does nothing in `predict`.
    """

    keras_class = "Equalization"
    only = any_value("value_range", "bins")
