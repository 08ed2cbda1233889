"""What the attention layers share: from scores to a blend of values, and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from maju.errors import InputError
from maju.layers import activations
from maju.layers.base import Array, Layer

__all__ = ["causal", "checked_masks", "checked_tensors", "softmax_back", "softmax_over"]

Masks: TypeAlias = Sequence[Array | None]


def causal(queries: int, keys: int) -> Array:
    """Which keys a query may attend to that sees no later place than its own: (1, queries, keys) of bool."""
    return np.tri(queries, keys, dtype=bool)[np.newaxis]


def softmax_over(scores: Array) -> Array:
    """The softmax over the last axis."""
    return np.asarray(activations.get("softmax")(scores))


def softmax_back(probabilities: Array, dy: Array) -> Array:
    """What dy on the probabilities sends back to the scores: p ∘ (dy − Σ dy ∘ p)."""
    return np.asarray(probabilities * (dy - (dy * probabilities).sum(axis=-1, keepdims=True)))


def checked_tensors(layer: Layer, x: Any, check: Callable[[list[Array]], bool]) -> list[Array]:
    """Query, value and key; the key is the value where it was not given.

    Raises:
        InputError: no list of two or three tensors, or tensors that do not go together.
    """
    where = f"layer {layer.name!r} ({layer.keras_class})"
    if not isinstance(x, (list, tuple)) or len(x) not in (2, 3):
        raise InputError(f"{where}: expected a list of two or three tensors: [query, value] or with a key")
    tensors = [np.asarray(tensor) for tensor in (x if len(x) == 3 else [*x, x[1]])]
    if not check(tensors):
        shapes = ", ".join(str(np.shape(tensor)) for tensor in x)
        raise InputError(f"{where}: query, value and key do not go together: {shapes}")
    return tensors


def checked_masks(layer: Layer, mask: Any) -> list[Array | None]:
    """The masks of query, value and key as bool, None where there is none.

    Raises:
        InputError: no list of two or three masks.
    """
    if mask is None:
        return [None, None, None]
    if not isinstance(mask, (list, tuple)) or len(mask) not in (2, 3):
        where = f"layer {layer.name!r} ({layer.keras_class})"
        raise InputError(f"{where}: expected a list of two or three masks: of query, value and key")
    masks = [None if one is None else np.asarray(one, bool) for one in mask]
    return masks if len(masks) == 3 else [*masks, None]
