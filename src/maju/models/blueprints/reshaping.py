"""Reshaping, with Keras's arguments; each has the docstring of the layer that it makes."""

# ruff: noqa: D101
# fmt: off
from __future__ import annotations

from typing import Any

from maju.models.blueprint import Blueprint
from maju.models.blueprints.arguments import Ints

__all__ = [
    "Cropping1D",
    "Cropping2D",
    "Cropping3D",
    "Flatten",
    "Permute",
    "RepeatVector",
    "Reshape",
    "UpSampling1D",
    "UpSampling2D",
    "UpSampling3D",
    "ZeroPadding1D",
    "ZeroPadding2D",
    "ZeroPadding3D",
]


class Cropping1D(Blueprint):
    def __init__(self, cropping: Any = (1, 1), **kwargs: Any) -> None: ...


class Cropping2D(Blueprint):
    def __init__(
        self, cropping: Any = ((0, 0), (0, 0)), data_format: str | None = None, **kwargs: Any
    ) -> None: ...


class Cropping3D(Blueprint):
    def __init__(
        self, cropping: Any = ((1, 1), (1, 1), (1, 1)), data_format: str | None = None, **kwargs: Any
    ) -> None: ...


class Flatten(Blueprint):
    def __init__(self, data_format: str | None = None, **kwargs: Any) -> None: ...


class Permute(Blueprint):
    def __init__(self, dims: Any, **kwargs: Any) -> None: ...


class RepeatVector(Blueprint):
    def __init__(self, n: int, **kwargs: Any) -> None: ...


class Reshape(Blueprint):
    def __init__(self, target_shape: Any, **kwargs: Any) -> None: ...


class UpSampling1D(Blueprint):
    def __init__(self, size: Ints = 2, **kwargs: Any) -> None: ...


class UpSampling2D(Blueprint):
    def __init__(
        self, size: Ints = (2, 2), data_format: str | None = None, interpolation: str = "nearest",
        **kwargs: Any
    ) -> None: ...


class UpSampling3D(Blueprint):
    def __init__(self, size: Ints = (2, 2, 2), data_format: str | None = None, **kwargs: Any) -> None: ...


class ZeroPadding1D(Blueprint):
    def __init__(self, padding: Any = 1, data_format: str | None = None, **kwargs: Any) -> None: ...


class ZeroPadding2D(Blueprint):
    def __init__(self, padding: Any = (1, 1), data_format: str | None = None, **kwargs: Any) -> None: ...


class ZeroPadding3D(Blueprint):
    def __init__(
        self, padding: Any = ((1, 1), (1, 1), (1, 1)), data_format: str | None = None, **kwargs: Any
    ) -> None: ...
