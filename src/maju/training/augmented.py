"""A training batch with its inputs changed at random, anew in each epoch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np

from maju.errors import InputError
from maju.training.batches import Batch

__all__ = ["Augment", "augmented"]

#: In quotes, since naming it would import numpy.random.
Augment: TypeAlias = "Callable[[Any, np.random.Generator], Any]"


def augmented(batch: Batch, augment: Augment, seed: int, epoch: int, step: int) -> Batch:
    """The batch as the model is to see it; the same for the same seed, epoch and step.

    Raises:
        InputError: `augment` gave no such inputs, or other numbers of rows.
    """
    own = getattr(augment, "seed", None)
    # A seed sequence counts [seed, epoch], which the order of the rows follows from, as [seed, epoch, 0].
    rng = np.random.default_rng([seed if own is None else own, epoch, step + 1])
    names = [ref.layer for ref in batch.x]
    several = len(names) > 1
    x = dict(zip(names, batch.x.values(), strict=True)) if several else next(iter(batch.x.values()))
    given = augment(x, rng)
    if several and (not isinstance(given, dict) or set(given) != set(names)):
        raise InputError(f"augment: expected a dict of the inputs {', '.join(names)} back")
    arrays = [np.asarray(given[name] if several else given) for name in names]
    for name, array in zip(names, arrays, strict=True):
        rows = len(array) if array.ndim else "no"
        if rows != batch.rows or array.dtype.hasobject:
            raise InputError(
                f"augment: expected {batch.rows} rows for the input {name!r}, got {rows} of {array.dtype}"
            )
    return replace(batch, x=dict(zip(batch.x, arrays, strict=True)))
