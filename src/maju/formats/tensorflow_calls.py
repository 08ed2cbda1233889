"""The functions of TensorFlow that stand in graphs of Keras 2.4 and later, as operations of Keras 3.

There ``x * 2`` and ``tf.reduce_mean(x, axis=1)`` are layers of the class TFOpLambda, and ``x[:, 0]`` is one
of the class SlicingOpLambda: each says the function's name, and its arguments stand in the call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from maju.formats import tensorflow_nodes
from maju.formats.specification import CallSpec, LayerSpec, TensorRef, refs_in

__all__ = ["CLASSES", "as_operations"]

#: The layers of Keras 2 that call a function.
CLASSES = ("SlicingOpLambda", "TFOpLambda", tensorflow_nodes.CLASS)
#: Layers that keep a loss or a metric for training: what `add_loss` and `add_metric` left in a graph.
OF_TRAINING = ("AddLoss", "AddMetric")
#: What stands before the names of the functions here in TensorFlow.
PREFIXES = ("compat.v1.", "__operators__.", "math.", "nn.", "linalg.")

#: Functions of one tensor and of two, and the operation that each is.
UNARY = {
    "abs": "Absolute",
    "acos": "Arccos",
    "acosh": "Arccosh",
    "asin": "Arcsin",
    "asinh": "Arcsinh",
    "atan": "Arctan",
    "atanh": "Arctanh",
    "ceil": "Ceil",
    "cos": "Cos",
    "cosh": "Cosh",
    "elu": "Elu",
    "erf": "Erf",
    "erfc": "Erfc",
    "exp": "Exp",
    "expm1": "Expm1",
    "floor": "Floor",
    "identity": "Copy",
    "is_finite": "Isfinite",
    "is_inf": "Isinf",
    "is_nan": "Isnan",
    "log": "Log",
    "log1p": "Log1p",
    "log_sigmoid": "LogSigmoid",
    "logical_not": "LogicalNot",
    "negative": "Negative",
    "reciprocal": "Reciprocal",
    "relu": "Relu",
    "relu6": "Relu6",
    "round": "Round",
    "rsqrt": "Rsqrt",
    "selu": "Selu",
    "sigmoid": "Sigmoid",
    "sign": "Sign",
    "silu": "Silu",
    "sin": "Sin",
    "sinh": "Sinh",
    "softplus": "Softplus",
    "softsign": "Softsign",
    "sqrt": "Sqrt",
    "square": "Square",
    "stop_gradient": "StopGradient",
    "swish": "Silu",
    "tan": "Tan",
    "tanh": "Tanh",
}
BINARY = {
    "add": "Add",
    "div": "Divide",
    "divide": "Divide",
    "divide_no_nan": "DivideNoNan",
    "eq": "Equal",
    "equal": "Equal",
    "floor_div": "FloorDivide",
    "floordiv": "FloorDivide",
    "floormod": "Mod",
    "greater": "Greater",
    "greater_equal": "GreaterEqual",
    "less": "Less",
    "less_equal": "LessEqual",
    "logical_and": "LogicalAnd",
    "logical_or": "LogicalOr",
    "logical_xor": "LogicalXor",
    "maximum": "Maximum",
    "minimum": "Minimum",
    "mod": "Mod",
    "multiply": "Multiply",
    "ne": "NotEqual",
    "not_equal": "NotEqual",
    "pow": "Power",
    "subtract": "Subtract",
    "truediv": "Divide",
}
NEEDED: Any = object()
REDUCTION = {"axis": ("axis", None), "keepdims": ("keepdims", False)}
#: Functions with settings: the operation; by TensorFlow's name for each setting the operation's, and the
#: value where the call leaves it out; and the names of further tensors.
WITH_SETTINGS: dict[str, tuple[str, Mapping[str, tuple[str, Any]], tuple[str, ...]]] = {
    "argmax": ("Argmax", {"axis": ("axis", 0)}, ()),
    "argmin": ("Argmin", {"axis": ("axis", 0)}, ()),
    "argsort": ("Argsort", {"axis": ("axis", -1)}, ()),
    "batch_normalization": (
        "BatchNorm",
        {"variance_epsilon": ("epsilon", NEEDED)},
        ("mean", "variance", "offset", "scale"),
    ),
    "broadcast_to": ("BroadcastTo", {"shape": ("shape", NEEDED)}, ()),
    "cast": ("Cast", {"dtype": ("dtype", NEEDED)}, ()),
    "clip_by_value": (
        "Clip",
        {"clip_value_min": ("x_min", NEEDED), "clip_value_max": ("x_max", NEEDED)},
        (),
    ),
    "concat": ("Concatenate", {"axis": ("axis", NEEDED)}, ()),
    "depth_to_space": ("DepthToSpace", {"block_size": ("block_size", NEEDED)}, ()),
    "expand_dims": ("ExpandDims", {"axis": ("axis", NEEDED)}, ()),
    "gather": ("Take", {"axis": ("axis", 0)}, ("indices",)),
    "gelu": ("Gelu", {"approximate": ("approximate", False)}, ()),
    "leaky_relu": ("LeakyRelu", {"alpha": ("negative_slope", 0.2)}, ()),
    "log_softmax": ("LogSoftmax", {"axis": ("axis", -1)}, ()),
    "moments": ("Moments", {"axes": ("axes", NEEDED), "keepdims": ("keepdims", False)}, ()),
    "ones_like": ("OnesLike", {"dtype": ("dtype", None)}, ()),
    "reduce_all": ("All", REDUCTION, ()),
    "reduce_any": ("Any", REDUCTION, ()),
    "reduce_logsumexp": ("Logsumexp", REDUCTION, ()),
    "reduce_max": ("Max", REDUCTION, ()),
    "reduce_mean": ("Mean", REDUCTION, ()),
    "reduce_min": ("Min", REDUCTION, ()),
    "reduce_prod": ("Prod", REDUCTION, ()),
    "reduce_std": ("Std", REDUCTION, ()),
    "reduce_sum": ("Sum", REDUCTION, ()),
    "reduce_variance": ("Var", REDUCTION, ()),
    "repeat": ("Repeat", {"repeats": ("repeats", NEEDED), "axis": ("axis", None)}, ()),
    "reverse": ("Flip", {"axis": ("axis", NEEDED)}, ()),
    "roll": ("Roll", {"shift": ("shift", NEEDED), "axis": ("axis", NEEDED)}, ()),
    "softmax": ("Softmax", {"axis": ("axis", -1)}, ()),
    "space_to_depth": ("SpaceToDepth", {"block_size": ("block_size", NEEDED)}, ()),
    "squeeze": ("Squeeze", {"axis": ("axis", None)}, ()),
    "stack": ("Stack", {"axis": ("axis", 0)}, ()),
    "tensordot": ("Tensordot", {"axes": ("axes", NEEDED)}, ("b",)),
    "tile": ("Tile", {"multiples": ("repeats", NEEDED)}, ()),
    "top_k": ("TopK", {"k": ("k", 1), "sorted": ("sorted", True)}, ()),
    "transpose": ("Transpose", {"perm": ("axes", None)}, ()),
    "unstack": ("Unstack", {"num": ("num", None), "axis": ("axis", 0)}, ()),
    "where": ("Where", {}, ("x", "y")),
    "zeros_like": ("ZerosLike", {"dtype": ("dtype", None)}, ()),
}
#: Arguments that change nothing at these values.
NEUTRAL: dict[str, tuple[Any, ...]] = {
    "adjoint_a": (False,),
    "adjoint_b": (False,),
    "antialias": (False,),
    "batch_dims": (0,),
    "beta": (1, 1.0),
    "conjugate": (False,),
    "data_format": (None, "NHWC", "NWC", "NDHWC"),
    "dim": (None,),
    "dimension": (None,),
    "direction": ("ASCENDING",),
    "exclusive": (False,),
    "index_type": ("int32",),
    "keep_dims": (None,),
    "off_value": (None, 0, 0.0),
    "on_value": (None, 1, 1.0),
    "output_type": (None, "int64"),
    "preserve_aspect_ratio": (False,),
    "reduction_indices": (None,),
    "reverse": (False,),
    "shift": (None,),
    "squeeze_dims": (None,),
    "validate_indices": (None, True),
}
#: Arguments that never change a value.
NEVER_MATTERS = ("a_is_sparse", "b_is_sparse", "grad_a", "grad_b", "layout", "name", "optimize", "stable")
#: Functions that give whole numbers about a shape when they are given such.
OF_WHOLE_NUMBERS = ("add", "floordiv", "floor_div", "multiply", "subtract", "maximum", "minimum")

Arguments = dict[str, Any]


@dataclass(frozen=True)
class Meaning:
    """What a call of a function is: an operation, or a layer of Keras, with its config and its arguments.

    An argument may be a meaning too: that of an operation to go before.
    """

    class_name: str
    config: Mapping[str, Any]
    args: tuple[Any, ...]
    operation: bool = True


@dataclass(frozen=True)
class Length:
    """A whole number that the data tell: the length of an axis of a tensor, or a number made of such."""

    of: TensorRef | None = None
    axis: int | None = None


class Unknown(Exception):  # noqa: N818
    """A function, or a way to call one, that no operation of Keras is; the text says which way."""


def as_operations(
    layers: Sequence[LayerSpec], calls: Sequence[CallSpec], outputs: Any
) -> tuple[list[LayerSpec], list[CallSpec]]:
    """The layers and the calls of a graph, with operations of Keras 3 in the place of TensorFlow's functions.

    What Keras 3 does not have is left under its name in TensorFlow, to be refused by it. What only a loss
    or a metric is made of is left out.
    """
    layers, calls = _without_losses(layers, calls, outputs)
    if not any(layer.class_name in CLASSES for layer in layers):
        return list(layers), list(calls)
    layers, calls = _nodes_as_functions(layers, calls)
    functions = {layer.name: _short(layer) for layer in layers if layer.class_name in CLASSES}
    lengths = _lengths(functions, calls)
    by_layer: dict[str, list[CallSpec]] = {name: [] for name in functions}
    for call in calls:
        if call.layer in functions:
            by_layer[call.layer].append(call)
    taken = {layer.name for layer in layers}
    new_layers, new_calls = [], [call for call in calls if call.layer not in functions]
    for layer in layers:
        if layer.name not in functions:
            new_layers.append(layer)
            continue
        for node, own in _translated(layer, functions[layer.name], by_layer[layer.name], lengths, taken):
            new_layers.append(node)
            new_calls += own
    return _without_unused(new_layers, new_calls, {ref.layer for ref in lengths}, outputs)


def _without_losses(
    layers: Sequence[LayerSpec], calls: Sequence[CallSpec], outputs: Any
) -> tuple[list[LayerSpec], list[CallSpec]]:
    """The graph without the losses and metrics in it, and the functions that lead to nothing else."""
    losses = {layer.name for layer in layers if layer.class_name in OF_TRAINING}
    functions = {layer.name for layer in layers if layer.class_name in CLASSES} if losses else set[str]()
    return _without_unused(list(layers), list(calls), losses | functions, outputs)


def _nodes_as_functions(
    layers: Sequence[LayerSpec], calls: Sequence[CallSpec]
) -> tuple[list[LayerSpec], list[CallSpec]]:
    """The same graph with calls of functions in the place of nodes of TensorFlow's own graph."""
    nodes = {layer.name: layer for layer in layers if layer.class_name == tensorflow_nodes.CLASS}
    functions: dict[str, str] = {}
    new_calls = []
    for call in calls:
        if call.layer in nodes:
            function, first, given = tensorflow_nodes.as_function(nodes[call.layer].config, call.args[0])
            functions[call.layer] = function
            call = CallSpec(call.layer, (first,), given)
        new_calls.append(call)
    new_layers = [
        replace(layer, config={"function": functions[layer.name]}) if layer.name in functions else layer
        for layer in layers
    ]
    return new_layers, new_calls


