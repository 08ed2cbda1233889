"""What of a model a file of Keras 3 cannot say: it is refused before anything is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from maju.errors import Problem, UnsupportedModelError
from maju.formats.specification import ModelSpec
from maju.layers import registry
from maju.layers.policies import Policy

__all__ = ["check_for_keras", "check_for_legacy"]

WAY_OUT = "save the model as .safetensors, which maju opens"
#: Layers that Keras 3 has no more.
GONE = ("LocallyConnected1D", "LocallyConnected2D", "RandomHeight", "RandomWidth")
#: The values of hyper-parameters that Keras 3 has, where older Keras had more.
KEPT = {
    layer: {"interpolation": ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")}
    for layer in ("Resizing", "UpSampling2D")
}
#: Hyper-parameters that hold a layer or a cell, or several.
WRAPPED = ("layer", "backward_layer", "cell")
WRAPPED_IN_LISTS = ("cells", "layers")


def check_for_keras(spec: ModelSpec) -> None:
    """Refuse what Keras 3 would compute otherwise, or not read.

    Raises:
        UnsupportedModelError: names all of it.
    """
    problems = list(_problems(spec))
    if problems:
        raise UnsupportedModelError(problems)


def _problems(spec: ModelSpec) -> Iterator[Problem]:
    for layer in spec.layers:
        if layer.model is not None:
            yield from _problems(layer.model)
        elif not layer.custom and not layer.operation:
            yield from _of_layer(layer.class_name, layer.config, layer.where)


def _of_layer(class_name: str, config: Mapping[str, Any], where: str) -> Iterator[Problem]:
    """The problems of a layer and of those inside it."""
    if class_name in GONE:
        yield Problem(where, f"Keras 3 has no {class_name}", WAY_OUT)
    cls = registry.find(class_name)
    beyond = {} if cls is None else cls.beyond_keras
    for key, value in config.items():
        kept = (beyond[key],) if key in beyond else KEPT.get(class_name, {}).get(key)
        if kept is not None and value not in kept:
            yield Problem(where, f"Keras 3 has no {key}={value!r}", WAY_OUT)
    for class_name, inside in _inside(config):
        yield from _of_layer(class_name, inside, where)


def _inside(config: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The class and the config of each layer and cell that a config holds."""
    entries = [config.get(key) for key in WRAPPED]
    for key in WRAPPED_IN_LISTS:
        entries += config.get(key) or ()
    for entry in entries:
        if isinstance(entry, Mapping) and isinstance(entry.get("config"), Mapping):
            yield str(entry.get("class_name")), entry["config"]


def check_for_legacy(spec: ModelSpec) -> None:
    """Refuse quantized weights, which would have to be in another order in a legacy `.h5`.

    Raises:
        UnsupportedModelError: names all of them.
    """
    problems = list(_quantized(spec))
    if problems:
        raise UnsupportedModelError(problems)


def _quantized(spec: ModelSpec) -> Iterator[Problem]:
    for layer in spec.layers:
        if layer.model is not None:
            yield from _quantized(layer.model)
        elif not layer.operation and _is_quantized(layer.class_name, layer.config):
            yield Problem(layer.where, "quantized weights in a legacy .h5", "save as .keras")


def _is_quantized(class_name: str, config: Mapping[str, Any]) -> bool:
    """Whether a layer keeps weights in few bits, or one inside it does."""
    cls = registry.find(class_name)
    if cls is not None and cls.quantizable and Policy.of(config.get("dtype")).quantization:
        return True
    return any(_is_quantized(name, inside) for name, inside in _inside(config))
