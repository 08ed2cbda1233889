"""Operations: the functions of `keras.ops` that stand in functional graphs beside the layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["OPERATIONS", "Operation"]


def _not_equal(x1: Any, x2: Any) -> Any:
    """x₁ ≠ x₂, element by element: how Keras writes the mask of an `Embedding` into a graph."""
    return np.not_equal(x1, x2)


def _logical_or(x1: Any, x2: Any) -> Any:
    """x₁ ∨ x₂, element by element: how Keras joins the masks of what `Add` and its like merge."""
    return np.logical_or(x1, x2)


#: The functions by the names of their Keras classes.
OPERATIONS: dict[str, Callable[..., Any]] = {"LogicalOr": _logical_or, "NotEqual": _not_equal}


class Operation:
    """A node of a graph that computes a function of its arguments and has no weights."""

    def __init__(self, keras_class: str, name: str) -> None:
        self.keras_class = keras_class
        self.name = name
        self.function = OPERATIONS[keras_class]

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The function of the arguments."""
        return self.function(*args, **kwargs)
