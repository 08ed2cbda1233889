"""What the layers that merge several tensors element by element have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array, Layer, Shape

__all__ = ["Masks", "MergingLayer"]

#: A mask for each of several tensors, or None where none has one.
Masks: TypeAlias = Sequence[Array | None] | None


class MergingLayer(Layer):
    """One tensor from several of the same shape, element by element; axes of length 1 are stretched.

    As in Keras, tensors with fewer axes than the others get axes of length 1 behind the batch axis, and a
    step counts in the output if any of the tensors' masks keeps it (where all of them have one).

    Shapes:
        x: a list of (batch, ...). y: (batch, ...).
    """

    masking = "uses"

    def forward(self, x: list[Array], training: bool = False, mask: Masks = None) -> Array:
        if not isinstance(x, (list, tuple)) or not x:
            raise InputError(f"layer {self.name!r} ({self.keras_class}): expected a list of tensors")
        axes = max(tensor.ndim for tensor in x)
        aligned = [np.expand_dims(t, tuple(range(1, 1 + axes - t.ndim))) for t in x]
        try:
            return self._merge(aligned)
        except ValueError:
            shapes = ", ".join(str(tensor.shape) for tensor in x)
            raise InputError(
                f"layer {self.name!r} ({self.keras_class}): shapes that do not go together: {shapes}"
            ) from None

    def _merge(self, x: list[Array]) -> Array:
        """The output for tensors that all have the same number of axes."""
        raise NotImplementedError

    def compute_mask(self, x: list[Array], mask: Masks = None) -> Array | None:
        kept = [m for m in mask or [] if m is not None]
        return np.asarray(np.logical_or.reduce(kept)) if len(kept) == len(x) else None

    def output_shape(self, input_shape: list[Shape]) -> Shape:
        axes = max(len(shape) for shape in input_shape)
        rows = [(None, *(1,) * (axes - len(shape)), *shape[1:]) for shape in input_shape]
        lengths: list[int | None] = []
        for several in zip(*rows, strict=True):
            known = {n for n in several if n not in (None, 1)}
            if len(known) > 1:
                raise ValueError("shapes that do not go together")
            unknown = None if None in several else 1
            lengths.append(known.pop() if known else unknown)
        return tuple(lengths)
