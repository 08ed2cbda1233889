"""What a user gives for the inputs of a model, brought to one array for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from maju.errors import InputError
from maju.formats.specification import ModelSpec, TensorRef, refs_in
from maju.layers.base import Array

__all__ = ["bind", "flat", "given_for", "matched"]


def bind(spec: ModelSpec, x: Any) -> dict[TensorRef, Array]:
    """Each input tensor of a graph with what was given for it, as an array.

    Raises:
        InputError: it does not fit the inputs.
    """
    pairs = zip(refs_in(spec.inputs), given_for(spec, x), strict=True)
    return {ref: _as_array(value, ref.layer) for ref, value in pairs}


def given_for(spec: ModelSpec, x: Any) -> list[Any]:
    """What was given for each input, from an array, or a list or a dict of them."""
    refs = list(refs_in(spec.inputs))
    if any(not isinstance(part, TensorRef) for part in _parts(spec.inputs)):
        return matched(spec.inputs, x, "the inputs")
    names = [ref.layer for ref in refs]
    keys = list(spec.inputs) if isinstance(spec.inputs, Mapping) else names
    if isinstance(x, Mapping):
        if not set(keys) <= set(x):  # as Keras, it leaves what it has no input for
            raise InputError(
                f"expected inputs named {', '.join(map(str, keys))}, got {', '.join(map(str, x))}"
            )
        return [x[key] for key in keys]
    if isinstance(spec.inputs, Mapping):
        raise InputError(f"expected a dict of the inputs {', '.join(map(str, keys))}")
    several = isinstance(x, (list, tuple))
    if len(names) == 1:
        alone = several and len(x) == 1
        listed = isinstance(spec.inputs, list) and alone and _may_be_input(x[0])
        return [x[0] if listed or (alone and _is_whole_input(spec, names[0], x[0])) else x]
    if not several or len(x) != len(names):
        count = len(x) if several else 1
        raise InputError(f"expected {len(names)} inputs ({', '.join(names)}), got {count}")
    return list(x)


def flat(structure: Any) -> list[Any]:
    """The values in a nesting of lists and dicts in the order in which Keras counts them: dicts by key."""
    if isinstance(structure, Mapping):
        return [value for key in sorted(structure) for value in flat(structure[key])]
    if isinstance(structure, (list, tuple)):
        return [value for item in structure for value in flat(item)]
    return [structure]


def _parts(structure: Any) -> list[Any]:
    """What lies right inside a list or a dict; anything else is its own part."""
    if isinstance(structure, Mapping):
        return list(structure.values())
    return list(structure) if isinstance(structure, (list, tuple)) else [structure]


def matched(structure: Any, x: Any, where: str) -> list[Any]:
    """What was given for each tensor of a nesting of lists and dicts, in a nesting of the same form."""
    if isinstance(structure, TensorRef):
        return [x]
    if isinstance(structure, Mapping):
        if not isinstance(x, Mapping) or not set(structure) <= set(x):
            raise InputError(f"{where}: expected a dict of {', '.join(map(str, structure))}")
        return [leaf for key in structure for leaf in matched(structure[key], x[key], f"input {key!r}")]
    if not isinstance(x, (list, tuple)) or len(x) != len(structure):
        raise InputError(f"{where}: expected a list of {len(structure)}")
    pairs = enumerate(zip(structure, x, strict=True), start=1)
    return [leaf for n, (part, given) in pairs for leaf in matched(part, given, f"{where}, number {n}")]


def _may_be_input(value: Any) -> bool:
    """Whether a value can be a whole input, or the mask of one, and not just a row of it."""
    return value is None or isinstance(value, (list, tuple)) or np.ndim(value) > 0


def _is_whole_input(spec: ModelSpec, name: str, value: Any) -> bool:
    """Whether an array has as many axes as an input, so that it is that and no row of it."""
    config = next((layer.config for layer in spec.layers if layer.name == name), {})
    shape = config.get("batch_shape")
    return shape is not None and hasattr(value, "shape") and np.ndim(value) == len(shape)


def _as_array(value: Any, name: str) -> Array:
    try:
        array = np.asarray(value)
    except (ValueError, TypeError) as error:
        raise InputError(f"input {name!r}: not an array ({error})") from None
    if array.ndim == 0:
        raise InputError(f"input {name!r}: expected an array with a batch axis, got a single value")
    return array
