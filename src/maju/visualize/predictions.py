"""True classes and predicted probabilities, checked: what the pictures of a whole data set are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array

__all__ = ["class_names", "classes_of", "probabilities_of"]


def probabilities_of(probabilities: Any) -> Array:
    """Probabilities as a table, (rows, classes); a single column p becomes 1 − p and p.

    Raises:
        InputError: they are no probabilities.
    """
    found = np.asarray(probabilities, np.float64)
    if found.ndim == 1:
        found = found[:, np.newaxis]
    if found.ndim != 2 or found.size == 0:
        raise InputError(f"expected probabilities of shape (rows, classes), got {found.shape}")
    if not np.isfinite(found).all() or found.min() < 0 or found.max() > 1 + 1e-6:
        raise InputError("expected probabilities from 0 to 1; the model's output is something else")
    return np.concatenate([1 - found, found], axis=1) if found.shape[1] == 1 else found


def classes_of(truth: Any, rows: int, count: int) -> Array:
    """The true classes, by number.

    Args:
        truth: a class for each row; or one-hot rows.
        rows, count: how many rows and classes there are.

    Raises:
        InputError: another number of them, or a class that there is not.
    """
    found = np.asarray(truth)
    if found.ndim == 2:
        found = found[:, 0] if found.shape[1] == 1 else found.argmax(axis=1)
    if found.shape != (rows,):
        raise InputError(f"expected {rows} true classes, one for each row, got shape {found.shape}")
    whole = found.dtype.kind in "iub" or (found.dtype.kind == "f" and (found == np.trunc(found)).all())
    if not whole or (rows and (found.min() < 0 or found.max() >= count)):
        raise InputError(f"expected true classes from 0 to {count - 1}")
    return found.astype(np.int64)


def class_names(classes: Sequence[str] | None, count: int) -> list[str]:
    """The classes' names; their numbers where nobody says any.

    Raises:
        InputError: other than one for each class.
    """
    if classes is None:
        return [str(number) for number in range(count)]
    if len(classes) != count:
        raise InputError(f"{len(classes)} names for {count} classes")
    return list(classes)
