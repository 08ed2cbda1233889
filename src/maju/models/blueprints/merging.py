"""Merging, with Keras's arguments; each has the docstring of the layer that it makes."""

# ruff: noqa: D101
# fmt: off
from __future__ import annotations

from typing import Any

from maju.models.blueprint import Blueprint

__all__ = [
    "Add",
    "Average",
    "Concatenate",
    "Dot",
    "Maximum",
    "Minimum",
    "Multiply",
    "Subtract",
]


class Add(Blueprint):
    def __init__(self, **kwargs: Any) -> None: ...


class Average(Blueprint):
    def __init__(self, **kwargs: Any) -> None: ...


class Concatenate(Blueprint):
    def __init__(self, axis: Any = -1, **kwargs: Any) -> None: ...


class Dot(Blueprint):
    def __init__(self, axes: Any, normalize: bool = False, **kwargs: Any) -> None: ...


class Maximum(Blueprint):
    def __init__(self, **kwargs: Any) -> None: ...


class Minimum(Blueprint):
    def __init__(self, **kwargs: Any) -> None: ...


class Multiply(Blueprint):
    def __init__(self, **kwargs: Any) -> None: ...


class Subtract(Blueprint):
    def __init__(self, **kwargs: Any) -> None: ...
