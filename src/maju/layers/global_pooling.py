"""What the global poolings share: one number a channel for the whole input."""

from __future__ import annotations

import numpy as np

from maju.layers.base import Array, Backward, Shape
from maju.layers.pooling import AnyPooling
from maju.layers.windows import channels_last, from_channels_last, split_shape, whole_shape

__all__ = ["GlobalPooling"]


class GlobalPooling(AnyPooling):
    """One number a channel for the whole sequence, image or volume."""

    hyper_parameters = ("data_format", "keepdims")
    choices = {"data_format": ("channels_last", "channels_first"), "keepdims": (False, True)}

    def __init__(
        self, data_format: str = "channels_last", *, keepdims: bool = False, name: str | None = None
    ) -> None:
        super().__init__(name)
        self.data_format = data_format
        self.keepdims = keepdims

    @property
    def axes(self) -> tuple[int, ...]:
        """The axes that are pooled, where the channels are last."""
        return tuple(range(1, self.rank + 1))

    def forward(self, x: Array, training: bool = False, mask: Array | None = None) -> Array:
        return self._shaped(self._pool(self._checked(x), mask))

    def vjp(self, x: Array, training: bool = True, mask: Array | None = None) -> tuple[Array, Backward]:
        x = self._checked(x)
        y = self._pool(x, mask)

        def backward(dy: Array) -> tuple[Array, dict[str, Array]]:
            dy = channels_last(dy, self.data_format) if self.keepdims else dy.reshape(y.shape)
            return from_channels_last(self._pool_back(x, y, dy, mask), self.data_format), {}

        return self._shaped(y), backward

    def _shaped(self, y: Array) -> Array:
        """The output from (batch, 1 ..., channels)."""
        return from_channels_last(y, self.data_format) if self.keepdims else np.squeeze(y, axis=self.axes)

    def _pool(self, x: Array, mask: Array | None) -> Array:
        """(batch, lengths ..., channels) -> (batch, 1 ..., channels)."""
        raise NotImplementedError

    def _pool_back(self, x: Array, y: Array, dy: Array, mask: Array | None) -> Array:
        """The gradient of x, given that of y."""
        raise NotImplementedError

    def output_shape(self, input_shape: Shape) -> Shape:
        lengths, channels = split_shape(input_shape, self.data_format)
        if self.keepdims:
            return whole_shape(input_shape[0], (1,) * len(lengths), channels, self.data_format)
        return input_shape[0], channels
