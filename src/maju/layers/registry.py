"""Which layer stands for which class of Keras."""

from __future__ import annotations

from typing import TypeVar

from maju.layers.base import Layer

__all__ = ["find", "known", "layer"]

_layers: dict[str, type[Layer]] = {}
LayerClass = TypeVar("LayerClass", bound=type[Layer])


def layer(cls: LayerClass) -> LayerClass:
    """Make a layer known under its Keras class's name: ``@layer`` above the class."""
    _layers[cls.keras_class] = cls
    return cls


def find(keras_class: str) -> type[Layer] | None:
    """The layer for a Keras class name, or None where maju has none."""
    return _layers.get(keras_class)


def known() -> dict[str, type[Layer]]:
    """Every layer by its Keras class name."""
    return dict(_layers)
