"""Pooling, with Keras's arguments; each has the docstring of the layer that it makes."""

# ruff: noqa: D101
# fmt: off
from __future__ import annotations

from typing import Any

from maju.models.blueprint import Blueprint
from maju.models.blueprints.arguments import Ints

__all__ = [
    "AdaptiveAveragePooling1D",
    "AdaptiveAveragePooling2D",
    "AdaptiveAveragePooling3D",
    "AdaptiveMaxPooling1D",
    "AdaptiveMaxPooling2D",
    "AdaptiveMaxPooling3D",
    "AveragePooling1D",
    "AveragePooling2D",
    "AveragePooling3D",
    "AvgPool1D",
    "AvgPool2D",
    "AvgPool3D",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "GlobalAveragePooling3D",
    "GlobalAvgPool1D",
    "GlobalAvgPool2D",
    "GlobalAvgPool3D",
    "GlobalMaxPool1D",
    "GlobalMaxPool2D",
    "GlobalMaxPool3D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "GlobalMaxPooling3D",
    "MaxPool1D",
    "MaxPool2D",
    "MaxPool3D",
    "MaxPooling1D",
    "MaxPooling2D",
    "MaxPooling3D",
]


class AdaptiveAveragePooling1D(Blueprint):
    def __init__(self, output_size: Any, data_format: str | None = None, **kwargs: Any) -> None: ...


class AdaptiveAveragePooling2D(Blueprint):
    def __init__(self, output_size: Any, data_format: str | None = None, **kwargs: Any) -> None: ...


class AdaptiveAveragePooling3D(Blueprint):
    def __init__(self, output_size: Any, data_format: str | None = None, **kwargs: Any) -> None: ...


class AdaptiveMaxPooling1D(Blueprint):
    def __init__(self, output_size: Any, data_format: str | None = None, **kwargs: Any) -> None: ...


class AdaptiveMaxPooling2D(Blueprint):
    def __init__(self, output_size: Any, data_format: str | None = None, **kwargs: Any) -> None: ...


class AdaptiveMaxPooling3D(Blueprint):
    def __init__(self, output_size: Any, data_format: str | None = None, **kwargs: Any) -> None: ...


class AveragePooling1D(Blueprint):
    def __init__(
        self, pool_size: Ints, strides: Ints | None = None, padding: str = "valid",
        data_format: str | None = None, name: str | None = None, **kwargs: Any
    ) -> None: ...


class AveragePooling2D(Blueprint):
    def __init__(
        self, pool_size: Ints, strides: Ints | None = None, padding: str = "valid",
        data_format: str | None = None, name: str | None = None, **kwargs: Any
    ) -> None: ...


class AveragePooling3D(Blueprint):
    def __init__(
        self, pool_size: Ints, strides: Ints | None = None, padding: str = "valid",
        data_format: str | None = None, name: str | None = None, **kwargs: Any
    ) -> None: ...


class GlobalAveragePooling1D(Blueprint):
    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any) -> None: ...


class GlobalAveragePooling2D(Blueprint):
    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any) -> None: ...


class GlobalAveragePooling3D(Blueprint):
    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any) -> None: ...


class GlobalMaxPooling1D(Blueprint):
    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any) -> None: ...


class GlobalMaxPooling2D(Blueprint):
    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any) -> None: ...


class GlobalMaxPooling3D(Blueprint):
    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any) -> None: ...


class MaxPooling1D(Blueprint):
    def __init__(
        self, pool_size: Ints = 2, strides: Ints | None = None, padding: str = "valid",
        data_format: str | None = None, name: str | None = None, **kwargs: Any
    ) -> None: ...


class MaxPooling2D(Blueprint):
    def __init__(
        self, pool_size: Ints = (2, 2), strides: Ints | None = None, padding: str = "valid",
        data_format: str | None = None, name: str | None = None, **kwargs: Any
    ) -> None: ...


class MaxPooling3D(Blueprint):
    def __init__(
        self, pool_size: Ints = (2, 2, 2), strides: Ints | None = None, padding: str = "valid",
        data_format: str | None = None, name: str | None = None, **kwargs: Any
    ) -> None: ...


#: The other names that Keras has for some.
AvgPool1D = AveragePooling1D
AvgPool2D = AveragePooling2D
AvgPool3D = AveragePooling3D
GlobalAvgPool1D = GlobalAveragePooling1D
GlobalAvgPool2D = GlobalAveragePooling2D
GlobalAvgPool3D = GlobalAveragePooling3D
GlobalMaxPool1D = GlobalMaxPooling1D
GlobalMaxPool2D = GlobalMaxPooling2D
GlobalMaxPool3D = GlobalMaxPooling3D
MaxPool1D = MaxPooling1D
MaxPool2D = MaxPooling2D
MaxPool3D = MaxPooling3D
