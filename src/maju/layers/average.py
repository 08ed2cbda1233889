"""Average: the mean of several tensors."""

from __future__ import annotations

from functools import reduce

import numpy as np

from maju.layers.base import Array
from maju.layers.merging import MergingLayer
from maju.layers.registry import layer

__all__ = ["AverageLayer"]


@layer
class AverageLayer(MergingLayer):
    """The mean of several tensors: y = (x₁ + x₂ + … + xₖ) / k.

    Source: `keras.layers.Average`.
    """

    keras_class = "Average"

    def _merge(self, x: list[Array]) -> Array:
        return np.asarray(reduce(np.add, x) / np.asarray(len(x), x[0].dtype))

    def _merge_back(self, x: list[Array], y: Array, dy: Array) -> list[Array]:
        return [dy / np.asarray(len(x), dy.dtype)] * len(x)