def _short(layer: LayerSpec) -> str:
    """The function's name without its place in TensorFlow: ``compat.v1.transpose`` -> ``transpose``."""
    name = str(layer.config.get("function"))
    for prefix in PREFIXES:
        name = name.removeprefix(prefix)
    return name


def _without_unused(
    layers: list[LayerSpec], calls: list[CallSpec], candidates: set[str], outputs: Any
) -> tuple[list[LayerSpec], list[CallSpec]]:
    """The graph without those of the candidates whose outputs nothing takes."""
    for _ in range(MOST_ROUNDS):
        used = {ref.layer for ref in refs_in([outputs, [(call.args, call.kwargs) for call in calls]])}
        gone = candidates - used
        if not gone:
            break
        candidates = candidates & used
        layers = [layer for layer in layers if layer.name not in gone]
        calls = [call for call in calls if call.layer not in gone]
    return layers, calls


def _translated(
    layer: LayerSpec, function: str, calls: list[CallSpec], lengths: Mapping[TensorRef, Any], taken: set[str]
) -> list[tuple[LayerSpec, list[CallSpec]]]:
    """The layer and its calls as an operation's, behind those that go before it.

    What no operation is comes back under the function's name, to be refused by it.
    """
    try:
        meanings = [_meaning(function, call, lengths) for call in calls]
        if not meanings:
            raise Unknown(" that is never called")
        return _nodes(layer.name, meanings, taken)
    except Unknown as error:
        name = f"tf.{layer.config.get('function')}{error}"
        return [(replace(layer, class_name=name, operation=True), calls)]


