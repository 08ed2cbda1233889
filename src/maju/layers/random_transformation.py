"""What the layers share that change images at random in training and that gradients go back through."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from maju.layers.base import Array, Backward
from maju.layers.image_augmentation import ImageAugmentation
from maju.layers.operations.images import as_given, images_last
from maju.random import generator

__all__ = ["RandomTransformation", "bounds"]


class RandomTransformation(ImageAugmentation):
    """In training y = f(x, z) with z that is drawn anew for each image in each call; else y = x, as float32.

    Shapes:
        x: (batch, height, width, channels) or (batch, channels, height, width); with three axes, one image.

    Attributes:
        rng: where z comes from; the one thing that changes from call to call in training.
    """

    hyper_parameters: ClassVar[tuple[str, ...]] = ("seed", "data_format")
    choices = {"data_format": (None, "channels_last", "channels_first")}
    only = {"bounding_box_format": ...}

    def __init__(
        self, *, seed: int | None = None, data_format: str | None = None, name: str | None = None
    ) -> None:
        super().__init__(name)
        self.seed = seed
        self.data_format = data_format or "channels_last"
        self.rng = generator(seed)

    def draw(self, images: Array) -> Array:
        """The next z for images (batch, height, width, channels)."""
        raise NotImplementedError

    def transformed(self, images: Array, drawn: Array) -> Array:
        """What becomes of images (batch, height, width, channels) under z."""
        raise NotImplementedError

    def transformed_back(self, dy: Array, images: Array, drawn: Array) -> Array:
        """The gradient of the images, from that of what `transformed` makes of them."""
        raise NotImplementedError

    def forward(self, x: Any, training: bool = False, mask: Any = None) -> Array:
        given = super().forward(x)
        if not training:
            return given
        images = images_last(given, self.data_format)
        return as_given(self.transformed(images, self.draw(images)), given, self.data_format)

    def vjp(self, x: Any, training: bool = True, mask: Any = None) -> tuple[Array, Backward]:
        if not training:
            return super().vjp(x, training, mask)
        given = super().forward(x)
        images = images_last(given, self.data_format)
        drawn = self.draw(images)
        y = as_given(self.transformed(images, drawn), given, self.data_format)

        def backward(dy: Array) -> tuple[Array, dict[str, Array]]:
            dx = self.transformed_back(images_last(dy, self.data_format), images, drawn)
            return as_given(dx, given, self.data_format), {}

        return y, backward

    def vjp_to_weights(
        self, x: Any, training: bool = True, mask: Any = None, **options: Any
    ) -> tuple[Array, Backward]:
        return self.forward(x, training, mask), lambda dy: (None, {})

    def uniform(self, images: Array, low: float, high: float) -> Array:
        """A number for each image, (batch,)."""
        return self.rng.uniform(low, high, len(images)).astype(np.float32)


def bounds(factor: Any, name: str, least: float = -1, most: float = 1) -> tuple[float, float]:
    """The lowest and the highest number that a factor stands for: two of them, or one on both sides of 0.

    Raises:
        ValueError: it is no number or two between ``least`` and ``most``.
    """
    given = list(factor) if isinstance(factor, (list, tuple)) else [factor]
    wrong = f"{name} is a number or two between {least} and {most}, not {factor!r}"
    if len(given) not in (1, 2) or not all(isinstance(n, (int, float)) for n in given):
        raise ValueError(wrong)
    if not all(least <= n <= most for n in given):
        raise ValueError(wrong)
    low, high = sorted(given) if len(given) == 2 else (max(-abs(given[0]), least), abs(given[0]))
    return float(low), float(high)
