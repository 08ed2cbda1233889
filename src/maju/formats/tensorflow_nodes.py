"""The nodes of TensorFlow's graph that stand in models of tf.keras 2.0 to 2.3, as calls of its functions.

A layer of the class TensorFlowOpLayer holds one such node: the name of its operation, its attributes, and
which of its inputs are constants.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

__all__ = ["CLASS", "as_function"]

#: The layers that hold a node.
CLASS = "TensorFlowOpLayer"
#: What a node gives its function: the first argument, and the others by name.
Call = tuple[str, Any, dict[str, Any]]

UNARY = {
    "Abs": "abs",
    "Ceil": "ceil",
    "Cos": "cos",
    "Elu": "elu",
    "Erf": "erf",
    "Exp": "exp",
    "Floor": "floor",
    "Identity": "identity",
    "Inv": "reciprocal",
    "Log": "log",
    "Log1p": "log1p",
    "LogSoftmax": "log_softmax",
    "LogicalNot": "logical_not",
    "Neg": "negative",
    "Reciprocal": "reciprocal",
    "Relu": "relu",
    "Relu6": "relu6",
    "Round": "round",
    "Rsqrt": "rsqrt",
    "Selu": "selu",
    "Shape": "shape",
    "Sigmoid": "sigmoid",
    "Sign": "sign",
    "Sin": "sin",
    "Softmax": "softmax",
    "Softplus": "softplus",
    "Softsign": "softsign",
    "Sqrt": "sqrt",
    "Square": "square",
    "StopGradient": "stop_gradient",
    "Tanh": "tanh",
}
#: The function of a node, and the names of its inputs from the second on.
WITH_INPUTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "Add": ("add", ("y",)),
    "AddV2": ("add", ("y",)),
    "ArgMax": ("argmax", ("axis",)),
    "ArgMin": ("argmin", ("axis",)),
    "ClipByValue": ("clip_by_value", ("clip_value_min", "clip_value_max")),
    "DivNoNan": ("divide_no_nan", ("y",)),
    "Equal": ("equal", ("y",)),
    "ExpandDims": ("expand_dims", ("axis",)),
    "FloorDiv": ("floordiv", ("y",)),
    "FloorMod": ("floormod", ("y",)),
    "GatherV2": ("gather", ("indices", "axis")),
    "Greater": ("greater", ("y",)),
    "GreaterEqual": ("greater_equal", ("y",)),
    "Less": ("less", ("y",)),
    "LessEqual": ("less_equal", ("y",)),
    "LogicalAnd": ("logical_and", ("y",)),
    "LogicalOr": ("logical_or", ("y",)),
    "Maximum": ("maximum", ("y",)),
    "Minimum": ("minimum", ("y",)),
    "Mul": ("multiply", ("y",)),
    "NotEqual": ("not_equal", ("y",)),
    "Pad": ("pad", ("paddings",)),
    "PadV2": ("pad", ("paddings", "constant_values")),
    "Pow": ("pow", ("y",)),
    "RealDiv": ("truediv", ("y",)),
    "Reshape": ("reshape", ("shape",)),
    "ReverseV2": ("reverse", ("axis",)),
    "Select": ("where", ("x", "y")),
    "SelectV2": ("where", ("x", "y")),
    "SplitV": ("split", ("num_or_size_splits", "axis")),
    "SquaredDifference": ("squared_difference", ("y",)),
    "Sub": ("subtract", ("y",)),
    "Tile": ("tile", ("multiples",)),
    "Transpose": ("transpose", ("perm",)),
}
REDUCTIONS = {
    "All": "reduce_all",
    "Any": "reduce_any",
    "Max": "reduce_max",
    "Mean": "reduce_mean",
    "Min": "reduce_min",
    "Prod": "reduce_prod",
    "Sum": "reduce_sum",
}
#: Attributes that are arguments of the function: for each node their names in both.
ATTRIBUTES: dict[str, tuple[str, Mapping[str, str]]] = {
    "LeakyRelu": ("leaky_relu", {"alpha": "alpha"}),
    "Squeeze": ("squeeze", {"squeeze_dims": "axis"}),
    "Unpack": ("unstack", {"num": "num", "axis": "axis"}),
}
#: The names of types in attributes where they are not those of NumPy in capitals.
TYPES = {"float": "float32", "double": "float64", "half": "float16"}


def as_function(config: Mapping[str, Any], tensors: Any) -> Call:
    """The function that a node is, its first argument, and the others by name.

    An operation that is none of those here comes back as a function of its own name.

    Args:
        config: that of the layer.
        tensors: what the layer is called with.
    """
    node = config["node_def"]
    if not isinstance(node, Mapping):
        return "raw_ops, whose node the file holds as bytes", tensors, {}
    operation = str(node["op"])
    attributes = {str(key): _attribute(value) for key, value in node.get("attr", {}).items()}
    inputs = _inputs(config.get("constants") or {}, tensors)
    if operation in UNARY:
        return UNARY[operation], inputs[0], {}
    if operation in WITH_INPUTS:
        function, names = WITH_INPUTS[operation]
        return function, inputs[0], dict(zip(names, inputs[1:], strict=False))
    if operation in REDUCTIONS:
        keepdims = bool(attributes.get("keep_dims", False))
        return REDUCTIONS[operation], inputs[0], {"axis": inputs[1], "keepdims": keepdims}
    if operation in ATTRIBUTES:
        function, names_of = ATTRIBUTES[operation]
        given = {name: attributes[key] for key, name in names_of.items() if key in attributes}
        return function, inputs[0], {key: value for key, value in given.items() if value != []}
    return _special(operation, inputs, attributes)


def _special(operation: str, inputs: list[Any], attributes: Mapping[str, Any]) -> Call:
    """The nodes whose inputs and attributes do not stand in the order of the function's."""
    if operation == "BiasAdd":
        return "bias_add", inputs[0], {"bias": inputs[1], "data_format": attributes.get("data_format")}
    if operation == "Cast":
        return "cast", inputs[0], {"dtype": attributes["DstT"]}
    if operation == "ConcatV2":
        return "concat", inputs[:-1], {"axis": inputs[-1]}
    if operation == "DepthToSpace":
        given = {"block_size": attributes["block_size"], "data_format": attributes.get("data_format")}
        return "depth_to_space", inputs[0], given
    if operation in ("MatMul", "BatchMatMul", "BatchMatMulV2"):
        turned = ("transpose_a", "transpose_b") if operation == "MatMul" else ("adj_x", "adj_y")
        one, other = (bool(attributes.get(name, False)) for name in turned)
        return "matmul", inputs[0], {"b": inputs[1], "transpose_a": one, "transpose_b": other}
    if operation == "Pack":
        return "stack", inputs, {"axis": attributes.get("axis", 0)}
    if operation == "Split":
        return "split", inputs[1], {"num_or_size_splits": attributes["num_split"], "axis": inputs[0]}
    if operation == "StridedSlice":
        return "getitem", inputs[0], {"slice_spec": _key(inputs[1:4], attributes)}
    return f"raw_ops.{operation}", inputs, {}


