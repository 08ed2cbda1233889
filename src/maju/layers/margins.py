"""Margins: what cropping cuts off the ends of axes and zero padding puts around them."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any, TypeAlias

from maju.layers.base import Array
from maju.layers.spatial import SpatialLayer

__all__ = ["Margin", "MarginLayer"]

#: Keras's forms: one number for all ends; on more than one axis, for each a number or its two ends.
Margin: TypeAlias = int | Sequence[int | Sequence[int]]


class MarginLayer(SpatialLayer):
    """A layer that cuts margins off the axes of space, or puts them there: each the other's way back."""

    def pairs(self, margin: Margin) -> tuple[tuple[int, int], ...]:
        """What is meant before and after each axis of space.

        Raises:
            ValueError: another number of axes, or a margin below 0.
        """
        by_axis: Any = [margin] * self.rank if isinstance(margin, int) or self.rank == 1 else margin
        ends = [(both, both) if isinstance(both, int) else both for both in by_axis]
        pairs = tuple((operator.index(before), operator.index(after)) for before, after in ends)
        if len(pairs) != self.rank or any(end < 0 for pair in pairs for end in pair):
            raise ValueError(f"expected margins of at least 0 for {self.rank} axes, got {margin!r}")
        return pairs

    def as_keras(self, margin: Margin) -> tuple[int, int] | tuple[tuple[int, int], ...]:
        """A margin in the form in which Keras stores it: on one axis a pair, else a pair for each axis."""
        pairs = self.pairs(margin)
        return pairs[0] if self.rank == 1 else pairs

    def widths(self, margin: Margin, axes: int) -> list[tuple[int, int]]:
        """What is meant before and after every one of so many axes, the batch's among them."""
        widths = [(0, 0)] * axes
        for axis, pair in zip(self.spatial_axes, self.pairs(margin), strict=True):
            widths[axis] = pair
        return widths

    def inside(self, x: Array, margin: Margin) -> Array:
        """X without its margins: a view."""
        widths = zip(x.shape, self.widths(margin, x.ndim), strict=True)
        return x[tuple(slice(before, length - after) for length, (before, after) in widths)]