def _nodes(name: str, meanings: list[Meaning], taken: set[str]) -> list[tuple[LayerSpec, list[CallSpec]]]:
    """The nodes that the calls of one layer need, the layer itself the last of them."""
    kind, found = meanings[0], []
    if any(_kind(meaning) != _kind(kind) for meaning in meanings):
        raise Unknown(", called in different ways")
    args = [list(meaning.args) for meaning in meanings]
    for place, argument in enumerate(kind.args):
        if isinstance(argument, Meaning):
            number = next(n for n in range(1, len(taken) + 2) if f"{name}_before_{n}" not in taken)
            before = f"{name}_before_{number}"
            taken.add(before)
            found += _nodes(before, [meaning.args[place] for meaning in meanings], taken)
            for call, own in enumerate(args):
                own[place] = TensorRef(before, call)
    spec = LayerSpec(kind.class_name, name, {**kind.config, "name": name}, operation=kind.operation)
    return [*found, (spec, [CallSpec(name, tuple(own)) for own in args])]


def _kind(meaning: Meaning) -> Any:
    """What has to be the same in all calls of one layer."""
    before = [isinstance(argument, Meaning) for argument in meaning.args]
    return meaning.class_name, meaning.operation, meaning.config, before


def _meaning(function: str, call: CallSpec, lengths: Mapping[TensorRef, Any]) -> Meaning:
    given = {key: value for key, value in call.kwargs.items() if key not in NEVER_MATTERS}
    first = call.args[0] if call.args else None
    if first is None or isinstance(first, str):
        raise Unknown(", of which the file lacks an argument")
    if function in SPECIAL:
        return SPECIAL[function](first, given, lengths)
    if function in UNARY:
        return Meaning(UNARY[function], {}, (_tensor(first), *_none_left(given)))
    if function in BINARY:
        second = _taken(given, "other" if "other" in given else "y")
        return Meaning(BINARY[function], {}, (_tensor(first), _tensor(second), *_none_left(given)))
    if function not in WITH_SETTINGS:
        raise Unknown
    class_name, settings, tensors = WITH_SETTINGS[function]
    config = {}
    for name, (key, default) in settings.items():
        value = _taken(given, name, default)
        if any(True for _ in refs_in(value)):
            raise Unknown(f" with a tensor as its {name}")
        config[key] = default if value is None and default is not NEEDED else value
    others = [_tensor(_taken(given, name)) for name in tensors]
    if function == "batch_normalization":
        config["axis"] = -1
    return Meaning(class_name, config, (_tensors(first), *others, *_none_left(given)))


