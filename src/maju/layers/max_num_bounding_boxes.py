"""MaxNumBoundingBoxes: keep no more than so many boxes beside an image; the image itself stays."""

from __future__ import annotations

from maju.layers.image_augmentation import ImageAugmentation, any_value
from maju.layers.registry import layer

__all__ = ["MaxNumBoundingBoxesLayer"]


@layer
class MaxNumBoundingBoxesLayer(ImageAugmentation):
    """Keep no more than so many boxes beside an image; the image itself stays.

    Source: `keras.layers.MaxNumBoundingBoxes`.
    """

    keras_class = "MaxNumBoundingBoxes"
    only = any_value("max_number", "fill_value")
