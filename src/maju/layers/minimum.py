"""Minimum: the smallest of several tensors at each place."""

from __future__ import annotations

from functools import reduce

import numpy as np

from maju.layers.base import Array
from maju.layers.merging import ExtremeLayer
from maju.layers.registry import layer

__all__ = ["MinimumLayer"]


@layer
class MinimumLayer(ExtremeLayer):
    """The smallest of several tensors at each place: y = min(x₁, x₂, …).

    A tensor is left out where its mask leaves a step out; where all masks do, the first one counts.

    Source: `keras.layers.Minimum`.
    """

    keras_class = "Minimum"
    neutral = np.inf

    def _merge(self, x: list[Array]) -> Array:
        return reduce(np.minimum, x)
