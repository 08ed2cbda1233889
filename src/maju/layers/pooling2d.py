"""What the two windowed poolings share: the window's hyper-parameters and the output's shape."""

from __future__ import annotations

from collections.abc import Sequence

from maju.errors import InputError
from maju.layers import windows
from maju.layers.base import Array, Layer, Shape

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
        if x.ndim != 4:
            raise InputError(
                f"layer {self.name!r} ({self.keras_class}): expected 4 axes, got shape {x.shape}"
            )
        x = windows.channels_last(x, self.data_format)
        return windows.from_channels_last(self._pool(x), self.data_format)

    def _pool(self, x: Array) -> Array:
        """(batch, height, width, channels) -> (batch, rows, columns, channels)."""
        raise NotImplementedError

    def output_shape(self, input_shape: Shape) -> Shape:
        return windows.image_shape(
            input_shape, None, self.pool_size, self.strides, self.padding, self.data_format
        )
