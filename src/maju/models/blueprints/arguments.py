"""What the arguments of layers may be."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from maju import constraints, initializers, regularizers

__all__ = ["ActivationLike", "Constraint", "Initializer", "Ints", "Regularizer"]

#: A whole number, or one for each axis.
Ints: TypeAlias = int | Sequence[int]
#: The name of a function as "relu", or a layer that computes one.
ActivationLike: TypeAlias = Any
#: One of `maju.initializers`, its name, or its config as a file holds it.
Initializer: TypeAlias = str | Mapping[str, Any] | initializers.Initializer | Callable[..., Any] | None
#: One of `maju.regularizers`, its name, or its config as a file holds it.
Regularizer: TypeAlias = str | Mapping[str, Any] | regularizers.Regularizer | None
#: One of `maju.constraints`, its name, or its config as a file holds it.
Constraint: TypeAlias = str | Mapping[str, Any] | constraints.Constraint | None
