"""Constraints under Keras's names: where each step of training leaves a weight.

::

    from maju import constraints

    w[...] = constraints.get("unit_norm")(w)

One of your own is a subclass of `Constraint` with `__call__`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from maju.constraints.constraint import Constraint
from maju.constraints.non_neg import NonNeg
from maju.constraints.norms import MaxNorm, MinMaxNorm, UnitNorm
from maju.lookup import Lookup

__all__ = [
    "Constraint",
    "MaxNorm",
    "MinMaxNorm",
    "NonNeg",
    "UnitNorm",
    "deserialize",
    "get",
    "serialize",
]

_CLASSES: tuple[type[Constraint], ...] = (MaxNorm, MinMaxNorm, NonNeg, UnitNorm)
_LOOKUP: Lookup[Constraint] = Lookup("constraint", Constraint, _CLASSES, "keras.constraints")


def get(identifier: Any) -> Constraint | None:
    """The constraint that is meant.

    Args:
        identifier: a constraint or its class; its name as ``"max_norm"`` or ``"MaxNorm"``; what `serialize`,
            Keras 3 or Keras 2 has made of one; or None, which is given back.

    Raises:
        InputError: there is no such constraint.
    """
    return _LOOKUP.get(identifier)


def serialize(constraint: Constraint) -> dict[str, Any]:
    """The constraint as Keras 3 writes it."""
    return _LOOKUP.serialize(constraint)


def deserialize(config: Mapping[str, Any] | str) -> Constraint:
    """The constraint that `serialize`, Keras 3 or Keras 2 has written."""
    return _LOOKUP.deserialize(config)
