"""What the two global poolings share: which axes are the image's."""

from __future__ import annotations

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array, Layer, Shape

__all__ = ["GlobalPooling2D"]


class GlobalPooling2D(Layer):
    """One number a channel for the whole image."""

    hyper_parameters = ("data_format", "keepdims")
    choices = {"data_format": ("channels_last", "channels_first"), "keepdims": (False, True)}

    def __init__(
        self, data_format: str = "channels_last", *, keepdims: bool = False, name: str | None = None
    ) -> None:
        super().__init__(name)
        self.data_format = data_format
        self.keepdims = keepdims

    @property
    def image_axes(self) -> tuple[int, int]:
        """The axes of height and width."""
        return (1, 2) if self.data_format == "channels_last" else (2, 3)

    def forward(self, x: Array, training: bool = False, mask: Array | None = None) -> Array:
        if x.ndim != 4:
            raise InputError(
                f"layer {self.name!r} ({self.keras_class}): expected 4 axes, got shape {x.shape}"
            )
        return self._pool(x)

    def _pool(self, x: Array) -> Array:
        """The one number of each channel."""
        raise NotImplementedError

    def _spread(self, dy: Array) -> Array:
        """Dy with the axes of the image, of length 1."""
        return dy if self.keepdims else np.expand_dims(dy, self.image_axes)

    def output_shape(self, input_shape: Shape) -> Shape:
        if self.keepdims:
            return tuple(1 if axis in self.image_axes else n for axis, n in enumerate(input_shape))
        return tuple(n for axis, n in enumerate(input_shape) if axis not in self.image_axes)
