"""Add: the sum of several tensors."""

from __future__ import annotations

from functools import reduce

import numpy as np

from maju.layers.base import Array
from maju.layers.merging import MergingLayer
from maju.layers.registry import layer

__all__ = ["AddLayer"]


@layer
class AddLayer(MergingLayer):
    """The sum of several tensors: y = x₁ + x₂ + ….

    Source: `keras.layers.Add`.
    """

    keras_class = "Add"

    def _merge(self, x: list[Array]) -> Array:
        return reduce(np.add, x)

    def _merge_back(self, x: list[Array], y: Array, dy: Array) -> list[Array]:
        return [dy] * len(x)
