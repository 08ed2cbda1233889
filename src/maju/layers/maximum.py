"""Maximum: the largest of several tensors at each place."""

from __future__ import annotations

from functools import reduce

import numpy as np

from maju.layers.base import Array
from maju.layers.merging import ExtremeLayer
from maju.layers.registry import layer

__all__ = ["MaximumLayer"]


@layer
class MaximumLayer(ExtremeLayer):
    """The largest of several tensors at each place: y = max(x₁, x₂, …).

    A tensor is left out where its mask leaves a step out; where all masks do, the first one counts.

    Source: `keras.layers.Maximum`.
    """

    keras_class = "Maximum"
    neutral = -np.inf

    def _merge(self, x: list[Array]) -> Array:
        return reduce(np.maximum, x)
