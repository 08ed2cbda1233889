"""UpSampling2D: an image made larger by repeating its pixels or by interpolating between them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from maju.layers import resampling
from maju.layers.base import Array
from maju.layers.dtypes import as_float
from maju.layers.registry import layer
from maju.layers.up_sampling import UpSampling

__all__ = ["UpSampling2DLayer"]


@layer
class UpSampling2DLayer(UpSampling):
    """Make an image s₁ times as high and s₂ times as wide.

    y[n, i, j, c] = x[n, ⌊i / s₁⌋, ⌊j / s₂⌋, c] for "nearest" and "area", else
    y[n, i, j, c] = Σ_a Σ_b R[i, a] · C[j, b] · x[n, a, b, c]

    where each row of R and C holds the weights of the pixels around a place: see `maju.layers.resampling`.

    Shapes:
        x: (batch, height, width, channels), or (batch, channels, height, width) if channels_first.
        y: (batch, height · s₁, width · s₂, channels), or channels first.

    Attributes:
        integers: what becomes of whole numbers, one of `resampling.INTEGERS`.

    Source: `keras.layers.UpSampling2D` on TensorFlow.
    """

    keras_class = "UpSampling2D"
    hyper_parameters = ("size", "data_format", "interpolation", "integers")
    choices = {
        **UpSampling.choices,
        "interpolation": ("nearest", "area", *resampling.KERNELS),
        "integers": resampling.INTEGERS,
    }
    beyond_keras = {"integers": "rounded"}
    rank = 2

    def __init__(
        self,
        size: int | Sequence[int] = 2,
        *,
        data_format: str = "channels_last",
        interpolation: str = "nearest",
        integers: str = "rounded",
        name: str | None = None,
    ) -> None:
        super().__init__(size, data_format=data_format, name=name)
        self.interpolation = interpolation
        self.integers = integers

    @property
    def _blends(self) -> bool:
        """Whether a new pixel is made of several old ones."""
        return self.interpolation not in ("nearest", "area")

    def forward(self, x: Array, training: bool = False, mask: Array | None = None) -> Array:
        if self.interpolation == "nearest":
            return super().forward(x, training, mask)
        y = super().forward(as_float(x), training, mask)
        return resampling.of_integers(y, np.asarray(x).dtype, self.integers)

    def _longer(self, x: Array, axis: int, times: int) -> Array:
        if not self._blends:
            return super()._longer(x, axis, times)
        weights = resampling.weights(x.shape[axis], x.shape[axis] * times, self.interpolation)
        return _along(weights.astype(x.dtype), x, axis)

    def _longer_back(self, dy: Array, axis: int, times: int) -> Array:
        if not self._blends:
            return super()._longer_back(dy, axis, times)
        weights = resampling.weights(dy.shape[axis] // times, dy.shape[axis], self.interpolation)
        return _along(weights.T.astype(dy.dtype), dy, axis)


def _along(weights: Array, x: Array, axis: int) -> Array:
    """The product of a matrix with every line of x along an axis."""
    return np.moveaxis(np.tensordot(weights, x, axes=(1, axis)), 0, axis)
