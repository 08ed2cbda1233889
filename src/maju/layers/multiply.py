"""Multiply: the product of several tensors."""

from __future__ import annotations

from functools import reduce

import numpy as np

from maju.layers.base import Array
from maju.layers.merging import MergingLayer
from maju.layers.registry import layer

__all__ = ["MultiplyLayer"]


@layer
class MultiplyLayer(MergingLayer):
    """The product of several tensors: y = x₁ ∘ x₂ ∘ ….

    Source: `keras.layers.Multiply`.
    """

    keras_class = "Multiply"

    def _merge(self, x: list[Array]) -> Array:
        return reduce(np.multiply, x)

    def _merge_back(self, x: list[Array], y: Array, dy: Array) -> list[Array]:
        return [reduce(np.multiply, x[:i] + x[i + 1 :], dy) for i in range(len(x))]
