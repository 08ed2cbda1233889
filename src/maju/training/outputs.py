"""What a user gives for each output of a model: targets, losses, weights, metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from maju.errors import InputError
from maju.formats.specification import TensorRef
from maju.models.inputs import flat
from maju.models.model import Model

__all__ = ["names_of", "output_refs", "per_output"]


def output_refs(model: Model) -> list[TensorRef]:
    """The output tensors of a model, in Keras's order: those of a dict by their keys."""
    return flat(model.spec.outputs)


def names_of(model: Model) -> list[str]:
    """The names by which the outputs are known: the keys of a dict, or else their layers."""
    outputs = model.spec.outputs
    if isinstance(outputs, Mapping) and len(flat(outputs)) == len(outputs):
        return sorted(outputs)
    return [ref.layer for ref in flat(outputs)]


def per_output(
    model: Model, given: Any, what: str, *, complete: bool = True, rows: bool = False
) -> list[Any]:
    """What was given for each output, from one thing, a list of them, or a dict of them by name.

    Args:
        given: for a model of one output the thing itself (or a list or a dict of one).
        what: what it is, for messages.
        complete: whether there must be something for every output; None stands for what is missing.
        rows: whether the thing has rows, so that a list of one may be a row and not a list of one thing.

    Raises:
        InputError: it does not fit the outputs.
    """
    names = names_of(model)
    if isinstance(given, Mapping):
        unknown = [str(name) for name in given if name not in names]
        missing = [name for name in names if name not in given]
        if unknown or (missing and complete):
            raise InputError(
                f"{what}: expected a dict of {', '.join(names)}, got {', '.join(map(str, given))}"
            )
        return [given.get(name) for name in names]
    if len(names) == 1:
        alone = isinstance(given, (list, tuple)) and len(given) == 1
        return [given[0] if alone and (not rows or np.ndim(getattr(given[0], "shape", 0))) else given]
    if not isinstance(given, (list, tuple)) or len(given) != len(names):
        came = f"{len(given)}" if isinstance(given, (list, tuple)) else f"a {type(given).__name__}"
        raise InputError(
            f"{what}: expected a list or a dict for the {len(names)} outputs {', '.join(names)}, got {came}"
        )
    return list(given)
