"""The Sequential of Keras 1 that begins with a Merge of several models."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from maju.formats.specification import CallSpec, LayerSpec, ModelSpec, TensorRef, refs_in

__all__ = ["merged_first"]


def merged_first(
    name: str, entries: Sequence[Any], read: Callable[[Any], LayerSpec], keras_version: str
) -> ModelSpec:
    """The graph of such a model: the branches, what merges them, and the layers after it, all in one.

    Keras 1 kept the weights of the branches' layers beside those of the others, as if there were one graph.

    Args:
        entries: the layers in the file, the Merge first.
        read: makes a layer, or a model, of an entry.
    """
    branches = [read(entry) for entry in entries[0]["config"]["layers"]]
    if any(branch.model is None for branch in branches):
        raise TypeError("a Merge of layers that are no models")
    merge = {**entries[0], "config": {k: v for k, v in entries[0]["config"].items() if k != "layers"}}
    layers: list[LayerSpec] = []
    calls: list[CallSpec] = []
    inputs: list[TensorRef] = []
    outputs: list[TensorRef] = []
    for branch in branches:
        assert branch.model is not None
        layers += branch.model.layers
        calls += branch.model.calls
        inputs += refs_in(branch.model.inputs)
        outputs += refs_in(branch.model.outputs)
    given: TensorRef | list[TensorRef] = outputs
    for entry in [merge, *entries[1:]]:
        layer = read(entry)
        layers.append(layer)
        calls.append(CallSpec(layer.name, (given,)))
        given = TensorRef(layer.name)
    return ModelSpec(name, "Functional", tuple(layers), tuple(calls), inputs, given, keras_version)
