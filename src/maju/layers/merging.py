"""What the layers that merge several tensors element by element have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Literal, TypeAlias

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array, Gradients, Layer, Shape

__all__ = ["ExtremeLayer", "MaskedMergingLayer", "Masks", "MergingLayer"]

#: A mask for each of several tensors, or None where none has one.
Masks: TypeAlias = Sequence[Array | None] | None


class MergingLayer(Layer):
    """One tensor from several of the same shape, element by element; axes of length 1 are stretched.

    As in Keras, tensors with fewer axes than the others get axes of length 1 behind the batch axis, and a
    step counts in the output if any of the tensors' masks keeps it (where all of them have one).

    Shapes:
        x: a list of (batch, ...). y: (batch, ...).

    Attributes:
        mask_of: "any" for that; "all" where a step counts only if all masks keep it that there are, as before
            Keras 3.
    """

    masking: ClassVar[Literal["uses", "passes", "drops"]] = "uses"
    hyper_parameters: ClassVar[tuple[str, ...]] = ("mask_of",)
    choices: ClassVar[Mapping[str, tuple[Any, ...]]] = {"mask_of": ("any", "all")}
    beyond_keras: ClassVar[Mapping[str, Any]] = {"mask_of": "any"}

    def __init__(self, *, mask_of: str = "any", name: str | None = None) -> None:
        super().__init__(name)
        self.mask_of = mask_of

    def forward(self, x: list[Array], training: bool = False, mask: Masks = None) -> Array:
        if not isinstance(x, (list, tuple)) or not x:
            raise InputError(f"layer {self.name!r} ({self.keras_class}): expected a list of tensors")
        try:
            return self._merge(self._seen(self._aligned(x), mask)[0])
        except ValueError:
            shapes = ", ".join(str(tensor.shape) for tensor in x)
            raise InputError(
                f"layer {self.name!r} ({self.keras_class}): shapes that do not go together: {shapes}"
            ) from None

    @staticmethod
    def _aligned(x: list[Array]) -> list[Array]:
        """The tensors, each with as many axes as the one that has most."""
        axes = max(tensor.ndim for tensor in x)
        return [np.expand_dims(tensor, tuple(range(1, 1 + axes - tensor.ndim))) for tensor in x]

    def vjp(
        self, x: list[Array], training: bool = True, mask: Masks = None
    ) -> tuple[Array, Callable[[Array], tuple[list[Array], Gradients]]]:
        y = self.forward(x, training, mask)
        seen, kept = self._seen(self._aligned(x), mask)

        def backward(dy: Array) -> tuple[list[Array], Gradients]:
            shares = self._merge_back(seen, y, dy)
            shares = [np.where(k, share, 0) for k, share in zip(kept, shares, strict=True)]
            return [_unstretched(share, t.shape) for share, t in zip(shares, x, strict=True)], {}

        return y, backward

    def _seen(self, x: list[Array], masks: Masks) -> tuple[list[Array], list[Any]]:
        """The tensors as they are merged, and for each which of its values that lets in."""
        return x, [True] * len(x)

    def _merge_back(self, x: list[Array], y: Array, dy: Array) -> list[Array]:
        """What dy sends back to each tensor, in the shape of y."""
        raise NotImplementedError

    def _merge(self, x: list[Array]) -> Array:
        """The output for tensors that all have the same number of axes."""
        raise NotImplementedError

    def compute_mask(self, x: list[Array], mask: Masks = None) -> Array | None:
        kept = [m for m in mask or [] if m is not None]
        if self.mask_of == "all":
            return np.asarray(np.logical_and.reduce(kept)) if kept else None
        return np.asarray(np.logical_or.reduce(kept)) if len(kept) == len(x) else None

    def output_shape(self, input_shape: list[Shape]) -> Shape:
        axes = max(len(shape) for shape in input_shape)
        rows = [(*(1,) * (axes - len(shape)), *shape[1:]) for shape in input_shape]
        batches = {shape[0] for shape in input_shape}
        lengths: list[int | None] = [batches.pop() if len(batches) == 1 else None]
        for several in zip(*rows, strict=True):
            known = {n for n in several if n not in (None, 1)}
            if len(known) > 1:
                raise ValueError("shapes that do not go together")
            unknown = None if None in several else 1
            lengths.append(known.pop() if known else unknown)
        return tuple(lengths)


class MaskedMergingLayer(MergingLayer):
    """A merging layer whose result at a place is that of the tensors whose masks keep the place.

    Attributes:
        sees_masks: whether it is so; Keras did not look at the masks before 3.4.
    """

    hyper_parameters = ("sees_masks", *MergingLayer.hyper_parameters)
    choices = {"sees_masks": (True, False), **MergingLayer.choices}
    beyond_keras = {"sees_masks": True, **MergingLayer.beyond_keras}
    #: What stands for a value that a mask leaves out, and changes no result.
    neutral: ClassVar[float]

    def __init__(self, *, sees_masks: bool = True, mask_of: str = "any", name: str | None = None) -> None:
        super().__init__(mask_of=mask_of, name=name)
        self.sees_masks = sees_masks

    def _seen(self, x: list[Array], masks: Masks) -> tuple[list[Array], list[Any]]:
        if not self.sees_masks or masks is None or all(mask is None for mask in masks):
            return super()._seen(x, masks)
        kept = [
            np.ones(tensor.shape, bool) if mask is None else np.broadcast_to(mask[..., None], tensor.shape)
            for tensor, mask in zip(x, masks, strict=True)
        ]
        seen = [
            np.where(k, t, np.asarray(self._neutral(t.dtype), t.dtype)) for k, t in zip(kept, x, strict=True)
        ]
        nowhere = ~np.logical_or.reduce(np.broadcast_arrays(*kept))
        if nowhere.any():
            seen[0], kept[0] = self._where_none_is_kept(
                np.broadcast_to(x[0], nowhere.shape), seen[0], kept[0], nowhere
            )
        return seen, kept

    def _neutral(self, dtype: np.dtype[Any]) -> float:
        return self.neutral

    def _where_none_is_kept(self, x: Array, seen: Array, kept: Array, nowhere: Array) -> tuple[Array, Array]:
        """The first tensor, and what it lets in, where no mask keeps a place."""
        raise NotImplementedError


class ExtremeLayer(MaskedMergingLayer):
    """What the largest and the smallest of several tensors share: where the gradient goes."""

    def _neutral(self, dtype: np.dtype[Any]) -> float:
        if dtype.kind == "f":
            return self.neutral
        limits = np.iinfo(dtype)
        return limits.min if self.neutral < 0 else limits.max

    def _where_none_is_kept(self, x: Array, seen: Array, kept: Array, nowhere: Array) -> tuple[Array, Array]:
        """Where no mask keeps a place, the first tensor's own value."""
        return np.where(nowhere, x, seen), nowhere | kept

    def _merge_back(self, x: list[Array], y: Array, dy: Array) -> list[Array]:
        """The gradient goes to the tensor whose value was kept; to the first of several equal ones."""
        open_yet = np.ones(y.shape, bool)
        shares = []
        for tensor in x:
            kept = open_yet & (tensor == y)
            shares.append(np.where(kept, dy, 0))
            open_yet &= ~kept
        return shares


def _unstretched(share: Array, shape: tuple[int, ...]) -> Array:
    """A gradient summed over the axes along which a tensor of this shape was stretched."""
    if share.ndim > len(shape):
        added = tuple(range(1, 1 + share.ndim - len(shape)))
        share = share.sum(axis=added)
    stretched = tuple(axis for axis, (n, m) in enumerate(zip(shape, share.shape, strict=True)) if n == 1 < m)
    return np.asarray(share.sum(axis=stretched, keepdims=True))
