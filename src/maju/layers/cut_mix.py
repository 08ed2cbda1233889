"""CutMix: put a random part of one image into another."""

from __future__ import annotations

from maju.layers.image_augmentation import ImageAugmentation, any_value
from maju.layers.registry import layer

__all__ = ["CutMixLayer"]


@layer
class CutMixLayer(ImageAugmentation):
    """Put a random part of one image into another in training; in inference do nothing.

    Source: `keras.layers.CutMix`.
    """

    keras_class = "CutMix"
    only = any_value("factor")
