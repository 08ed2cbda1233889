"""From what a file holds to a model that runs; what is not supported is named first, all of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from maju.errors import MajuError, ModelFormatError, Problem, UnsupportedModelError
from maju.formats.specification import (
    CallSpec,
    LayerSpec,
    ModelSpec,
    TensorRef,
    WeightStore,
    map_refs,
    refs_in,
)
from maju.layers import registry
from maju.layers.base import Array, Layer, Shape
from maju.layers.operation import OPERATIONS, Operation
from maju.models.graph import in_order
from maju.models.model import Model

__all__ = ["build", "find_problems"]


def find_problems(spec: ModelSpec) -> list[Problem]:
    """Everything in a graph that maju does not have, nested models included."""
    found = []
    for layer in spec.layers:
        if layer.model is not None:
            found += [
                Problem(f"{layer.where}, {p.where}", p.what, p.way_out) for p in find_problems(layer.model)
            ]
        else:
            found += _layer_problems(layer)
    where = {layer.name: layer.where for layer in spec.layers}
    operations = {layer.name for layer in spec.layers if layer.operation}
    for call in spec.calls:
        if call.layer not in operations:
            found += _call_problems(call, where.get(call.layer, repr(call.layer)))
    return found


def _layer_problems(layer: LayerSpec) -> list[Problem]:
    if layer.custom:
        return [Problem(layer.where, "a class of its author's own; the file does not hold its computation")]
    if layer.class_name == "Lambda":
        way_out = "replace it by layers of Keras and save again"
        return [Problem(layer.where, "runs Python code of its author's, which maju never does", way_out)]
    if layer.operation:
        if layer.class_name in OPERATIONS:
            return []
        return [Problem(layer.where, "an operation that maju does not have")]
    cls = registry.find(layer.class_name)
    if cls is None:
        return [Problem(layer.where, "a layer that maju does not have")]
    return cls.problems(layer.config, layer.where)


def _call_problems(call: CallSpec, where: str) -> list[Problem]:
    found = []
    if len(call.args) != 1:
        found.append(Problem(where, f"called with {len(call.args)} positional arguments"))
    for key, value in call.kwargs.items():
        neutral = value is None or (key == "training" and value is False)
        if not neutral and not (key == "mask" and isinstance(value, TensorRef)):
            shown = "a tensor" if any(True for _ in refs_in(value)) else repr(value)
            found.append(Problem(where, f"called with {key}={shown}"))
    return found


def build(spec: ModelSpec, store: WeightStore, what: str) -> Model:
    """The model of a graph, with its arrays.

    Args:
        what: the file, for messages.

    Raises:
        UnsupportedModelError: the graph needs what maju does not have; names all of it.
        ModelFormatError: the graph or an array does not fit together.
    """
    problems = find_problems(spec)
    if problems:
        raise UnsupportedModelError(problems)
    specs = {layer.name: layer for layer in spec.layers}
    nodes: dict[str, Layer | Operation] = {}
    shapes: dict[TensorRef, Shape | None] = {}
    steps = in_order(spec)
    for ref in refs_in(spec.inputs):
        entry = _make(specs[ref.layer], None, store, what)
        if specs[ref.layer].class_name != "InputLayer" or not isinstance(entry, Layer):
            raise ModelFormatError(f"{what}: the model's input {ref.layer!r} is no InputLayer")
        nodes[ref.layer] = entry
        shapes[ref] = entry.output_shape(None)
    for step in steps:
        layer = specs[step.call.layer]
        if layer.operation:
            nodes.setdefault(layer.name, Operation(layer.class_name, layer.name))
            shapes[TensorRef(layer.name, step.index)] = spec.shapes.get(TensorRef(layer.name, step.index))
            continue
        input_shape = map_refs(step.call.args[0], shapes.get)
        if layer.name not in nodes:
            nodes[layer.name] = _make(layer, input_shape, store, what)
        node = nodes[layer.name]
        assert isinstance(node, Layer)
        output = _output_shape(node, input_shape, what)
        for index, shape in enumerate(output if isinstance(output, list) else [output]):
            shapes[TensorRef(layer.name, step.index, index)] = shape
    missing = [ref for ref in refs_in(spec.outputs) if ref not in shapes]
    if missing:
        raise ModelFormatError(f"{what}: {missing[0].layer!r} has no output number {missing[0].output}")
    in_file_order = {layer.name: nodes[layer.name] for layer in spec.layers if layer.name in nodes}
    return Model(spec, in_file_order, shapes)


def _output_shape(node: Layer, input_shape: Any, what: str) -> Any:
    try:
        return node.output_shape(input_shape)
    except (TypeError, ValueError, IndexError, AttributeError) as error:
        raise ModelFormatError(
            f"{what}: layer {node.name!r} ({node.keras_class}) does not take shape {input_shape} ({error})"
        ) from error


def _make(layer: LayerSpec, input_shape: Any, store: WeightStore, what: str) -> Layer:
    """A layer with its arrays, each checked against the shape that the config and the input call for."""
    if layer.model is not None:
        return build(layer.model, store.nested(layer), what)
    cls = registry.find(layer.class_name)
    assert cls is not None  # find_problems has seen to it
    try:
        shapes = cls.weight_shapes(layer.config, input_shape)
        arrays = store.read(layer, list(shapes))
        return cls.from_config(layer.config, _checked(arrays, shapes, f"{what}: {layer.where}"))
    except MajuError:
        raise
    except (
        TypeError,
        ValueError,
        KeyError,
        IndexError,
        AttributeError,
        ZeroDivisionError,
        OverflowError,
    ) as error:
        reason = f"{type(error).__name__}: {error}"
        raise ModelFormatError(f"{what}: {layer.where} has a broken config ({reason})") from error


def _checked(arrays: Mapping[str, Array], shapes: Mapping[str, Shape], where: str) -> dict[str, Array]:
    checked = {}
    for name, array in arrays.items():
        expected = shapes[name]
        fits = len(expected) == array.ndim and all(
            n is None or n == m for n, m in zip(expected, array.shape, strict=True)
        )
        if not fits:
            raise ModelFormatError(f"{where}: {name} has shape {array.shape}, expected {expected}")
        if array.dtype.kind != "f":
            raise ModelFormatError(f"{where}: {name} holds {array.dtype}, expected floating-point numbers")
        checked[name] = np.ascontiguousarray(array, dtype=np.float32)
    return checked
