"""What the two windowed poolings share: the window's hyper-parameters and the output's shape."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from maju.errors import InputError
from maju.layers import windows
from maju.layers.base import Array, Backward, Layer, Shape

__all__ = ["Pooling2D"]


class Pooling2D(Layer):
    """A window that slides over an image and leaves one number a channel at each place."""

    hyper_parameters = ("pool_size", "strides", "padding", "data_format")
    choices = {
        "padding": ("valid", "same"),
        "data_format": ("channels_last", "channels_first"),
    }

    def __init__(
        self,
        pool_size: int | Sequence[int] = (2, 2),
        *,
        strides: int | Sequence[int] | None = None,
        padding: str = "valid",
        data_format: str = "channels_last",
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.pool_size = windows.pair(pool_size)
        self.strides = self.pool_size if strides is None else windows.pair(strides)
        self.padding = padding
        self.data_format = data_format

    def forward(self, x: Array, training: bool = False, mask: Array | None = None) -> Array:
        return windows.from_channels_last(self._pool(self._images(x)), self.data_format)

    def _images(self, x: Array) -> Array:
        """The images with their channels last."""
        if x.ndim != 4:
            raise InputError(
                f"layer {self.name!r} ({self.keras_class}): expected 4 axes, got shape {x.shape}"
            )
        return windows.channels_last(x, self.data_format)

    def _pool(self, x: Array) -> Array:
        """(batch, height, width, channels) -> (batch, rows, columns, channels)."""
        raise NotImplementedError

    def _pool_back(self, x: Array, y: Array, dy: Array, d_padded: Array) -> None:
        """Add to the gradient of the padded x what dy sends back to each place."""
        raise NotImplementedError

    def vjp(self, x: Array, training: bool = True, mask: Array | None = None) -> tuple[Array, Backward]:
        images = self._images(x)
        y = self._pool(images)

        def backward(dy: Array) -> tuple[Array, dict[str, Array]]:
            d_padded = self._padded(np.zeros(images.shape, dy.dtype))
            self._pool_back(images, y, windows.channels_last(dy, self.data_format), d_padded)
            dx = windows.unpad(d_padded, images.shape[1:-1], self.pool_size, self.strides, self.padding)
            return windows.from_channels_last(dx, self.data_format), {}

        return windows.from_channels_last(y, self.data_format), backward

    def _padded(self, x: Array, value: float = 0.0) -> Array:
        return windows.pad(x, self.pool_size, self.strides, self.padding, value=value)

    def _shifts(self, padded: Array) -> list[Array]:
        """For each place in the window, what all the windows see there: views."""
        return [view for _, view in windows.shifts(padded, self.pool_size, self.strides)]

    def output_shape(self, input_shape: Shape) -> Shape:
        return windows.image_shape(
            input_shape, None, self.pool_size, self.strides, self.padding, self.data_format
        )
