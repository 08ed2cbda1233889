"""A layer's call as a file has it, to what the layer's `forward` takes: its input, its mask, its options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from maju.errors import Problem
from maju.formats.specification import CallSpec, TensorRef, map_refs, refs_in
from maju.layers.base import Layer

__all__ = ["LayerCall"]


@dataclass(frozen=True)
class LayerCall:
    """What one call gives a layer: `TensorRef`s and constants.

    Attributes:
        x: the input; for a layer that takes its tensors one by one (`Layer.call_tensors`) a list of them.
        mask: the mask that the call names, in the structure of x; None where it names none.
        options: what else `forward` takes (`Layer.call_arguments`).
        one_by_one: whether the layer takes its tensors one by one, so that each mask is named or not.
    """

    x: Any
    mask: Any = None
    options: Mapping[str, Any] = field(default_factory=dict)
    one_by_one: bool = False

    @classmethod
    def of(cls, call: CallSpec, layer: type[Layer]) -> Self:
        """The call, of a layer of this class; `problems` has found none in it."""
        call = _named(call, layer)
        given = {key: value for key, value in call.kwargs.items() if key != "training" and _says(value)}
        options = {key: _flag(given[key]) for key in given if key in _options(layer)}
        if not layer.call_tensors:
            return cls(call.args[0], given.get("mask"), options)
        tensors = {**dict(zip(layer.call_tensors, call.args, strict=False)), **given}
        names = [name for name in layer.call_tensors if name in tensors]
        masks = [given.get(f"{name}_mask") for name in names]
        return cls([tensors[name] for name in names], masks, options, one_by_one=True)

    @staticmethod
    def problems(
        call: CallSpec, layer: type[Layer], where: str, overrides_training: bool = True
    ) -> list[Problem]:
        """Everything in a call that a layer of this class does not take.

        Args:
            overrides_training: whether ``training=True`` in the call has no effect in inference.
        """
        found = []
        call = _named(call, layer)
        names, given = layer.call_tensors, dict(call.kwargs)
        for name, value in zip(names, call.args, strict=False):
            given.setdefault(name, value)
        if len(call.args) > max(len(names), 1) or not (call.args or names):
            found.append(Problem(where, f"called with {len(call.args)} positional arguments"))
        inputs = [given.pop(name, None) for name in names] if names else list(call.args[:1])
        last = max((place for place, value in enumerate(inputs) if _says(value)), default=0)
        for value in inputs[: last + 1]:
            if any(not isinstance(leaf, (TensorRef, np.ndarray)) for leaf in _leaves(value)):
                found.append(Problem(where, f"called with {value!r}, which is not a tensor"))
        masks = {f"{name}_mask" for name in names} or {"mask"}
        for key, value in given.items():
            tensor = any(True for _ in refs_in(value))
            setting = key in _options(layer) and (tensor or isinstance(_flag(value), (bool, np.ndarray)))
            neutral = not _says(value) or (
                key == "training" and (_flag(value) is False or (_flag(value) is True and overrides_training))
            )
            if not (neutral or setting or (key in masks and tensor)):
                found.append(Problem(where, f"called with {key}={'a tensor' if tensor else repr(value)}"))
        return found

    def masks(self, values: Mapping[TensorRef, Any], masks: Mapping[TensorRef, Any]) -> Any:
        """The mask to run with: what the call names, or else what each tensor brings along."""
        own = map_refs(self.x, masks.get, constants=lambda _: None)
        named = map_refs(self.mask, values.__getitem__)
        if self.one_by_one:
            return [mine if told is None else told for told, mine in zip(named, own, strict=True)]
        return own if named is None else named

    @property
    def sees_no_mask_of_its_own(self) -> bool:
        """Whether the layer computes without the mask that its input brings along.

        Keras 3 leaves it out where other tensors are given by name, as the states of a recurrent layer are.
        """
        others = any(isinstance(leaf, (TensorRef, np.ndarray)) for leaf in _leaves(self.options))
        return others and self.mask is None and not self.one_by_one


def _named(call: CallSpec, layer: type[Layer]) -> CallSpec:
    """The call with all that follows the layer's tensors under its name."""
    tensors = len(layer.call_tensors) or 1
    count = len(layer.call_arguments)
    named = dict(zip(layer.call_arguments, call.args[tensors:], strict=False))
    rest = call.args[tensors + count :]  # more than Keras takes
    return CallSpec(call.layer, (*call.args[:tensors], *rest), {**named, **call.kwargs})


def _options(layer: type[Layer]) -> set[str]:
    """What `forward` takes beyond its tensors, their masks and training."""
    masks = {"mask", *(f"{name}_mask" for name in layer.call_tensors)}
    return set(layer.call_arguments) - masks - {"training"}


def _flag(value: Any) -> Any:
    """True and False for the numbers that some write in their place."""
    return bool(value) if type(value) is int and value in (0, 1) else value


def _leaves(structure: Any) -> list[Any]:
    if isinstance(structure, Mapping):
        return [leaf for value in structure.values() for leaf in _leaves(value)]
    if isinstance(structure, (list, tuple)):
        return [leaf for value in structure for leaf in _leaves(value)]
    return [structure]


def _says(value: Any) -> bool:
    """Whether an argument is there at all: None, and a list of nothing else, is as if it were left out."""
    return any(leaf is not None for leaf in _leaves(value))
