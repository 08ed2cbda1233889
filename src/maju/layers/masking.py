"""Masking: leave out the steps of a sequence that hold a certain value alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from maju.layers.base import Array, Backward, Layer
from maju.layers.registry import layer

__all__ = ["MaskingLayer"]


@layer
class MaskingLayer(Layer):
    """Set to 0, and tell the layers after this one to leave out, every step that holds ``mask_value`` alone.

    mask[n, t] is whether any x[n, t, c] ≠ mask_value; y[n, t] = x[n, t] where the mask is True, else 0

    A mask that comes with x counts for nothing.

    Shapes:
        x and y: the same, (batch, ..., channels). mask: (batch, ...).

    Source: `keras.layers.Masking`.
    """

    keras_class = "Masking"
    masking = "uses"
    hyper_parameters = ("mask_value",)

    def __init__(self, mask_value: Any = 0.0, *, name: str | None = None) -> None:
        super().__init__(name)
        self.mask_value = mask_value
        if np.asarray(mask_value).dtype.kind not in "biuf":
            raise ValueError(f"mask_value is a number, not {mask_value!r}")

    def forward(self, x: Array, training: bool = False, mask: Array | None = None) -> Array:
        return np.where(self._kept(x)[..., np.newaxis], x, np.zeros((), x.dtype))

    def _kept(self, x: Array) -> Array:
        """The mask."""
        whole = not np.issubdtype(x.dtype, np.floating)
        # 0.1 is compared as x holds it, so as float32; but never cut off to a whole number.
        value = np.asarray(self.mask_value, np.float32 if whole else x.dtype)
        return np.asarray((x != value).any(axis=-1))

    def vjp(self, x: Array, training: bool = True, mask: Array | None = None) -> tuple[Array, Backward]:
        kept = self._kept(x)[..., np.newaxis]
        return self.forward(x, training, mask), lambda dy: (np.where(kept, dy, 0), {})

    def compute_mask(self, x: Array, mask: Array | None = None) -> Array:
        return self._kept(x)
