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

    Source: `keras.layers.Maximum`.
    """

    keras_class = "Maximum"

    def _merge(self, x: list[Array]) -> Array:
        return reduce(np.maximum, x)
