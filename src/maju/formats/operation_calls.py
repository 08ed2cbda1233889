"""Operations as older versions of Keras 3 wrote them: with hyper-parameters among the call's arguments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from maju.formats.specification import CallSpec, LayerSpec
from maju.layers import operations

__all__ = ["modern_operations"]

#: The arguments of the call where those of today's class are hyper-parameters, in their order.
ARGUMENTS = {
    "Array": ("x", "dtype"),
    "DotProductAttention": ("query", "key", "value", "bias", "mask", "scale", "flash_attention"),
    "Full": ("shape", "fill_value", "dtype"),
    "FullLike": ("x", "fill_value", "dtype"),
    "Isclose": ("x1", "x2", "rtol", "atol", "equal_nan"),
    "OnesLike": ("x", "dtype"),
    "Scatter": ("indices", "values", "shape"),
    "SearchSorted": ("sorted_sequence", "values", "side"),
    "Slice": ("inputs", "start_indices", "shape"),
    "ZerosLike": ("x", "dtype"),
}
#: Hyper-parameters under the names that they had.
RENAMED = {"Threshold": {"threshold_value": "threshold", "value": "default_value"}}


def modern_operations(
    layers: Sequence[LayerSpec], calls: Sequence[CallSpec]
) -> tuple[list[LayerSpec], list[CallSpec]]:
    """The layers and the calls of a graph, its operations as the newest Keras 3 would write them."""
    found: dict[str, LayerSpec] = {}
    by_layer: dict[str, list[CallSpec]] = {}
    for call in calls:
        by_layer.setdefault(call.layer, []).append(call)
    for layer in layers:
        if layer.operation and not layer.custom:
            found[layer.name], by_layer[layer.name] = _modern(layer, by_layer.get(layer.name, []))
    rest = {name: iter(own) for name, own in by_layer.items()}
    return [found.get(layer.name, layer) for layer in layers], [next(rest[call.layer]) for call in calls]


def _modern(layer: LayerSpec, calls: list[CallSpec]) -> tuple[LayerSpec, list[CallSpec]]:
    names = RENAMED.get(layer.class_name, {})
    config = {names.get(key, key): value for key, value in layer.config.items()}
    layer = replace(layer, config=config)
    function, order = operations.find(layer.class_name), ARGUMENTS.get(layer.class_name)
    if function is None or order is None:
        return layer, calls
    settings: list[dict[str, Any]] = []
    arguments = []
    for call in calls:
        own = any(key in function.hyper_parameters for key in call.kwargs)
        if not own and len(call.args) <= len(function.call.parameters):
            return layer, calls
        given = {**dict(zip(order, call.args, strict=False)), **call.kwargs}
        settings.append({key: value for key, value in given.items() if key in function.hyper_parameters})
        kept = {key: value for key, value in given.items() if key not in function.hyper_parameters}
        arguments.append(replace(call, args=(*kept.values(), *call.args[len(order) :]), kwargs={}))
    if any(setting != settings[0] for setting in settings):
        return layer, calls  # one node cannot be two; what is refused is named
    return replace(layer, config={**config, **settings[0]}) if settings else layer, arguments
