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
    hyper_parameters = ("axis", *MergingLayer.hyper_parameters)

    def __init__(self, axis: int = -1, *, mask_of: str = "any", name: str | None = None) -> None:
        super().__init__(mask_of=mask_of, name=name)
        self.axis = int(axis)

    def _merge(self, x: list[Array]) -> Array:
        return np.concatenate(x, axis=self.axis)

    def _merge_back(self, x: list[Array], y: Array, dy: Array) -> list[Array]:
        ends = np.cumsum([tensor.shape[self.axis] for tensor in x])
        return np.split(dy, ends[:-1], axis=self.axis)

    def compute_mask(self, x: list[Array], mask: Masks = None) -> Array | None:
        """A step counts where any of the values joined there does, or where all do: see `mask_of`."""
        if mask is None or all(m is None for m in mask):
            return None
        spread = []
        for tensor, kept in zip(x, mask, strict=True):
            kept = np.ones(tensor.shape, bool) if kept is None else kept
            if kept.ndim < tensor.ndim:
                kept = np.broadcast_to(kept[..., np.newaxis], tensor.shape)
            spread.append(kept)
        joined = np.concatenate(spread, axis=self.axis)
        return np.asarray(joined.all(axis=-1) if self.mask_of == "all" else joined.any(axis=-1))

    def output_shape(self, input_shape: list[Shape]) -> Shape:
        joined: list[int | None] = []
        for axis, lengths in enumerate(zip(*input_shape, strict=True)):
            known = [n for n in lengths if n is not None]
            if axis == self.axis % len(input_shape[0]):
                joined.append(sum(known) if len(known) == len(lengths) else None)
            elif len(set(known)) > 1:
                raise ValueError(f"shapes that do not go together along axis {self.axis}")
            else:
                joined.append(known[0] if known and (axis or len(known) == len(lengths)) else None)
        return tuple(joined)
