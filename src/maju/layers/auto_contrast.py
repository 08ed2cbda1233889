"""AutoContrast: images whose darkest value is black and whose brightest is white."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array, Layer
from maju.layers.registry import layer

__all__ = ["AutoContrastLayer"]


@layer
class AutoContrastLayer(Layer):
    """Stretch the values of each channel of an image over the whole range: y = (x − min) / (max − min).

    0 and 1 stand for the ends of ``value_range``. A channel of one value alone stays as it is.

    Shapes:
        x: (batch, height, width, channels), made float32; with three axes, one image. y: the same.

    Source: `keras.layers.AutoContrast`.
    """

    keras_class = "AutoContrast"
    hyper_parameters = ("value_range",)
    only = {"data_format": ..., "bounding_box_format": ...}

    def __init__(self, value_range: Sequence[float] = (0, 255), *, name: str | None = None) -> None:
        super().__init__(name)
        self.value_range = tuple(value_range)
        if len(self.value_range) != 2 or not self.value_range[0] < self.value_range[1]:
            raise ValueError(f"value_range is a lowest and a highest number, not {value_range!r}")

    def forward(self, x: Any, training: bool = False, mask: Any = None) -> Array:
        array = np.asarray(x)
        if array.ndim not in (3, 4) or array.dtype.kind not in "fiub":
            where = f"layer {self.name!r} (AutoContrast)"
            raise InputError(f"{where}: expected images of three or four axes, got shape {array.shape}")
        images = array.astype(np.float32)[np.newaxis] if array.ndim == 3 else array.astype(np.float32)
        darkest, brightest = (end(images, axis=(1, 2), keepdims=True) for end in (np.min, np.max))
        flat = darkest == brightest
        # In the steps that Keras takes, between 0 and 255, so that it rounds as there.
        low, high = (np.float32(end) for end in self.value_range)
        inner, dark, bright = (self._stretched(part) for part in (images, darkest, brightest))
        scale = np.float32(255) / np.where(flat, np.float32(1), bright - dark)
        inner = np.clip(inner * scale - dark * scale, np.float32(0), np.float32(255))
        back = inner if self._full else inner / np.float32(255) * (high - low) + low
        y = np.where(flat, images, back)
        return y[0] if array.ndim == 3 else y

    @property
    def _full(self) -> bool:
        """Whether the values lie between 0 and 255 as they are."""
        return self.value_range == (0, 255)

    def _stretched(self, x: Array) -> Array:
        """Values of the range as values between 0 and 255."""
        low, high = (np.float32(end) for end in self.value_range)
        return x if self._full else (x - low) / (high - low) * np.float32(255)
