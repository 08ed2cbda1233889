"""AutoContrast: images whose darkest value is black and whose brightest is white."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array, Backward, Layer
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
        images = self._images(x)
        darkest, brightest, flat = _ends(images)
        # In the steps that Keras takes, between 0 and 255, so that it rounds as there.
        low, high = (images.dtype.type(end) for end in self.value_range)
        inner, dark, bright = (self._stretched(part) for part in (images, darkest, brightest))
        scale = 255 / np.where(flat, 1, bright - dark)
        inner = np.clip(inner * scale - dark * scale, 0, 255)
        back = inner if self._full else inner / 255 * (high - low) + low
        y = np.where(flat, images, back)
        return y[0] if np.ndim(x) == 3 else y

    def vjp(self, x: Any, training: bool = True, mask: Any = None) -> tuple[Array, Backward]:
        images = self._images(x)

        def backward(dy: Array) -> tuple[Array, dict[str, Array]]:
            dy = dy.reshape(images.shape)
            darkest, brightest, flat = _ends(images)
            spread = np.where(flat, 1, brightest - darkest)
            d_inner = dy * ((self.value_range[1] - self.value_range[0]) / spread)
            share = (images - darkest) / spread  # 0 where it is darkest, 1 where it is brightest
            dx = d_inner.copy()
            for end, d in ((darkest, d_inner * (share - 1)), (brightest, -d_inner * share)):
                at_end = images == end
                dx += at_end * (d.sum(axis=(1, 2), keepdims=True) / at_end.sum(axis=(1, 2), keepdims=True))
            dx = np.where(flat, dy, dx).astype(images.dtype)
            return dx.reshape(np.shape(x)), {}

        return self.forward(x, training, mask), backward

    def _images(self, x: Any) -> Array:
        """A batch of images, of floating-point numbers."""
        array = np.asarray(x)
        if array.ndim not in (3, 4) or array.dtype.kind not in "fiub":
            where = f"layer {self.name!r} (AutoContrast)"
            raise InputError(f"{where}: expected images of three or four axes, got shape {array.shape}")
        array = array if array.dtype == np.float64 else array.astype(np.float32)
        return array[np.newaxis] if array.ndim == 3 else array

    @property
    def _full(self) -> bool:
        """Whether the values lie between 0 and 255 as they are."""
        return self.value_range == (0, 255)

    def _stretched(self, x: Array) -> Array:
        """Values of the range as values between 0 and 255."""
        low, high = (x.dtype.type(end) for end in self.value_range)
        return x if self._full else (x - low) / (high - low) * 255


def _ends(images: Array) -> tuple[Array, Array, Array]:
    """The darkest and the brightest value of each channel of an image, and where they are the same."""
    darkest, brightest = (end(images, axis=(1, 2), keepdims=True) for end in (np.min, np.max))
    return darkest, brightest, darkest == brightest
