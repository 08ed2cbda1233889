"""GlobalAveragePooling1D: the mean of each channel over the steps that the mask keeps."""

from __future__ import annotations

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array
from maju.layers.global_average_pooling import GlobalAveragePooling
from maju.layers.registry import layer

__all__ = ["GlobalAveragePooling1DLayer"]


@layer
class GlobalAveragePooling1DLayer(GlobalAveragePooling):
    """The mean of each channel over the steps that the mask keeps.

    y[n, c] = Σ_t m[n, t] · x[n, t, c] / Σ_t m[n, t]

    with m = 1 where there is no mask. A row of which the mask keeps nothing gives NaN, as in Keras.

    Shapes:
        x: (batch, steps, channels), or channels first. mask m: (batch, steps).
        y: (batch, channels); with ``keepdims`` the axis of the steps stays, of length 1.

    Source: `keras.layers.GlobalAveragePooling1D`.
    """

    keras_class = "GlobalAveragePooling1D"
    masking = "uses"
    call_arguments = ("mask",)
    rank = 1

    def _pool(self, x: Array, mask: Array | None) -> Array:
        if mask is None:
            return super()._pool(x, None)
        kept = self._kept(x, mask)
        total, count = np.where(kept, x, 0).sum(1, keepdims=True), kept.sum(1, x.dtype, keepdims=True)
        with np.errstate(invalid="ignore"):  # 0 / 0 where nothing is kept
            return np.asarray(total / count)

    def _pool_back(self, x: Array, y: Array, dy: Array, mask: Array | None) -> Array:
        if mask is None:
            return super()._pool_back(x, y, dy, None)
        kept = self._kept(x, mask)
        return np.where(kept, dy / np.maximum(kept.sum(1, dy.dtype, keepdims=True), 1), 0)

    def _kept(self, x: Array, mask: Array) -> Array:
        """Which steps count: (batch, steps, 1) of bool."""
        kept = np.asarray(mask, bool)
        if kept.shape != x.shape[:2]:
            where = f"layer {self.name!r} ({self.keras_class})"
            raise InputError(f"{where}: expected a mask of shape {x.shape[:2]}, got {kept.shape}")
        return kept[..., np.newaxis]
