"""Whose array is whose in a nested model of a legacy `.h5`, which keeps them all in one list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from maju.errors import MajuError, ModelFormatError
from maju.formats.guards import BROKEN
from maju.formats.older_arrays import Origin, old_counts
from maju.formats.specification import LayerSpec
from maju.layers.base import Layer

__all__ = ["Stored", "in_one_list", "share_out", "weight_names"]

#: Weights that training changes by itself, and not by gradients: Keras writes them after the others.
MOVING = (
    *("moving_mean", "moving_variance", "moving_stddev", "renorm_mean", "renorm_stddev"),
    *("mean", "variance", "count", "vector_u"),
)
#: What Keras 1 called some weights.
OLD_NAMES = {"running_mean": "moving_mean", "running_std": "moving_variance"}


@dataclass(frozen=True)
class Stored:
    """An array, and the name that it has in the file, as ``"dense_1/kernel:0"``."""

    name: str
    array: npt.NDArray[Any]


@dataclass(frozen=True)
class Slot:
    """A place for an array: in which layer of the nested model, of which layer within, which weight."""

    layer: str
    owner: str
    weight: str
    trained: bool
    frozen: bool


def weight_names(layer: LayerSpec) -> list[str]:
    """The names of a layer's weights in Keras's order, or none where the layer is not known or broken."""
    cls = layer.cls
    if cls is None or layer.operation or isinstance(layer.substitute, Layer):
        return []  # a layer of the user's has its weights already
    try:
        return list(cls.weight_shapes(layer.config, None))
    except (MajuError, ArithmeticError, *BROKEN):
        return []


def in_one_list(layer: LayerSpec, arrays: Mapping[str, Any]) -> dict[str, Any]:
    """The arrays of a layer or of a nested model, by the names and in the order in which Keras 3 has them."""
    found = _listed(layer, arrays, layer.name, frozen=False)
    changed = {name: array for name, (array, trained) in found.items() if trained or layer.model is None}
    return changed | {name: array for name, (array, trained) in found.items() if name not in changed}


def _listed(
    layer: LayerSpec, arrays: Mapping[str, Any], path: str, frozen: bool
) -> dict[str, tuple[Any, bool]]:
    """Each array by its path, and whether training changes it."""
    if layer.model is None:
        frozen = frozen or _is_frozen(layer)
        return {f"{path}/{name}": (a, not frozen and _is_trained(name)) for name, a in arrays.items()}
    found: dict[str, tuple[Any, bool]] = {}
    for inner in layer.model.layers:
        held = arrays.get(inner.name, {})
        found |= _listed(inner, held, f"{path}/{inner.name}", frozen or not layer.model.trainable)
    return found


def _is_trained(weight: str) -> bool:
    return weight.rpartition("/")[2] not in MOVING


def _is_frozen(layer: LayerSpec) -> bool:
    """Whether a layer, or the one that it wraps, was kept from changing in training."""
    wrapped = layer.config.get("layer")
    configs = [layer.config, wrapped["config"] if isinstance(wrapped, Mapping) else {}]
    return not all(config.get("trainable", True) for config in configs)


def share_out(
    nested: LayerSpec, stored: Sequence[Stored], origin: Origin, what: str
) -> dict[str, list[Stored]]:
    """The arrays of a nested model by the names of its layers.

    Keras orders them by what was frozen when it saved, which a file may not tell; the arrays' own names tell
    whether an order is the right one.

    Raises:
        ModelFormatError: there are more or fewer arrays than the layers need, or no order fits their names.
    """
    for old_gates in (True, False) if origin.major < 2 else (False,):
        slots = _slots(nested, origin, old_gates)
        if len(slots) == len(stored):
            break
    else:
        raise ModelFormatError(
            f"{what}: {nested.where} needs {len(slots)} arrays, the file holds {len(stored)}"
        )
    owners = {slot.owner for slot in slots}
    weights = {slot.weight.rpartition("/")[2] for slot in slots}
    as_it_is = sorted(slots, key=lambda slot: slot.frozen or not slot.trained)
    as_if_none_were_frozen = sorted(slots, key=lambda slot: not slot.trained)
    for order in (as_it_is, as_if_none_were_frozen, slots):
        if all(_fits(slot, one.name, owners, weights) for slot, one in zip(order, stored, strict=True)):
            shares: dict[str, list[Stored]] = {}
            for slot, one in zip(order, stored, strict=True):
                shares.setdefault(slot.layer, []).append(one)
            return shares
    raise ModelFormatError(f"{what}: {nested.where}: the names of its arrays fit none of the orders of Keras")


def _slots(
    nested: LayerSpec, origin: Origin, old_gates: bool, outermost: str | None = None, frozen: bool = False
) -> list[Slot]:
    """The places for arrays in the order of the layers, those of models further within included."""
    assert nested.model is not None
    found = []
    for layer in nested.model.layers:
        top = outermost or layer.name
        if layer.model is not None:
            found += _slots(layer, origin, old_gates, top, frozen or not nested.model.trainable)
            continue
        still = frozen or not nested.model.trainable or _is_frozen(layer)
        names = weight_names(layer)
        counts = old_counts(layer.class_name, layer.config, len(names), origin)
        if old_gates and counts[0] != len(names):
            names = [""] * counts[0]
        found += [Slot(top, layer.name, name, _is_trained(name), still) for name in names]
    return found


def _fits(slot: Slot, name: str, owners: set[str], weights: set[str]) -> bool:
    """Whether the name of an array allows that it is this one: no other layer's and no other weight's."""
    *path, last = name.partition(":")[0].split("/")
    weight = slot.weight.rpartition("/")[2]
    if path:
        return (last == weight or last not in weights) and (slot.owner in path or not owners & set(path))
    # Keras 1: dense_1_W, forward_lstm_1_W_i
    parts = last.split("_")
    starts = {"_".join(parts[first:end]) for first in (0, 1) for end in range(first + 1, len(parts))}
    kind = last.removeprefix(f"{slot.owner}_")
    kind = OLD_NAMES.get(kind, kind)
    return (kind == weight or kind not in weights) and (slot.owner in starts or not owners & starts)
