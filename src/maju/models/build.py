"""From what a file holds to a model that runs; what is not supported is named first, all of it."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np

from maju.errors import InputError, MajuError, ModelFormatError, Problem, UnsupportedModelError
from maju.formats.guards import shorten
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
from maju.layers.base import Array, Config, Layer, Shape
from maju.layers.operation import OPERATIONS, Operation
from maju.models.graph import in_order
from maju.models.model import Model, flat

__all__ = ["build", "find_problems"]

#: Hyper-parameters that count something: each a whole number of at least 1, or a list of them.
COUNTS = {
    "dilation_rate",
    "filters",
    "groups",
    "input_dim",
    "kernel_size",
    "output_dim",
    "pool_size",
    "strides",
    "units",
}
#: What a layer raises over hyper-parameters or shapes that no Keras writes.
BROKEN = (
    InputError,
    TypeError,
    ValueError,
    KeyError,
    IndexError,
    AttributeError,
    ArithmeticError,
    MemoryError,
)


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
    layers = {layer.name: layer for layer in spec.layers}
    for call in spec.calls:
        found += _call_problems(call, layers[call.layer])
    # What a file holds may be of any size, a message may not.
    return [Problem(shorten(p.where), shorten(p.what), p.way_out) for p in found]


def _layer_problems(layer: LayerSpec) -> list[Problem]:
    if layer.custom:
        return [Problem(layer.where, "a class of its author's own; the file does not hold its computation")]
    if layer.class_name == "Lambda":
        way_out = "replace it by layers of Keras and save again"
        return [Problem(layer.where, "runs Python code of its author's, which maju never does", way_out)]
    if layer.operation:
        if layer.class_name not in OPERATIONS:
            return [Problem(layer.where, "an operation that maju does not have")]
        unknown = sorted(set(layer.config) - {"name", "dtype"})
        return [
            Problem(layer.where, f"unknown hyper-parameter {key}={layer.config[key]!r}") for key in unknown
        ]
    cls = registry.find(layer.class_name)
    if cls is None:
        return [Problem(layer.where, "a layer that maju does not have")]
    try:
        return cls.problems(layer.config, layer.where)
    except BROKEN as error:
        raise ModelFormatError(f"{layer.where} has a broken config ({_reason(error)})") from error


def _call_problems(call: CallSpec, layer: LayerSpec) -> list[Problem]:
    if layer.operation:
        try:
            inspect.signature(OPERATIONS[layer.class_name]).bind(*call.args, **call.kwargs)
        except KeyError:
            return []  # named already
        except TypeError as error:
            return [Problem(layer.where, f"called with other arguments than it has ({error})")]
        return []
    found = []
    if len(call.args) != 1:
        found.append(Problem(layer.where, f"called with {len(call.args)} positional arguments"))
    elif any(not isinstance(value, TensorRef) for value in flat(call.args[0])):
        found.append(Problem(layer.where, f"called with {call.args[0]!r}, which is not a tensor"))
    for key, value in call.kwargs.items():
        tensors = any(True for _ in refs_in(value))
        neutral = all(leaf is None for leaf in flat(value)) or (key == "training" and value is False)
        if not neutral and not (key == "mask" and tensors):
            found.append(Problem(layer.where, f"called with {key}={'a tensor' if tensors else repr(value)}"))
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
    try:
        steps = in_order(spec)
    except ModelFormatError as error:
        raise ModelFormatError(f"{what}: {error}") from error
    for ref in refs_in(spec.inputs):
        entry = _make(specs[ref.layer], None, store, what)
        if specs[ref.layer].class_name != "InputLayer" or not isinstance(entry, Layer):
            raise ModelFormatError(f"{what}: the model's input {ref.layer!r} is no InputLayer")
        nodes[ref.layer] = entry
        shapes[ref] = _output_shape(entry, None, what)
    for step in steps:
        layer = specs[step.call.layer]
        _check_refs([step.call.args, step.call.kwargs], shapes, f"{what}: {layer.where}")
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
        for index, shape in enumerate(_shapes_in(output)):
            shapes[TensorRef(layer.name, step.index, index)] = shape
    _check_refs(spec.outputs, shapes, f"{what}: the model")
    in_file_order = {layer.name: nodes[layer.name] for layer in spec.layers if layer.name in nodes}
    return Model(spec, in_file_order, shapes)


def _check_refs(structure: Any, shapes: Mapping[TensorRef, Shape | None], who: str) -> None:
    for ref in refs_in(structure):
        if ref not in shapes:
            raise ModelFormatError(
                f"{who} takes output {ref.output} of {shorten(ref.layer)!r}, which has none"
            )


def _output_shape(node: Layer, input_shape: Any, what: str) -> Any:
    where = f"{what}: {LayerSpec(node.keras_class, node.name, {}).where}"
    try:
        output = node.output_shape(input_shape)
        if any(n is not None and (not isinstance(n, int) or n < 0) for s in _shapes_in(output) for n in s):
            raise ValueError(f"it would give shape {output}")
    except BROKEN as error:
        reason = f"{where} does not take shape {shorten(str(input_shape))} ({_reason(error)})"
        raise ModelFormatError(reason) from error
    return output


def _shapes_in(structure: Any) -> list[Shape]:
    """The shapes in what a layer or a nested model gives, in the order of `flat`."""
    if isinstance(structure, Mapping):
        return [shape for key in sorted(structure) for shape in _shapes_in(structure[key])]
    if isinstance(structure, list):
        return [shape for item in structure for shape in _shapes_in(item)]
    return [structure]


def _make(layer: LayerSpec, input_shape: Any, store: WeightStore, what: str) -> Layer:
    """A layer with its arrays, each checked against the shape that the config and the input call for."""
    if layer.model is not None:
        return build(layer.model, store.nested(layer), what)
    cls = registry.find(layer.class_name)
    assert cls is not None  # find_problems has seen to it
    try:
        _check_counts(layer.config)
        shapes = cls.weight_shapes(layer.config, input_shape)
        arrays = store.read(layer, list(shapes))
        return cls.from_config(layer.config, _checked(arrays, shapes, f"{what}: {layer.where}"))
    except BROKEN as error:
        raise ModelFormatError(f"{what}: {layer.where} has a broken config ({_reason(error)})") from error


def _check_counts(config: Config) -> None:
    for key in sorted(COUNTS & config.keys()):
        value = config[key]
        parts = value if isinstance(value, (list, tuple)) else [value]
        if not all(type(part) is int and 1 <= part < 2**31 for part in parts) and (key, value) != (
            "strides",
            None,
        ):
            raise ValueError(f"{key}={value!r}; expected whole numbers of at least 1")


def _reason(error: Exception) -> str:
    text = str(error) if isinstance(error, MajuError) else f"{type(error).__name__}: {error}"
    return shorten(text)


def _checked(arrays: Mapping[str, Array], shapes: Mapping[str, Shape], where: str) -> dict[str, Array]:
    checked = {}
    for name, array in arrays.items():
        expected = shapes[name]
        fits = len(expected) == array.ndim and all(
            n is None or n == m for n, m in zip(expected, array.shape, strict=True)
        )
        if not fits:
            came, wanted = shorten(str(array.shape)), shorten(str(expected))
            raise ModelFormatError(f"{where}: {name} has shape {came}, expected {wanted}")
        if array.dtype.kind == "V":
            raise UnsupportedModelError([Problem(where, f"{name} holds bfloat16, which is not implemented")])
        if array.dtype.kind != "f":
            raise ModelFormatError(f"{where}: {name} holds {array.dtype}, expected floating-point numbers")
        with np.errstate(over="ignore"):  # float64 beyond float32 is infinite for Keras too
            checked[name] = np.ascontiguousarray(array, dtype=np.float32)
    return checked