def _taken(given: Arguments, name: str, default: Any = NEEDED) -> Any:
    """An argument, which is thereby used up."""
    value = given.pop(name, default)
    if value is NEEDED:
        raise Unknown(f", of which the file lacks {name}")
    return value


def _none_left(given: Arguments) -> tuple[()]:
    """Nothing; raises Unknown where arguments are left that say something."""
    for name, value in given.items():
        neutral = NEUTRAL.get(name, ())
        if isinstance(value, (TensorRef, list, dict, np.ndarray)) or value not in neutral:
            raise Unknown(f"({name}={'a tensor' if isinstance(value, TensorRef) else value!r})")
    return ()


def _tensor(value: Any) -> Any:
    """A tensor: one of the graph, a number, or the array that nested lists of numbers are."""
    if not isinstance(value, list):
        return value
    if any(True for _ in refs_in(value)):
        raise Unknown(" with a list of tensors as one")
    array = np.array(value)
    return array.astype({"f": np.float32, "i": np.int32}.get(array.dtype.kind, array.dtype))


def _tensors(value: Any) -> Any:
    """A tensor, or a list of them."""
    listed = isinstance(value, list) and any(True for _ in refs_in(value))
    return [_tensor(item) for item in value] if listed else _tensor(value)


# Functions that an operation is only after some change


def _get_item(first: Any, given: Arguments, lengths: Mapping[TensorRef, Any]) -> Meaning:
    """``x[...]``: numbers, slices, None and ``...``."""
    key = _key(_taken(given, "slice_spec"))
    return Meaning("GetItem", {}, (first, key, *_none_left(given)))


def _key(spec: Any) -> Any:
    if isinstance(spec, list):
        return [_key(part) for part in spec]
    if isinstance(spec, Mapping):
        if spec.get("class_name") == "__ellipsis__":
            return ...
        ends = [spec.get(end) for end in ("start", "stop", "step")]
        if any(end is not None and type(end) is not int for end in ends):
            raise Unknown(" with a tensor in a slice")
        return slice(*ends)
    if spec is None or isinstance(spec, TensorRef) or type(spec) is int:
        return spec
    raise Unknown(f" with {spec!r}")


