"""AugMix: blend an image with chains of random changes of it."""

from __future__ import annotations

from maju.layers.image_augmentation import ImageAugmentation, any_value
from maju.layers.registry import layer

__all__ = ["AugMixLayer"]


@layer
class AugMixLayer(ImageAugmentation):
    """Blend an image with chains of random changes of it in training; in inference do nothing.

    Source: `keras.layers.AugMix`.
    """

    keras_class = "AugMix"
    only = any_value(
        "value_range", "num_chains", "chain_depth", "factor", "alpha", "all_ops", "interpolation"
    )
