"""Subtract: the difference of two tensors."""

from __future__ import annotations

import numpy as np

from maju.layers.base import Array
from maju.layers.merging import MergingLayer
from maju.layers.registry import layer

__all__ = ["SubtractLayer"]


@layer
class SubtractLayer(MergingLayer):
    """The difference of two tensors: y = x₁ − x₂.

    Source: `keras.layers.Subtract`.
    """

    keras_class = "Subtract"

    def _merge(self, x: list[Array]) -> Array:
        first, second = x
        return np.asarray(first - second)

    def _merge_back(self, x: list[Array], y: Array, dy: Array) -> list[Array]:
        return [dy, -dy]
