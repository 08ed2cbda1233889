"""What the layers share that change images at random in training, and hand them on otherwise."""

from __future__ import annotations

from typing import Any

import numpy as np

from maju.errors import GradientError, InputError
from maju.layers.base import Array, Backward, Layer

__all__ = ["ImageAugmentation", "any_value"]


def any_value(*names: str) -> dict[str, Any]:
    """These hyper-parameters, and those that all augmentations have: any value, as inference ignores them."""
    return dict.fromkeys((*names, "data_format", "bounding_box_format"), ...)


class ImageAugmentation(Layer):
    """In inference y = x, as float32; in training it is refused, but for each `RandomTransformation`.

    Shapes:
        x: (batch, height, width, channels) or (batch, channels, height, width), of numbers; with three axes,
            one image. y: the same.
    """

    def forward(self, x: Any, training: bool = False, mask: Any = None) -> Array:
        where = f"layer {self.name!r} ({self.keras_class})"
        if training:
            raise GradientError(
                f"{where} changes images at random in training, which maju does not do for this class; "
                "take the layer out, and change the images beforehand or with the augment argument of fit"
            )
        array = np.asarray(x)
        if array.ndim not in (3, 4) or array.dtype.kind not in "fiub":
            raise InputError(f"{where}: expected images of three or four axes, got shape {array.shape}")
        return array if array.dtype == np.float64 else array.astype(np.float32, copy=False)

    def vjp(self, x: Any, training: bool = True, mask: Any = None) -> tuple[Array, Backward]:
        return self.forward(x, training, mask), lambda dy: (dy, {})
