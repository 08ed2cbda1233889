"""Multiply: the product of several tensors."""

from __future__ import annotations

from functools import reduce

import numpy as np

from maju.layers.base import Array
from maju.layers.merging import MaskedMergingLayer
from maju.layers.registry import layer

__all__ = ["MultiplyLayer"]


@layer
class MultiplyLayer(MaskedMergingLayer):
    """The product of several tensors: y = x₁ ∘ x₂ ∘ ….

    A tensor counts as 1 where its mask leaves a step out; where all masks do, the product is 0.

    Source: `keras.layers.Multiply`.
    """

    keras_class = "Multiply"
    neutral = 1.0

    def _where_none_is_kept(self, x: Array, seen: Array, kept: Array, nowhere: Array) -> tuple[Array, Array]:
        """Where no mask keeps a place, 0."""
        return np.where(nowhere, np.asarray(0, x.dtype), seen), kept

    def _merge(self, x: list[Array]) -> Array:
        return reduce(np.multiply, x)

    def _merge_back(self, x: list[Array], y: Array, dy: Array) -> list[Array]:
        return [reduce(np.multiply, x[:i] + x[i + 1 :], dy) for i in range(len(x))]