def _matmul(first: Any, given: Arguments, lengths: Mapping[TensorRef, Any]) -> Meaning:
    """A product of matrices, each of which may be transposed first."""
    second = _tensor(_taken(given, "b"))
    turned = [bool(_taken(given, f"transpose_{name}", False)) for name in "ab"]
    output_type = given.pop("output_type", None)
    if output_type is not None:
        raise Unknown(f"(output_type={output_type!r})")
    args = (_tensor(first), second, *_none_left(given))
    if not any(turned):
        return Meaning("Matmul", {}, args)
    one, other = "...ji" if turned[0] else "...ij", "...kj" if turned[1] else "...jk"
    return Meaning("Einsum", {"subscripts": f"{one},{other}->...ik"}, args)


def _split(first: Any, given: Arguments, lengths: Mapping[TensorRef, Any]) -> Meaning:
    """Into so many equal parts, or into parts of these sizes, the last of which may be -1: what is left."""
    parts = _taken(given, "num_or_size_splits")
    axis = _taken(given, "axis", 0)
    if given.pop("num", None) is not None or any(True for _ in refs_in([parts, axis])):
        raise Unknown(" with a tensor as its sizes")
    if isinstance(parts, list):
        if -1 in parts[:-1]:
            raise Unknown(" with -1 before the last of its sizes")
        parts = np.cumsum(parts[:-1], dtype=int).tolist()
    args = (first, *_none_left(given))
    return Meaning("Split", {"indices_or_sections": parts, "axis": axis}, args)


def _l2_normalize(first: Any, given: Arguments, lengths: Mapping[TensorRef, Any]) -> Meaning:
    """The vectors of length 1: x / √max(Σ x², ε), where Keras 3 has x / max(√Σ x², ε)."""
    axis = _taken(given, "axis", None)
    epsilon = _taken(given, "epsilon", 1e-12)
    axis = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis
    if type(axis) is not int:
        raise Unknown(f"(axis={axis!r})")
    config = {"axis": axis, "order": 2, "epsilon": float(epsilon) ** 0.5}
    return Meaning("Normalize", config, (_tensor(first), *_none_left(given)))


def _norm(first: Any, given: Arguments, lengths: Mapping[TensorRef, Any]) -> Meaning:
    """A norm of vectors, or the root of the sum of squares along several axes."""
    order, axis = _taken(given, "ord", "euclidean"), _taken(given, "axis", None)
    keepdims = bool(_taken(given, "keepdims", None))
    config = {"axis": axis, "keepdims": keepdims}
    args = (_tensor(first), *_none_left(given))
    if order in ("euclidean", 2) and type(axis) is int:
        return Meaning("Norm", {"ord": None, **config}, args)
    if order == 1 and type(axis) is int:
        return Meaning("Norm", {"ord": 1, **config}, args)
    if order == "euclidean" or (order == 2 and axis is None):
        return Meaning("Sqrt", {}, (Meaning("Sum", config, (Meaning("Square", {}, args),)),))
    raise Unknown(f"(ord={order!r}, axis={axis!r})")


def _one_hot(first: Any, given: Arguments, lengths: Mapping[TensorRef, Any]) -> Meaning:
    depth, axis = _taken(given, "depth"), _taken(given, "axis", None)
    dtype = _taken(given, "dtype", None) or "float32"
    if type(depth) is not int:
        raise Unknown(" with a tensor as its depth")
    config = {"num_classes": depth, "axis": -1 if axis is None else axis, "dtype": dtype}
    return Meaning("OneHot", config, (_tensor(first), *_none_left(given)))


def _pad(first: Any, given: Arguments, lengths: Mapping[TensorRef, Any]) -> Meaning:
    width, mode = _taken(given, "paddings"), _taken(given, "mode", "CONSTANT")
    value = _taken(given, "constant_values", 0)
    if any(True for _ in refs_in([width, value])):
        raise Unknown(" with a tensor as its paddings")
    config = {"pad_width": width, "mode": str(mode).lower()}
    args = (_tensor(first), *((value,) if config["mode"] == "constant" else ()))
    return Meaning("Pad", config, (*args, *_none_left(given)))


