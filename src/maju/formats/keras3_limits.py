"""What of a model of older Keras a file of Keras 3 cannot say: it is refused before anything is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from maju.errors import Problem, UnsupportedModelError
from maju.formats.specification import ModelSpec
from maju.layers import registry

__all__ = ["check_for_keras"]

WAY_OUT = "save the model as .safetensors, which maju opens"
#: Layers that Keras 3 has no more.
GONE = ("LocallyConnected1D", "LocallyConnected2D", "RandomHeight", "RandomWidth")
#: The values of hyper-parameters that Keras 3 has, where older Keras had more.
KEPT = {
    layer: {"interpolation": ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")}
    for layer in ("Resizing", "UpSampling2D")
}
#: Hyper-parameters that hold layers and cells.
WRAPPED = ("layer", "backward_layer", "cell")


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
    inside = [config.get(key) for key in WRAPPED] + list(config.get("cells") or ())
    for entry in inside:
        if isinstance(entry, Mapping) and isinstance(entry.get("config"), Mapping):
            yield from _of_layer(str(entry.get("class_name")), entry["config"], where)
