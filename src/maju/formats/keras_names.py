"""Names of layers that Keras 3 takes: without the '/' that those of Keras 1 and 2 may hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from maju.formats.specification import ModelSpec, TensorRef, map_refs

__all__ = ["named_for_keras"]


def named_for_keras(spec: ModelSpec, arrays: Mapping[str, Any]) -> tuple[ModelSpec, dict[str, Any]]:
    """The same model, and its arrays by layer, with a '_' for every '/' in a name, nested models included."""
    names: dict[str, str] = {}
    taken = {layer.name for layer in spec.layers if "/" not in layer.name}
    for layer in spec.layers:
        name = layer.name.replace("/", "_")
        while "/" in layer.name and name in taken:
            name += "_"
        names[layer.name] = name
        taken.add(name)

    def renamed(ref: TensorRef) -> TensorRef:
        return replace(ref, layer=names[ref.layer])

    held = {names[name]: held for name, held in arrays.items()}
    layers = []
    for layer in spec.layers:
        name = names[layer.name]
        model = layer.model
        if model is not None:
            model, held[name] = named_for_keras(model.with_name(name), held.get(name, {}))
        layers.append(replace(layer, name=name, config={**layer.config, "name": name}, model=model))
    calls = [
        replace(
            call,
            layer=names[call.layer],
            args=map_refs(call.args, renamed),
            kwargs=map_refs(dict(call.kwargs), renamed),
        )
        for call in spec.calls
    ]
    renamed_spec = replace(
        spec,
        name=spec.name.replace("/", "_"),
        layers=tuple(layers),
        calls=tuple(calls),
        inputs=map_refs(spec.inputs, renamed),
        outputs=map_refs(spec.outputs, renamed),
        shapes={renamed(ref): shape for ref, shape in spec.shapes.items() if ref.layer in names},
    )
    return renamed_spec, held