def _slice(first: Any, given: Arguments, lengths: Mapping[TensorRef, Any]) -> Meaning:
    begin, size = _taken(given, "begin"), _taken(given, "size")
    if any(True for _ in refs_in([begin, size])):
        raise Unknown(" with a tensor as its place")
    key = [slice(i, None if n == -1 else i + n) for i, n in zip(begin, size, strict=True)]
    return Meaning("GetItem", {}, (first, key, *_none_left(given)))


def _bias_add(first: Any, given: Arguments, lengths: Mapping[TensorRef, Any]) -> Meaning:
    """Add to the last axis, the channels."""
    bias = _tensor(_taken(given, "bias"))
    return Meaning("Add", {}, (_tensor(first), bias, *_none_left(given)))


def _atan2(first: Any, given: Arguments, lengths: Mapping[TensorRef, Any]) -> Meaning:
    return Meaning("Arctan2", {}, (_tensor(first), _tensor(_taken(given, "x")), *_none_left(given)))


def _scalar_mul(first: Any, given: Arguments, lengths: Mapping[TensorRef, Any]) -> Meaning:
    return Meaning("Multiply", {}, (_tensor(first), _tensor(_taken(given, "x")), *_none_left(given)))


def _squared_difference(first: Any, given: Arguments, lengths: Mapping[TensorRef, Any]) -> Meaning:
    args = (_tensor(first), _tensor(_taken(given, "y")), *_none_left(given))
    return Meaning("Square", {}, (Meaning("Subtract", {}, args),))


#: How many tensors are added one after the other.
MOST_ADDED = 64


def _add_n(first: Any, given: Arguments, lengths: Mapping[TensorRef, Any]) -> Meaning:
    """The sum of a list of tensors."""
    tensors = [_tensor(item) for item in first] if isinstance(first, list) else [_tensor(first)]
    if len(tensors) > MOST_ADDED:
        raise Unknown(f" of {len(tensors)} tensors")
    _none_left(given)
    total = Meaning("Copy", {}, (tensors[0],))
    for tensor in tensors[1:]:
        total = Meaning("Add", {}, (tensors[0] if total.class_name == "Copy" else total, tensor))
    return total


def _cumulative(class_name: str) -> Callable[[Any, Arguments, Mapping[TensorRef, Any]], Meaning]:
    """A running sum or product, from the end on with ``reverse``."""

    def meaning(first: Any, given: Arguments, lengths: Mapping[TensorRef, Any]) -> Meaning:
        axis, reverse = _taken(given, "axis", 0), _taken(given, "reverse", False)
        args: tuple[Any, ...] = (_tensor(first), *_none_left(given))
        if not reverse:
            return Meaning(class_name, {"axis": axis}, args)
        turned = Meaning("Flip", {"axis": axis}, args)
        return Meaning("Flip", {"axis": axis}, (Meaning(class_name, {"axis": axis}, (turned,)),))

    return meaning


def _sort(first: Any, given: Arguments, lengths: Mapping[TensorRef, Any]) -> Meaning:
    """In rising or in falling order."""
    axis, direction = _taken(given, "axis", -1), _taken(given, "direction", "ASCENDING")
    if direction not in ("ASCENDING", "DESCENDING"):
        raise Unknown(f"({direction=})")
    rising = Meaning("Sort", {"axis": axis}, (_tensor(first), *_none_left(given)))
    return rising if direction == "ASCENDING" else Meaning("Flip", {"axis": axis}, (rising,))


def _band_part(first: Any, given: Arguments, lengths: Mapping[TensorRef, Any]) -> Meaning:
    """The upper or the lower triangle of matrices."""
    band = _taken(given, "num_lower"), _taken(given, "num_upper")
    triangles = {(0, -1): "Triu", (-1, 0): "Tril"}
    if band not in triangles:
        raise Unknown(f"(num_lower={band[0]!r}, num_upper={band[1]!r})")
    return Meaning(triangles[band], {"k": 0}, (_tensor(first), *_none_left(given)))


def _diag_part(first: Any, given: Arguments, lengths: Mapping[TensorRef, Any]) -> Meaning:
    for name, only in (("k", 0), ("padding_value", 0), ("align", "RIGHT_LEFT")):
        if _taken(given, name, only) != only:
            raise Unknown(f" with another {name} than {only!r}")
    config = {"offset": 0, "axis1": -2, "axis2": -1}
    return Meaning("Diagonal", config, (_tensor(first), *_none_left(given)))


def _batch_flatten(first: Any, given: Arguments, lengths: Mapping[TensorRef, Any]) -> Meaning:
    """A layer: Flatten."""
    _none_left(given)
    return Meaning("Flatten", {"data_format": "channels_last"}, (first,), operation=False)


