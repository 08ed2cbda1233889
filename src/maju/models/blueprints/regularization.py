"""What acts in training alone, with Keras's arguments; each has the docstring of the layer that it makes."""

# ruff: noqa: D101
# fmt: off
from __future__ import annotations

from typing import Any

from maju.models.blueprint import Blueprint

__all__ = [
    "ActivityRegularization",
    "AlphaDropout",
    "Dropout",
    "GaussianDropout",
    "GaussianNoise",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
]


class ActivityRegularization(Blueprint):
    def __init__(self, l1: float = 0.0, l2: float = 0.0, **kwargs: Any) -> None: ...


class AlphaDropout(Blueprint):
    def __init__(
        self, rate: float, noise_shape: Any = None, seed: int | None = None, **kwargs: Any
    ) -> None: ...


class Dropout(Blueprint):
    def __init__(
        self, rate: float, noise_shape: Any = None, seed: int | None = None, **kwargs: Any
    ) -> None: ...


class GaussianDropout(Blueprint):
    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None: ...


class GaussianNoise(Blueprint):
    def __init__(self, stddev: Any, seed: int | None = None, **kwargs: Any) -> None: ...


class SpatialDropout1D(Blueprint):
    def __init__(
        self, rate: float, seed: int | None = None, name: str | None = None, dtype: Any = None
    ) -> None: ...


class SpatialDropout2D(Blueprint):
    def __init__(
        self, rate: float, data_format: str | None = None, seed: int | None = None, name: str | None = None,
        dtype: Any = None
    ) -> None: ...


class SpatialDropout3D(Blueprint):
    def __init__(
        self, rate: float, data_format: str | None = None, seed: int | None = None, name: str | None = None,
        dtype: Any = None
    ) -> None: ...
