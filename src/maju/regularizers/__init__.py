"""Regularizers under Keras's names: penalties that are added to the loss.

::

    from maju import regularizers

    r = regularizers.get({"class_name": "L2", "config": {"l2": 0.01}})
    r(w), r.gradient(w)

One of your own is a subclass of `Regularizer` with `__call__` and `gradient`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from maju.lookup import Lookup
from maju.regularizers.norms import L1, L1L2, L2
from maju.regularizers.orthogonal_regularizer import OrthogonalRegularizer
from maju.regularizers.regularizer import Regularizer

__all__ = [
    "L1",
    "L1L2",
    "L2",
    "OrthogonalRegularizer",
    "Regularizer",
    "deserialize",
    "get",
    "serialize",
]

_CLASSES: tuple[type[Regularizer], ...] = (L1, L1L2, L2, OrthogonalRegularizer)
_LOOKUP: Lookup[Regularizer] = Lookup("regularizer", Regularizer, _CLASSES, "keras.regularizers")


def get(identifier: Any) -> Regularizer | None:
    """The regularizer that is meant.

    Args:
        identifier: a regularizer or its class; its name as ``"l2"`` or ``"L2"``; what `serialize`, Keras 3 or
            Keras 2 has made of one; or None, which is given back.

    Raises:
        InputError: there is no such regularizer.
    """
    return _LOOKUP.get(identifier)


def serialize(regularizer: Regularizer) -> dict[str, Any]:
    """The regularizer as Keras 3 writes it."""
    return _LOOKUP.serialize(regularizer)


def deserialize(config: Mapping[str, Any] | str) -> Regularizer:
    """The regularizer that `serialize`, Keras 3 or Keras 2 has written."""
    return _LOOKUP.deserialize(config)