#: What red, green and blue count for in grey.
GREY = np.array([[0.2989], [0.587], [0.114]], np.float32)


def _rgb_to_grayscale(first: Any, given: Arguments, lengths: Mapping[TensorRef, Any]) -> Meaning:
    return Meaning("Matmul", {}, (_tensor(first), GREY, *_none_left(given)))


def _flip(axis: int) -> Callable[[Any, Arguments, Mapping[TensorRef, Any]], Meaning]:
    """Images the other way around."""

    def meaning(first: Any, given: Arguments, lengths: Mapping[TensorRef, Any]) -> Meaning:
        return Meaning("Flip", {"axis": axis}, (_tensor(first), *_none_left(given)))

    return meaning


def _crop(first: Any, given: Arguments, lengths: Mapping[TensorRef, Any]) -> Meaning:
    """A part of images by its place and size."""
    places = [_taken(given, f"offset_{side}") for side in ("height", "width")]
    sizes = [_taken(given, f"target_{side}") for side in ("height", "width")]
    if any(type(n) is not int for n in (*places, *sizes)):
        raise Unknown(" with a tensor as its place")
    key = [..., *(slice(place, place + n) for place, n in zip(places, sizes, strict=True)), slice(None)]
    return Meaning("GetItem", {}, (first, key, *_none_left(given)))


def _reshape(first: Any, given: Arguments, lengths: Mapping[TensorRef, Any]) -> Meaning:
    """To a shape of which the data may tell a length, that of the batch as a rule."""
    told = _taken(given, "shape")
    _none_left(given)
    shape = lengths.get(told) if isinstance(told, TensorRef) else told
    if not isinstance(shape, list):
        raise Unknown(" with a tensor as its shape")
    shape = [lengths.get(n) if isinstance(n, TensorRef) else n for n in shape]
    if any(type(n) is not int and not isinstance(n, Length) for n in shape):
        raise Unknown(" with a tensor as its shape")
    sizes = [-1 if isinstance(n, Length) else n for n in shape]
    if sizes.count(-1) <= 1:
        return Meaning("Reshape", {"newshape": sizes}, (first,))
    if shape[0] == Length(first, 0) and sizes[1:].count(-1) == 1:
        return Meaning("Reshape", {"target_shape": sizes[1:]}, (first,), operation=False)
    raise Unknown(" with several lengths that only the data tell")


#: The interpolations of `tf.image.resize`.
METHODS = ("bilinear", "lanczos3", "lanczos5", "bicubic", "gaussian", "nearest", "area", "mitchellcubic")


def _resize(first: Any, given: Arguments, lengths: Mapping[TensorRef, Any]) -> Meaning:
    """A layer: Resizing."""
    size, method = _taken(given, "size"), _taken(given, "method", "bilinear")
    fits = isinstance(size, list) and len(size) == 2 and all(type(n) is int for n in size)
    if not fits or method not in METHODS:
        raise Unknown(f"({method=})" if fits else " with a tensor as its size")
    antialias = bool(_taken(given, "antialias", False))
    config = {"height": size[0], "width": size[1], "interpolation": method, "antialias": antialias}
    _none_left(given)
    return Meaning("Resizing", {**config, "data_format": "channels_last"}, (first,), operation=False)


def _extract_patches(first: Any, given: Arguments, lengths: Mapping[TensorRef, Any]) -> Meaning:
    """Parts of images, each as one list of numbers."""
    size, strides, rates = (_pool_size(_taken(given, key)) for key in ("sizes", "strides", "rates"))
    padding = str(_taken(given, "padding")).lower()
    if size is None or strides is None or rates != [1, 1] or padding not in ("valid", "same"):
        raise Unknown(" of this size, rates or padding")
    config = {"size": size, "strides": strides, "dilation_rate": 1, "padding": padding}
    return Meaning("ExtractPatches", {**config, "data_format": None}, (_tensor(first), *_none_left(given)))


def _pool(class_name: str) -> Callable[[Any, Arguments, Mapping[TensorRef, Any]], Meaning]:
    """A layer: MaxPooling2D or AveragePooling2D."""

    def meaning(first: Any, given: Arguments, lengths: Mapping[TensorRef, Any]) -> Meaning:
        size, strides = (_pool_size(_taken(given, key)) for key in ("ksize", "strides"))
        padding = str(_taken(given, "padding")).lower()
        if size is None or strides is None or padding not in ("valid", "same"):
            raise Unknown(" of this size or padding")
        _none_left(given)
        config = {"pool_size": size, "strides": strides, "padding": padding, "data_format": "channels_last"}
        return Meaning(class_name, config, (first,), operation=False)

    return meaning


