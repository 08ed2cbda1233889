"""Live models of Keras 3 as files of Keras 2: its config, its `.h5`, and the layouts of its `.keras`."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np

from formats.archives import members, write_archive

__all__ = ["activation", "hard_sigmoid", "keras2_document", "save_keras2", "save_keras2_archive"]


@keras.saving.register_keras_serializable("keras2")  # type: ignore[untyped-decorator]
def hard_sigmoid(x: Any) -> Any:
    """What Keras 1 and 2 called so."""
    return keras.ops.clip(0.2 * x + 0.5, 0, 1)


def activation(function: Any) -> str:
    """The name of an activation in a file of Keras 1 or 2."""
    return str(function.__name__)


# The config


def keras2_document(model: Any) -> dict[str, Any]:
    """The architecture as Keras 2 wrote it, with the modules that its `.keras` files have."""
    return _model(json.loads(json.dumps(keras.saving.serialize_keras_object(model))))


def _model(entry: dict[str, Any]) -> dict[str, Any]:
    config = entry["config"]
    entries = config["layers"]
    nested = {e["config"]["name"] for e in entries if e["class_name"] in ("Sequential", "Functional")}
    # Masks go from layer to layer by themselves: Keras 2 writes no operations that make them.
    operations = {e["name"] for e in entries if str(e.get("module")).startswith("keras.src.ops")}
    layers = []
    for inner in entries:
        if inner.get("name") in operations:
            continue
        nodes = inner.get("inbound_nodes")
        inner = _model(inner) if inner["class_name"] in ("Sequential", "Functional") else _layer(inner)
        if nodes is not None:
            inner["inbound_nodes"] = [[[*place, {}] for place in _tensors(n["args"], nested)] for n in nodes]
        layers.append(inner)
    config = {"name": config["name"], "trainable": config.get("trainable", True), "layers": layers}
    if entry["class_name"] == "Functional":
        for ends in ("input_layers", "output_layers"):
            places = entry["config"][ends]
            places = [places] if isinstance(places[0], str) else places
            sequential = {e["config"]["name"] for e in entries if e["class_name"] == "Sequential"}
            config[ends] = [[name, call + (name in sequential), i] for name, call, i in places]
    return {**entry, "config": config}


def _tensors(value: Any, nested: set[str]) -> Iterator[list[Any]]:
    """The tensors of a call; Keras 2 counts the calls of models from 1."""
    if isinstance(value, list):
        for item in value:
            yield from _tensors(item, nested)
    else:
        name, call, output = value["config"]["keras_history"]
        yield [name, call + (name in nested), output]


def _layer(entry: dict[str, Any]) -> dict[str, Any]:
    class_name, config = entry["class_name"], dict(entry["config"])
    if class_name == "InputLayer":
        config["batch_input_shape"] = config.pop("batch_shape")
        config["ragged"] = config.pop("optional")
    if isinstance(config.get("dtype"), Mapping):
        config["dtype"] = config["dtype"]["config"]["name"]
    for key in ("activation", "recurrent_activation"):
        if isinstance(config.get(key), Mapping):
            config[key] = "hard_sigmoid"
    if isinstance(config.get("axis"), int) and class_name == "BatchNormalization":
        config["axis"] = [config["axis"]]
    if class_name == "LeakyReLU":
        config["alpha"] = {"type": "ndarray", "value": config.pop("negative_slope")}
    if class_name in ("LSTM", "GRU", "SimpleRNN"):
        config |= {"implementation": 1, "time_major": False}
    if class_name in ("DepthwiseConv2D", "SeparableConv2D", "Conv2DTranspose"):
        config["groups"] = 1
    if class_name == "Embedding":
        config["input_length"] = None
    for key in ("layer", "backward_layer"):
        if isinstance(config.get(key), Mapping):
            config[key] = _layer(config[key])
    for unknown in ("quantization_config", "zero_output_for_mask", "seed"):
        config.pop(unknown, None)
    return {**entry, "config": config}


def _without_modules(value: Any) -> Any:
    """The config as `.h5` files have it."""
    if isinstance(value, list):
        return [_without_modules(item) for item in value]
    if not isinstance(value, dict):
        return value
    gone = ("module", "registered_name", "build_config") if "class_name" in value else ()
    return {key: _without_modules(item) for key, item in value.items() if key not in gone}


# The legacy .h5


def save_keras2(
    model: Any, path: Path, version: str = "2.9.0", backend: str = "tensorflow", weights_only: bool = False
) -> Path:
    """A legacy `.h5` as Keras 2 wrote it."""
    with h5py.File(path, "w") as file:
        root = file
        if not weights_only:
            file.attrs["model_config"] = json.dumps(_without_modules(keras2_document(model))).encode()
            root = file.create_group("model_weights")
        for holder in (file, root):
            holder.attrs["keras_version"] = version.encode()
            holder.attrs["backend"] = backend.encode()
        layers = [layer for layer in model.layers if isinstance(layer, keras.Layer)]
        root.attrs["layer_names"] = [layer.name.encode() for layer in layers]
        for layer in layers:
            group = root.create_group(layer.name)
            weights = [*layer.trainable_weights, *layer.non_trainable_weights]
            names = [f"{weight.path.removeprefix(f'{model.name}/')}:0" for weight in weights]
            group.attrs["weight_names"] = [name.encode() for name in names] or np.zeros(0)
            for name, weight in zip(names, weights, strict=True):
                group.create_dataset(name, data=weight.numpy())
    return path


# The archives of 2.12 and later

OLDER = "_layer_checkpoint_dependencies"


def save_keras2_archive(model: Any, path: Path, version: str) -> Path:
    """A `.keras` file as Keras 2.12, 2.13, 2.14 or 2.15 wrote it."""
    model.save(path)
    held = members(path)
    held["config.json"] = json.dumps(keras2_document(model)).encode()
    held["metadata.json"] = json.dumps({"keras_version": version}).encode()
    if version < "2.15":
        old = io.BytesIO(held["model.weights.h5"])
        new = io.BytesIO()
        with h5py.File(old, "r") as source, h5py.File(new, "w") as target:
            _rearrange(source, target, with_gaps=version < "2.14")
        held["model.weights.h5"] = new.getvalue()
        for name in [name for name in held if name.startswith("assets/layers")]:
            held[name.replace("/layers/", f"/{OLDER}/")] = held.pop(name)
    return write_archive(path, held)


def _rearrange(source: Any, target: Any, with_gaps: bool) -> None:
    """Copy a group of weights, its layers under the names that Keras 2.12 to 2.14 gave them."""
    for name, item in source.items():
        if name != "layers":
            source.copy(item, target, name)
            continue
        layers = target.create_group(OLDER)
        counts: dict[str, int] = {}
        for key in sorted(item, key=_number):
            base = re.sub(r"_\d+$", "", key)
            count = counts.get(base, 0)
            group = layers.create_group(f"{base}_{count}" if count else base)
            _rearrange(item[key], group, with_gaps)
            counts[base] = count + (2 if with_gaps and _has_weights(item[key]) else 1)


def _number(key: str) -> int:
    found = re.search(r"_(\d+)$", key)
    return int(found[1]) if found else 0


def _has_weights(group: Any) -> bool:
    found: list[Any] = []
    group.visititems(lambda name, item: found.append(item) if isinstance(item, h5py.Dataset) else None)
    return bool(found)