def _inputs(constants: Mapping[str, Any], tensors: Any) -> list[Any]:
    """The inputs of a node in their order: constants at the places they are kept under, tensors elsewhere."""
    held = {int(place): value for place, value in constants.items()}
    waiting = list(tensors) if isinstance(tensors, list) else [tensors]
    return [held[place] if place in held else waiting.pop(0) for place in range(len(held) + len(waiting))]


def _attribute(value: Any) -> Any:
    """A value as the protocol buffers of TensorFlow hold it in JSON."""
    ((kind, held),) = value.items()
    if kind == "i":
        return int(held)
    if kind == "s":
        return base64.b64decode(held).decode("utf-8", errors="replace")
    if kind == "type":
        name = str(held).removeprefix("DT_").lower()
        return TYPES.get(name, name)
    if kind == "list":
        return [int(item) for item in held.get("i", [])]
    return held


def _key(places: list[Any], attributes: Mapping[str, Any]) -> list[Any]:
    """What stands in the brackets of a slice, as SlicingOpLambda writes it; bits of masks change places."""
    begin, end, strides = places
    masks = {
        name: int(attributes.get(f"{name}_mask", 0))
        for name in ("begin", "end", "ellipsis", "new_axis", "shrink_axis")
    }
    key: list[Any] = []
    for place, (start, stop, step) in enumerate(zip(begin, end, strides, strict=True)):
        set_here = {name for name, mask in masks.items() if mask >> place & 1}
        if "ellipsis" in set_here:
            key.append({"class_name": "__ellipsis__"})
        elif "new_axis" in set_here:
            key.append(None)
        elif "shrink_axis" in set_here:
            key.append(start)
        else:
            ends = {
                "start": None if "begin" in set_here else start,
                "stop": None if "end" in set_here else stop,
            }
            key.append({**ends, "step": step})
    return key