def _pool_size(value: Any) -> list[int] | None:
    """Rows and columns of a size that may be one number, or begin and end with a 1 for batch and channels."""
    if type(value) is int:
        return [value, value]
    if not isinstance(value, list) or any(type(n) is not int for n in value):
        return None
    if len(value) == 4 and value[0] == value[3] == 1:
        value = value[1:3]
    return {1: 2 * value, 2: value}.get(len(value))


SPECIAL: dict[str, Callable[[Any, Arguments, Mapping[TensorRef, Any]], Meaning]] = {
    "add_n": _add_n,
    "atan2": _atan2,
    "avg_pool": _pool("AveragePooling2D"),
    "avg_pool2d": _pool("AveragePooling2D"),
    "band_part": _band_part,
    "bias_add": _bias_add,
    "cumprod": _cumulative("Cumprod"),
    "cumsum": _cumulative("Cumsum"),
    "diag_part": _diag_part,
    "image.extract_patches": _extract_patches,
    "getitem": _get_item,
    "image.crop_to_bounding_box": _crop,
    "image.flip_left_right": _flip(-2),
    "image.flip_up_down": _flip(-3),
    "image.resize": _resize,
    "image.rgb_to_grayscale": _rgb_to_grayscale,
    "keras.backend.batch_flatten": _batch_flatten,
    "l2_normalize": _l2_normalize,
    "matmul": _matmul,
    "max_pool": _pool("MaxPooling2D"),
    "max_pool2d": _pool("MaxPooling2D"),
    "norm": _norm,
    "one_hot": _one_hot,
    "pad": _pad,
    "reshape": _reshape,
    "scalar_mul": _scalar_mul,
    "slice": _slice,
    "sort": _sort,
    "split": _split,
    "squared_difference": _squared_difference,
}


# Shapes that the data tell


def _lengths(functions: Mapping[str, str], calls: Sequence[CallSpec]) -> dict[TensorRef, Any]:
    """What is known of the tensors that hold shapes, and of the numbers taken from them.

    By tensor a `Length`, a whole number, or a list of such for a shape.
    """
    found: dict[TensorRef, Any] = {}
    for _ in range(MOST_ROUNDS):
        before = len(found)
        counts: dict[str, int] = {}
        for call in calls:
            index = counts[call.layer] = counts.get(call.layer, -1) + 1
            ref = TensorRef(call.layer, index)
            if call.layer in functions and ref not in found and call.args:
                _learn(functions[call.layer], ref, call, found)
        if len(found) == before:
            break
    return found


#: A file may list its calls in any order; this is how often the list is gone through, at most.
MOST_ROUNDS = 50
#: No tensor has more axes.
MAX_AXES = 32


def _learn(function: str, ref: TensorRef, call: CallSpec, found: dict[TensorRef, Any]) -> None:
    """Note what one call tells about its outputs."""
    first = call.args[0]
    if function == "shape" and isinstance(first, TensorRef):
        found[ref] = [Length(first, axis) for axis in range(MAX_AXES)]
        return
    values = _values(first, found)
    if values is None:
        return
    if function == "getitem" and isinstance(values, list):
        key = call.kwargs.get("slice_spec")
        key = key[0] if isinstance(key, list) and len(key) == 1 else key
        if type(key) is int and 0 <= key < len(values):
            found[ref] = values[key]
        elif isinstance(key, Mapping) and type(key.get("stop")) is int and key["stop"] >= 0:
            found[ref] = values[_key(key)]
    elif function == "unstack" and isinstance(values, list):
        found |= {replace(ref, output=place): value for place, value in enumerate(values)}
    elif function == "stack" and isinstance(values, list) and not call.kwargs.get("axis"):
        found[ref] = values
    elif function == "concat" and isinstance(values, list) and not call.kwargs.get("axis"):
        parts = [value if isinstance(value, list) else [value] for value in values]
        found[ref] = [number for part in parts for number in part]
    elif function in ("cast", "identity") and isinstance(values, Length):
        found[ref] = values
    elif function in OF_WHOLE_NUMBERS and isinstance(_values(call.kwargs.get("y"), found), (int, Length)):
        found[ref] = Length()


def _values(value: Any, found: Mapping[TensorRef, Any]) -> Any:
    """A nesting with what is known of its tensors in their place; None if something is not."""
    if isinstance(value, TensorRef):
        return found.get(value)
    if isinstance(value, list):
        parts = [_values(part, found) for part in value]
        return None if any(part is None for part in parts) else parts
    return value if type(value) is int else None
