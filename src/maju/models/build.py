"""From what a file holds to a model that runs; what is not supported is named first, all of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from maju.errors import InputError, MajuError, ModelFormatError, Problem, UnsupportedModelError
from maju.formats.guards import shorten
from maju.formats.specification import (
    CallSpec,
    LayerSpec,
    ModelSpec,
    TensorRef,
    Unreadable,
    WeightStore,
    map_refs,
    refs_in,
)
from maju.layers import registry
from maju.layers.base import Array, Config, Layer, Shape
from maju.layers.operations import Operation, find
from maju.layers.time_distributed import TimeDistributedLayer
from maju.models.calls import LayerCall
from maju.models.graph import in_order
from maju.models.model import Model, flat

__all__ = ["build", "find_problems"]

#: Hyper-parameters that count something: each a whole number of at least 1, or a list of them.
COUNTS = {
    "dilation_rate",
    "filters",
    "groups",
    "head_dim",
    "height",
    "input_dim",
    "kernel_size",
    "key_dim",
    "num_heads",
    "num_key_value_heads",
    "num_query_heads",
    "num_tokens",
    "output_dim",
    "pool_size",
    "strides",
    "units",
    "width",
}
#: The lengths that stand in for one that is not known, when an operation's output shape is computed; how
#: many values that may take at most; and how many outputs an operation may have.
STAND_INS = (12, 24)
MAX_TRIAL = 1 << 24
MAX_OUTPUTS = 1 << 12
#: Weights that are no floating-point numbers: how many rows a `Normalization` learned from.
WHOLE_NUMBERS = ("count",)
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
            if layer.wraps_model:
                found += TimeDistributedLayer.own_problems(layer.config, layer.where)
            found += [
                Problem(f"{layer.where}, {p.where}", p.what, p.way_out) for p in find_problems(layer.model)
            ]
        else:
            found += _layer_problems(layer)
    layers = {layer.name: layer for layer in spec.layers}
    # Keras 3's predict says training=False to every layer, whatever the call says; Keras 2's does not.
    overrides_training = not spec.keras_version.startswith(("1.", "2."))
    for call in spec.calls:
        found += _call_problems(call, layers[call.layer], overrides_training)
    # What a file holds may be of any size, a message may not.
    return [Problem(shorten(p.where), shorten(p.what), p.way_out) for p in found]


def _layer_problems(layer: LayerSpec) -> list[Problem]:
    if layer.custom:
        return [Problem(layer.where, "a class of its author's own; the file does not hold its computation")]
    if layer.class_name == "Lambda":
        way_out = "replace it by layers of Keras and save again"
        return [Problem(layer.where, "runs Python code of its author's, which maju never does", way_out)]
    if layer.operation:
        return Operation.problems(layer.class_name, layer.config, layer.where)
    cls = registry.find(layer.class_name)
    if cls is None:
        return [Problem(layer.where, "a layer that maju does not have")]
    try:
        return cls.problems(layer.config, layer.where)
    except BROKEN as error:
        raise ModelFormatError(f"{layer.where} has a broken config ({_reason(error)})") from error


def _call_problems(call: CallSpec, layer: LayerSpec, overrides_training: bool) -> list[Problem]:
    unreadable = [leaf.kind for leaf in flat([call.args, call.kwargs]) if isinstance(leaf, Unreadable)]
    if unreadable:
        return [
            Problem(layer.where, f"called with a {kind}, which is not implemented") for kind in unreadable
        ]
    if layer.operation:
        function = find(layer.class_name)
        if function is None:
            return []  # named already
        try:
            function.call.bind(*call.args, **call.kwargs)
        except TypeError as error:
            return [Problem(layer.where, f"called with other arguments than it has ({error})")]
        return []
    cls = None if layer.model is not None else registry.find(layer.class_name)
    return LayerCall.problems(call, cls or Layer, layer.where, overrides_training)


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
            operation = nodes.setdefault(layer.name, Operation(layer.class_name, layer.name, layer.config))
            assert isinstance(operation, Operation)
            count = _count_outputs(operation, step.call, shapes, what)
            refs = [TensorRef(layer.name, step.index, index) for index in range(count)]
            noted = all(ref in spec.shapes for ref in refs)
            told = [None] * count if noted else _computed_shapes(operation, step.call, shapes, count)
            shapes |= {ref: spec.shapes.get(ref, shape) for ref, shape in zip(refs, told, strict=True)}
            continue
        call = LayerCall.of(step.call, registry.find(layer.class_name) or Layer)
        input_shape = map_refs(call.x, shapes.get, constants=np.shape)
        if layer.name not in nodes:
            nodes[layer.name] = _make(layer, input_shape, store, what)
        node = nodes[layer.name]
        assert isinstance(node, Layer)
        output = _output_shape(node, input_shape, what, map_refs(dict(call.options), shapes.get))
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


def _count_outputs(
    operation: Operation, call: CallSpec, shapes: Mapping[TensorRef, Shape | None], what: str
) -> int:
    try:
        args, kwargs = map_refs([call.args, dict(call.kwargs)], shapes.get)
        told = operation.outputs(args, kwargs)
        count = 1 if told is None else told
        if type(count) is not int or not 1 <= count <= MAX_OUTPUTS:
            raise ValueError(f"it would give {count} outputs")
    except BROKEN as error:
        where = f"{what}: operation {operation.name!r} ({operation.keras_class})"
        raise ModelFormatError(f"{where} has a broken config ({_reason(error)})") from error
    return count


def _computed_shapes(
    operation: Operation, call: CallSpec, shapes: Mapping[TensorRef, Shape | None], count: int
) -> Sequence[Shape | None]:
    """The shape of each output of an operation, where Keras has noted none; None if only data tell it.

    The operation runs on zeros, with one length and then another in place of those that are not known: what
    differs is not known in the output either.
    """
    inputs = [shapes[ref] for ref in refs_in([call.args, call.kwargs])]
    numbers = _whole_numbers([operation.hyper_parameters, call.args, call.kwargs])
    size = math.prod(length or STAND_INS[1] for shape in inputs for length in shape or ())
    # No operation makes more values than its inputs' sizes and the numbers that it is given multiply to.
    large = size * math.prod(1 + abs(number) for number in numbers) > MAX_TRIAL
    if None in inputs or (large and not operation.function.elementwise):
        return [None] * count
    found = []
    for length in STAND_INS:

        def shape_of(ref: TensorRef, length: int = length) -> tuple[int, ...]:
            return tuple(length if n is None else n for n in shapes[ref] or ())

        try:
            if operation.function.elementwise:
                args = map_refs([*call.args, *call.kwargs.values()], shape_of, constants=np.shape)
                found.append([np.broadcast_shapes(*args)])
            else:
                zeros = map_refs(
                    [call.args, dict(call.kwargs)], lambda ref: np.zeros(shape_of(ref), np.float32)
                )
                found.append([part.shape for part in flat(operation.forward(*zeros[0], **zeros[1]))])
        except ValueError:  # of lengths or values that real data would not have; an InputError is one
            return [None] * count
    pairs = [zip(short, long, strict=True) for short, long in zip(*found, strict=True)]
    return [tuple(n if n == m else None for n, m in pair) for pair in pairs]


def _whole_numbers(structure: Any) -> list[int]:
    """Every whole number in a nesting."""
    if isinstance(structure, Mapping):
        structure = list(structure.values())
    if isinstance(structure, (list, tuple)):
        return [number for item in structure for number in _whole_numbers(item)]
    return [structure] if type(structure) is int else []


def _output_shape(
    node: Layer, input_shape: Any, what: str, options: Mapping[str, Any] = MappingProxyType({})
) -> Any:
    where = f"{what}: {LayerSpec(node.keras_class, node.name, {}).where}"
    try:
        output = node.output_shape(input_shape, **options)
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
        nested = build(layer.model, store.nested(layer), what)
        return TimeDistributedLayer.around(nested, layer.config) if layer.wraps_model else nested
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
        if array.dtype.kind in "iu" and name in WHOLE_NUMBERS:
            checked[name] = array
            continue
        if array.dtype.kind != "f":
            raise ModelFormatError(f"{where}: {name} holds {array.dtype}, expected floating-point numbers")
        with np.errstate(over="ignore"):  # float64 beyond float32 is infinite for Keras too
            checked[name] = np.array(array, np.float32, order="C")
    return checked
