"""Layers that a user puts in the place of a file's own, as for a Lambda, whose computation no file tells."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from maju.errors import InputError
from maju.formats.guards import shorten
from maju.formats.specification import LayerSpec, ModelSpec
from maju.layers import registry
from maju.layers.base import Layer
from maju.models.blueprint import Blueprint

__all__ = ["with_substitutes"]

#: What a class in the place of another is told of the file's hyper-parameters, beside its own.
OF_ANY_LAYER = ("dtype", "name", "trainable")
#: How many names a message lists.
MOST_LISTED = 20


def with_substitutes(spec: ModelSpec, substitutes: Mapping[str, Any]) -> ModelSpec:
    """The graph with other layers in the place of those of these names.

    Args:
        substitutes: by name, a layer of maju's or a class of such; that of a nested model's layer begins with
            the model's, as ``"inner/lambda_1"``.

    Raises:
        InputError: there is no layer of a name, or what stands for it is no layer.
    """
    if not isinstance(substitutes, Mapping):
        raise InputError(f"replace takes a dict of layers by name, got {type(substitutes).__name__}")
    for name, substitute in substitutes.items():
        is_class = isinstance(substitute, type) and issubclass(substitute, Layer)
        if not is_class and not isinstance(substitute, (Blueprint, Layer)):
            came = getattr(substitute, "__name__", type(substitute).__name__)
            wanted = "a layer of maju.layers, or a subclass of maju.layers.Layer"
            raise InputError(f"replace[{name!r}]: expected {wanted}, got {shorten(came)}")
    instances = [id(substitute) for substitute in substitutes.values() if not isinstance(substitute, type)]
    if len(set(instances)) < len(instances):
        raise InputError("replace: one layer stands for several; give each its own, or the class")
    known = list(_names(spec))
    unknown = [name for name in substitutes if name not in known]
    if unknown:
        listed = ", ".join(known[:MOST_LISTED]) + (", ..." if len(known) > MOST_LISTED else "")
        raise InputError(f"replace: there is no layer {unknown[0]!r}; the layers are {shorten(listed, 900)}")
    return _exchanged(spec, substitutes, "")


def _names(spec: ModelSpec, path: str = "") -> Iterator[str]:
    """The names of the layers, those of nested models below the models' own."""
    for layer in spec.layers:
        if layer.class_name != "InputLayer":
            yield f"{path}{layer.name}"
        if layer.model is not None:
            yield from _names(layer.model, f"{path}{layer.name}/")


def _exchanged(spec: ModelSpec, substitutes: Mapping[str, Any], path: str) -> ModelSpec:
    layers = []
    for layer in spec.layers:
        substitute = substitutes.get(f"{path}{layer.name}")
        if substitute is not None and layer.class_name != "InputLayer":
            layer = _exchange(layer, substitute)
        elif layer.model is not None:
            layer = replace(layer, model=_exchanged(layer.model, substitutes, f"{path}{layer.name}/"))
        layers.append(layer)
    return replace(spec, layers=tuple(layers))


def _exchange(old: LayerSpec, substitute: Blueprint | Layer | type[Layer]) -> LayerSpec:
    """The entry of another layer in an entry's place; where the file has its arrays stays as it was."""
    if isinstance(substitute, Blueprint):
        if substitute.layer is None:  # its weights, if it has any, are to be those of the file
            new = {**substitute.config, "name": old.name}
            return LayerSpec(substitute.keras_class, old.name, new, file_class=old.file_class)
        substitute = substitute.layer
    if isinstance(substitute, Layer):
        substitute = copy.copy(substitute)  # the user's own keeps its name
        substitute.name = old.name
        return _entry(old, substitute, type(substitute), substitute.get_config())
    taken = (*OF_ANY_LAYER, *substitute.hyper_parameters)
    config = {key: value for key, value in old.config.items() if key in taken}
    return _entry(old, substitute, substitute, config)


def _entry(
    old: LayerSpec, substitute: Layer | type[Layer], cls: type[Layer], config: Mapping[str, Any]
) -> LayerSpec:
    own = registry.known().get(cls.keras_class) is cls
    if not own and "keras_class" not in vars(cls):
        cls.keras_class = cls.__name__  # as `register` does
    return LayerSpec(
        cls.keras_class,
        old.name,
        config,
        custom=not own,
        registered_name=None if own else cls.keras_class,
        file_class=old.file_class,
        substitute=substitute,
    )
