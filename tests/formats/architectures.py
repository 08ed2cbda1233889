"""Architectures of Keras 3 as plain data, and models made of them with no Keras at hand."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["functional", "input_layer", "layer", "operation", "tensor", "write_model"]


def tensor(layer: Any, call: Any = 0, output: Any = 0) -> dict[str, Any]:
    """A tensor of the graph; the shape that is noted beside it counts for nothing."""
    history = {"shape": None, "dtype": "float32", "keras_history": [layer, call, output]}
    return {"class_name": "__keras_tensor__", "config": history}


def input_layer(name: str, *shape: int | None, dtype: str = "float32") -> dict[str, Any]:
    """An entrance for rows of a shape."""
    config = {"name": name, "batch_shape": [None, *shape], "dtype": dtype}
    return {"module": "keras.layers", "class_name": "InputLayer", "config": config, "name": name} | {
        "inbound_nodes": []
    }


def layer(class_name: str, name: str, *calls: Any, **config: Any) -> dict[str, Any]:
    """A layer of a functional config, called in turn on each of some tensors, or lists of them, by name."""
    nodes = [{"args": [_tensors(call)], "kwargs": {}} for call in calls]
    config = {"name": name, "trainable": True, **config}
    return {"module": "keras.layers", "class_name": class_name, "config": config, "name": name} | {
        "inbound_nodes": nodes
    }


def operation(class_name: str, name: str, *args: Any, **config: Any) -> dict[str, Any]:
    """An operation that is called once; names of layers stand for their outputs."""
    node = {"args": [_tensors(arg) for arg in args], "kwargs": {}}
    entry = {"module": "keras.src.ops.numpy", "class_name": class_name, "config": {"name": name, **config}}
    return {**entry, "name": name, "inbound_nodes": [node]}


def _tensors(value: Any) -> Any:
    if isinstance(value, list):
        return [_tensors(item) for item in value]
    return tensor(value) if isinstance(value, str) else value


def functional(
    *layers: dict[str, Any], name: str = "graph", outputs: Sequence[str] | None = None
) -> dict[str, Any]:
    """A functional model, of which the InputLayers are the inputs and the last layer is the output."""
    inputs = [[entry["name"], 0, 0] for entry in layers if entry["class_name"] == "InputLayer"]
    ends = [[end, 0, 0] for end in outputs or [layers[-1]["name"]]]
    config = {"name": name, "trainable": True, "layers": list(layers)} | {
        "input_layers": inputs,
        "output_layers": ends,
    }
    return {"module": "keras", "class_name": "Functional", "config": config, "registered_name": "Functional"}


def write_model(path: Path, document: Any, arrays: Mapping[str, Any] | None = None) -> Path:
    """A `.safetensors` with an architecture and arrays by ``layer/weight``."""
    from safetensors.numpy import save_file

    held = {"nothing": np.zeros(1, np.float32), **(arrays or {})}
    save_file(held, path, {"maju_architecture": json.dumps(document)})
    return path
