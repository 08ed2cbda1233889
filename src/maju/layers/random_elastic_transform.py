"""RandomElasticTransform: bend images at random."""

from __future__ import annotations

from maju.layers.image_augmentation import ImageAugmentation, any_value
from maju.layers.registry import layer

__all__ = ["RandomElasticTransformLayer"]


@layer
class RandomElasticTransformLayer(ImageAugmentation):
    """Bend images at random in training; in inference do nothing.

    Source: `keras.layers.RandomElasticTransform`.
    """

    keras_class = "RandomElasticTransform"
    only = any_value("factor", "scale", "interpolation", "fill_mode", "fill_value", "value_range")
