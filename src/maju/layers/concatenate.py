"""Concatenate: several tensors laid end to end."""

from __future__ import annotations

import numpy as np

from maju.layers.base import Array, Shape
from maju.layers.merging import Masks, MergingLayer
from maju.layers.registry import layer

__all__ = ["ConcatenateLayer"]


@layer
class ConcatenateLayer(MergingLayer):
    """Lay tensors end to end along an axis: y = [x₁, x₂, …].

    Shapes:
        x: a list of tensors that agree on all axes but ``axis``. y: their lengths on that axis add up.

    Source: `keras.layers.Concatenate`.
    """

    keras_class = "Concatenate"
    hyper_parameters = ("axis",)

    def __init__(self, axis: int = -1, *, name: str | None = None) -> None:
        super().__init__(name)
        self.axis = int(axis)

    def _merge(self, x: list[Array]) -> Array:
        return np.concatenate(x, axis=self.axis)

    def _merge_back(self, x: list[Array], y: Array, dy: Array) -> list[Array]:
        ends = np.cumsum([tensor.shape[self.axis] for tensor in x])
        return np.split(dy, ends[:-1], axis=self.axis)

    def compute_mask(self, x: list[Array], mask: Masks = None) -> Array | None:
        """A step counts where any of the values joined there does."""
        if mask is None or all(m is None for m in mask):
            return None
        spread = []
        for tensor, kept in zip(x, mask, strict=True):
            kept = np.ones(tensor.shape, bool) if kept is None else kept
            if kept.ndim < tensor.ndim:
                kept = np.broadcast_to(kept[..., np.newaxis], tensor.shape)
            spread.append(kept)
        return np.asarray(np.concatenate(spread, axis=self.axis).any(axis=-1))

    def output_shape(self, input_shape: list[Shape]) -> Shape:
        lengths = [shape[self.axis] for shape in input_shape]
        known = [n for n in lengths if n is not None]
        joined = list(input_shape[0])
        joined[self.axis] = sum(known) if len(known) == len(lengths) else None
        return tuple(joined)
