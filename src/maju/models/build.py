"""From what a file holds to a model that runs; what is not supported is named first, all of it."""

from __future__ import annotations

import contextlib
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np

from maju.errors import InputError, MajuError, ModelFormatError, Problem, UnsupportedModelError
from maju.formats.config import doubtful_graph, holds_graph
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
from maju.layers.base import Array, Config, Layer, Shape
from maju.layers.operations import Operation, find
from maju.layers.policies import FLOAT32, Policy, from_bits
from maju.layers.quantizable import QuantizableLayer
from maju.layers.time_distributed import TimeDistributedLayer
from maju.models.bounds import Room, values_in, values_of_operation
from maju.models.calls import LayerCall
from maju.models.graph import in_order
from maju.models.inputs import flat
from maju.models.model import Model

__all__ = ["build", "check_counts", "find_problems", "refusal"]

MAX_COUNT = (1 << 31) - 1
MAX_LENGTH = 1 << 16

#: Hyper-parameters that count something, each a whole number of at least 1 or a list of them, and how much
#: at most. Those that make an output larger than anything in the file are held far below what memory takes.
COUNTS = {
    "depth_multiplier": MAX_COUNT,
    "dilation_rate": MAX_COUNT,
    "filters": MAX_COUNT,
    "groups": MAX_COUNT,
    "head_dim": MAX_COUNT,
    "height": MAX_LENGTH,
    "input_dim": MAX_COUNT,
    "kernel_size": MAX_COUNT,
    "key_dim": MAX_COUNT,
    "num_heads": MAX_COUNT,
    "num_key_value_heads": MAX_COUNT,
    "num_query_heads": MAX_COUNT,
    "num_tokens": MAX_COUNT,
    "output_dim": MAX_COUNT,
    "output_size": MAX_LENGTH,
    "pool_size": MAX_COUNT,
    "size": MAX_LENGTH,
    "strides": MAX_COUNT,
    "units": MAX_COUNT,
    "width": MAX_LENGTH,
}
#: Values of these that count nothing: strides as long as the windows; a group for each channel.
NO_COUNTS = (("strides", None), ("groups", -1), ("depth_multiplier", None))
#: Hyper-parameters that are one number; where they may be left out, None.
NUMBERS = ("alpha", "epsilon", "max_value", "momentum", "negative_slope", "theta", "threshold")
#: The lengths that stand in for one that is not known, when an operation's output shape is computed; how
#: many values that may take at most; and how many outputs an operation may have.
STAND_INS = (12, 24)
MAX_TRIAL = 1 << 24
MAX_OUTPUTS = 1 << 12
#: Weights that are no floating-point numbers: how many rows a `Normalization` learned from.
WHOLE_NUMBERS = ("count",)
#: Weights that are float32 whatever the policy is: which group of a quantized kernel a row belongs to.
ALWAYS_FLOAT32 = ("g_idx",)
#: The layers of Keras whose computation is no part of Keras: what they are, and the way out.
FOREIGN = {
    "Lambda": (
        "runs Python code of its author's, which maju never does",
        "replace it by layers of Keras and save again",
    ),
    "FlaxLayer": ("runs a module of Flax, which the file does not hold", "write it with layers of Keras"),
    "JaxLayer": ("runs a function of JAX, which the file does not hold", "write it with layers of Keras"),
    "TFSMLayer": (
        "runs a SavedModel, which is in another folder",
        "load the Keras model it was made of",
    ),
    "TorchModuleWrapper": (
        "runs a module of PyTorch, which is pickled in the file and never opened",
        "write it with layers of Keras",
    ),
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


def find_problems(spec: ModelSpec, path: str = "") -> list[Problem]:
    """Everything in a graph that maju does not have, nested models included.

    Args:
        path: where in the model around it the graph is, as ``"inner/"``.
    """
    found = []
    for layer in spec.layers:
        if layer.model is not None:
            if layer.wraps_model:
                found += TimeDistributedLayer.own_problems(layer.config, layer.where)
            inside = find_problems(layer.model, f"{path}{layer.name}/")
            found += [Problem(f"{layer.where}, {p.where}", p.what, p.way_out) for p in inside]
        else:
            found += _layer_problems(layer, path)
    layers = {layer.name: layer for layer in spec.layers}
    # Keras 3's predict says training=False to every layer, whatever the call says; Keras 2's does not.
    overrides_training = spec.keras_version.split(".")[0] not in ("1", "2")
    for call in spec.calls:
        found += _call_problems(call, layers[call.layer], overrides_training)
    # What a file holds may be of any size, a message may not.
    return [Problem(shorten(p.where), shorten(p.what), p.way_out) for p in found]


def _layer_problems(layer: LayerSpec, path: str) -> list[Problem]:
    if layer.operation and not layer.custom:
        return Operation.problems(layer.class_name, layer.config, layer.where)
    cls = None if layer.operation else layer.cls
    if cls is None:
        return [refusal(layer, path)]
    try:
        return cls.problems(layer.config, layer.where)
    except BROKEN as error:
        raise ModelFormatError(f"{layer.where} has a broken config ({_reason(error)})") from error


def refusal(layer: LayerSpec, path: str = "") -> Problem:
    """Why maju has no class for a layer; `path` is where the model that it is in lies in the one around."""
    write_it = f"write it as a layer of maju's, under @maju.register({shorten(layer.class_name)!r})"
    if holds_graph(layer.config):
        return doubtful_graph(layer.where, layer.class_name)
    if layer.custom:
        return Problem(
            layer.where, "a class of its author's own; the file does not hold its computation", write_it
        )
    if layer.class_name in FOREIGN:
        reason, way_out = FOREIGN[layer.class_name]
        place = shorten(f"{path}{layer.name}")
        give = f"give what computes it, load(path, replace={{{place!r}: layer}})"
        return Problem(layer.where, reason, f"{give}, or {way_out}")
    return Problem(layer.where, "a layer that maju does not have", write_it)


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
    cls = None if layer.model is not None else layer.cls
    return LayerCall.problems(call, cls or Layer, layer.where, overrides_training)


def build(
    spec: ModelSpec,
    store: WeightStore,
    what: str,
    made: Mapping[str, Layer | Operation] = MappingProxyType({}),
) -> Model:
    """The model of a graph, with its arrays.

    Args:
        what: the file, for messages.
        made: layers that are there already, by name; the others are made.

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
    sizes: dict[str, int] = {}  # how many values each step makes of a row
    try:
        steps = in_order(spec)
    except ModelFormatError as error:
        raise ModelFormatError(f"{what}: {error}") from error
    for ref in refs_in(spec.inputs):
        entry = made.get(ref.layer) or _make(specs[ref.layer], None, store, what)
        if specs[ref.layer].class_name != "InputLayer" or not isinstance(entry, Layer):
            raise ModelFormatError(f"{what}: the model's input {ref.layer!r} is no InputLayer")
        nodes[ref.layer] = entry
        shapes[ref] = _output_shape(entry, None, what)
    for step in steps:
        layer = specs[step.call.layer]
        _check_refs([step.call.args, step.call.kwargs], shapes, f"{what}: {layer.where}")
        if layer.operation:
            operation = nodes.get(layer.name) or made.get(layer.name)
            operation = operation or Operation(layer.class_name, layer.name, layer.config)
            nodes[layer.name] = operation
            assert isinstance(operation, Operation)
            count = _count_outputs(operation, step.call, shapes, what)
            sizes[step.key] = values_of_operation(
                operation, *_stand_ins(step.call, shapes, f"{what}: {layer.where}")
            )
            refs = [TensorRef(layer.name, step.index, index) for index in range(count)]
            noted = all(ref in spec.shapes for ref in refs)
            told = [None] * count if noted else _computed_shapes(operation, step.call, shapes, count)
            shapes |= {ref: spec.shapes.get(ref, shape) for ref, shape in zip(refs, told, strict=True)}
            continue
        call = LayerCall.of(step.call, layer.cls or Layer)
        input_shape = map_refs(call.x, shapes.get, constants=np.shape)
        if layer.name in made:
            nodes[layer.name] = _fitting(made[layer.name], input_shape, what)
        elif layer.name not in nodes:
            nodes[layer.name] = _make(layer, input_shape, store, what)
        node = nodes[layer.name]
        assert isinstance(node, Layer)
        output = _output_shape(node, input_shape, what, map_refs(dict(call.options), shapes.get))
        sizes[step.key] = values_in(output)
        for index, shape in enumerate(_shapes_in(output)):
            shapes[TensorRef(layer.name, step.index, index)] = shape
        if spec.kind == "Sequential" and layer is spec.layers[-1]:
            # A Sequential gives all that its last layer gives; a file does not say how much that is.
            spec = replace(spec, outputs=_refs_like(output, layer.name))
    _check_refs(spec.outputs, shapes, f"{what}: the model")
    in_file_order = {layer.name: nodes[layer.name] for layer in spec.layers if layer.name in nodes}
    model = Model.of_graph(spec, in_file_order, shapes)
    room = Room(model.count_params() + sum(values_in(shapes[ref]) for ref in refs_in(spec.inputs)))
    for key, values in sizes.items():
        too_much = room.take(values)
        if too_much:
            raise ModelFormatError(f"{what}: {shorten(repr(key))}: of one row {too_much}")
    return model


def _fitting(node: Layer | Operation, input_shape: Any, what: str) -> Layer | Operation:
    """A layer that is made already, if its weights are those for this shape of input."""
    if isinstance(node, (Model, Operation)):
        return node
    try:
        wanted = type(node).weight_shapes(node.get_config(), input_shape)
    except BROKEN:
        return node  # what does not take the shape at all is named when the output's is told
    for name, array in node.weights.items():
        shape = wanted.get(name, array.shape)
        if len(shape) != array.ndim or any(
            n not in (None, m) for n, m in zip(shape, array.shape, strict=True)
        ):
            where = f"{what}: {LayerSpec(node.keras_class, node.name, {}).where}"
            came = f"{name} of shape {array.shape}, and shape {input_shape} needs {shape}"
            raise ModelFormatError(f"{where} has weights for another shape: {shorten(came, 300)}")
    return node


def _stand_ins(
    call: CallSpec, shapes: Mapping[TensorRef, Shape | None], where: str
) -> tuple[list[Any], dict[str, Any]]:
    """The arguments of a call with arrays that take no memory in place of its tensors."""

    def stand_in(ref: TensorRef) -> Array:
        try:
            return np.broadcast_to(np.float32(0), [1 if n is None else n for n in shapes[ref] or ()])
        except ValueError as error:  # NumPy counts bytes in 64 bits
            shape = shorten(str(shapes[ref]))
            raise ModelFormatError(f"{where} is given shape {shape}, which no array can have") from error

    return map_refs(list(call.args), stand_in), map_refs(dict(call.kwargs), stand_in)


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
        check_counts(operation.hyper_parameters)
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
        except BROKEN:  # over lengths or values that real data would not have
            return [None] * count
    if len({tuple(map(len, shapes)) for shapes in found}) > 1:
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


def _refs_like(shapes: Any, layer: str) -> Any:
    """The outputs of a layer's only call, in the structure of their shapes."""
    refs = (TensorRef(layer, 0, index) for index in itertools.count())

    def placed(structure: Any) -> Any:
        if isinstance(structure, Mapping):
            found = {key: placed(structure[key]) for key in sorted(structure)}
            return {key: found[key] for key in structure}
        return [placed(item) for item in structure] if isinstance(structure, list) else next(refs)

    return placed(shapes)


def _make(layer: LayerSpec, input_shape: Any, store: WeightStore, what: str) -> Layer:
    """A layer with its arrays, each checked against the shape that the config and the input call for."""
    if layer.model is not None:
        nested = build(layer.model, store.nested(layer), what)
        return _typed(TimeDistributedLayer.around(nested, layer.config)) if layer.wraps_model else nested
    if isinstance(layer.substitute, Layer):
        _fitting(layer.substitute, input_shape, what)
        return layer.substitute if isinstance(layer.substitute, Model) else _typed(layer.substitute)
    cls = layer.cls
    assert cls is not None  # find_problems has seen to it
    try:
        check_counts(layer.config)
        arrays = _read(layer, cls, input_shape, store, what)
        if issubclass(cls, QuantizableLayer):
            return _typed(cls.from_config(layer.config, arrays, input_shape))
        return _typed(cls.from_config(layer.config, arrays))
    except BROKEN as error:
        raise ModelFormatError(f"{what}: {layer.where} has a broken config ({_reason(error)})") from error


def _typed(layer: Layer) -> Layer:
    """The layer with a dtype policy: float32 where its file names none."""
    layer.dtype_policy = layer.dtype_policy or FLOAT32
    return layer


def _read(
    layer: LayerSpec, cls: type[Layer], input_shape: Any, store: WeightStore, what: str
) -> dict[str, Array]:
    """The arrays of a layer, in whichever of its layouts the file has them."""
    shapes = cls.weight_shapes(layer.config, input_shape)
    draw = getattr(store, "draw", None)
    if draw is not None:  # of a new layer, which no file has
        return _checked(layer, draw(layer, shapes, input_shape), shapes, what)
    try:
        return _checked(layer, store.read(layer, list(shapes)), shapes, what)
    except ModelFormatError:
        for other in cls.other_layouts(layer.config, shapes):
            with contextlib.suppress(ModelFormatError):
                return _checked(layer, store.read(layer, list(other)), other, what)
        raise


def check_counts(config: Config) -> None:
    """Raise ValueError for a number that is none, or out of all proportion, here or in a layer within."""
    for key in sorted(COUNTS.keys() & config.keys()):
        value = config[key]
        parts = value if isinstance(value, (list, tuple)) else [value]
        if (key, value) not in NO_COUNTS and not all(
            type(part) is int and 1 <= part <= COUNTS[key] for part in parts
        ):
            raise ValueError(f"{key}={value!r}; expected whole numbers from 1 to {COUNTS[key]:,}")
    for key in NUMBERS:
        if config.get(key) is not None and type(config[key]) not in (int, float):
            raise ValueError(f"{key}={config[key]!r}; expected a number")
    for key in ("layer", "backward_layer", "cell", "cells"):
        inside = config.get(key)
        for held in inside if isinstance(inside, list) else [inside]:
            if isinstance(held, Mapping) and isinstance(held.get("config"), Mapping):
                check_counts(held["config"])


def _reason(error: Exception) -> str:
    text = str(error) if isinstance(error, MajuError) else f"{type(error).__name__}: {error}"
    return shorten(text)


def _checked(
    layer: LayerSpec, arrays: Mapping[str, Array], shapes: Mapping[str, Shape], what: str
) -> dict[str, Array]:
    """The arrays in the types of the layer's dtype policy; whole numbers stay where the layer keeps them."""
    where, checked = f"{what}: {layer.where}", {}
    for name, array in arrays.items():
        expected = shapes[name]
        fits = len(expected) == array.ndim and all(
            n is None or n == m for n, m in zip(expected, array.shape, strict=True)
        )
        if not fits:
            came, wanted = shorten(str(array.shape)), shorten(str(expected))
            raise ModelFormatError(f"{where}: {name} has shape {came}, expected {wanted}")
        policy = Policy.at(layer.config, name)
        if policy.variable == "bfloat16" and array.dtype in ("V2", "uint16"):
            array = from_bits(array)
        whole = name in WHOLE_NUMBERS or policy.quantization is not None
        if array.dtype.kind in "iu" and whole:
            checked[name] = array
        elif array.dtype.kind == "f":
            checked[name] = np.array(array, np.float32) if name in ALWAYS_FLOAT32 else policy.as_weight(array)
        else:
            raise ModelFormatError(f"{where}: {name} holds {array.dtype}, expected floating-point numbers")
    return checked
