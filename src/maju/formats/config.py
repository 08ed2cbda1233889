"""A Keras architecture (the JSON that `get_config` gives) to a `ModelSpec`, and back.

Every difference between the versions of Keras ends here: downstream there is one form, that of Keras 3.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from maju.errors import ModelFormatError, Problem, UnsupportedModelError
from maju.formats import hard_sigmoid
from maju.formats.guards import BROKEN, MAX_DEPTH, shorten
from maju.formats.keras1_merge import merged_first
from maju.formats.operation_calls import modern_operations
from maju.formats.recurrent_calls import as_keras3_writes, with_states_named
from maju.formats.specification import (
    CallSpec,
    LayerSpec,
    ModelSpec,
    TensorRef,
    Unreadable,
    map_refs,
    refs_in,
)
from maju.formats.versions import Version, image_order, modern
from maju.layers import operations, registry
from maju.layers.image_augmentation import ImageAugmentation
from maju.layers.operations.types import DTYPES

__all__ = ["check_version", "read_architecture", "write_architecture"]

#: The layers of Keras 3 whose config does not say whether they are trained.
SILENT_ABOUT_TRAINING = ("Discretization", "HashedCrossing", "InputLayer")
MODEL_CLASSES = ("Sequential", "Functional", "Model")
#: What Keras's layers call their input, which may be given by its name.
FIRST_ARGUMENTS = ("inputs", "sequences", "data", "x")


def read_architecture(document: Any, keras_version: Any, what: str) -> ModelSpec:
    """The graph that a Keras architecture describes.

    Args:
        document: the parsed JSON: ``{"class_name": ..., "config": ...}``.
        keras_version: what wrote it; where versions disagree about what a file means, this decides.
        what: the file, for messages.

    Raises:
        ModelFormatError: it is not an architecture, or a broken one.
        UnsupportedModelError: it describes a model as a whole that is not a graph of layers.
    """
    if not isinstance(document, Mapping) or "class_name" not in document or "config" not in document:
        raise ModelFormatError(f"{what}: no Keras architecture: it has no class_name and config")
    if document["class_name"] not in MODEL_CLASSES or _is_custom(document):
        problem = Problem(
            shorten(f"the model ({document['class_name']})"),
            "a class of its author's own, whose computation the file does not hold",
            "rebuild it in Keras as a Sequential or functional model and save that",
        )
        raise UnsupportedModelError([problem])
    check_version(keras_version, what)
    try:
        return _Reader(_version(document, keras_version, what), what).model(document, depth=0)
    except BROKEN as error:
        reason = shorten(f"{type(error).__name__}: {error}")
        raise ModelFormatError(f"{what}: a broken architecture ({reason})") from error


def check_version(keras_version: Any, what: str) -> None:
    """Raise ModelFormatError for what cannot be a version of Keras."""
    if not isinstance(keras_version, str) or not re.fullmatch(r"[0-9]{1,4}(\..{,99})?", keras_version):
        raise ModelFormatError(f"{what}: no version of Keras: {shorten(repr(keras_version))}")


def _version(document: Any, keras_version: str, what: str) -> Version:
    """The version, and what the layers of a model tell one another where it leaves something open."""
    layers = list(_layers_in(document))
    masked = any(c.get("mask_zero") or class_name == "Masking" for class_name, c in layers)
    order = "channels_last"
    if keras_version.split(".")[0] == "1":
        order = image_order([config for _, config in layers], what)
    return Version(keras_version, order, masked)


def _layers_in(document: Any) -> Iterator[tuple[Any, Mapping[str, Any]]]:
    """The class and the config of every layer in a document, at any depth."""
    if isinstance(document, Mapping):
        if isinstance(document.get("config"), Mapping):
            yield document.get("class_name"), document["config"]
        document = list(document.values())
    if isinstance(document, list):
        for item in document:
            yield from _layers_in(item)


def _is_custom(document: Mapping[str, Any]) -> bool:
    """Whether a serialized object is of a class that is not Keras's own, whatever its name."""
    module = document.get("module")
    registered = document.get("registered_name")
    if module is None:  # left out by older files, and None for what a script defined
        return registered is not None
    ours = module == "builtins" or str(module).split(".")[0] in ("keras", "tf_keras")
    return not ours or (registered is not None and ">" in str(registered))


def _is_shape(value: Any) -> bool:
    return isinstance(value, list) and all(n is None or (type(n) is int and n >= 0) for n in value)


class _Reader:
    """Reads one document; holds what all its parts need."""

    def __init__(self, version: Version, what: str) -> None:
        self.version = version
        self.keras_version = version.text
        self.major = version.major
        self.what = what
        self.nameless = 0

    def model(self, document: Mapping[str, Any], depth: int) -> ModelSpec:
        if depth > MAX_DEPTH:
            raise ModelFormatError(f"{self.what}: models nested more than {MAX_DEPTH} deep")
        config = document["config"]
        entries = config["layers"] if isinstance(config, Mapping) else config
        name = self.name(config["name"]) if "name" in config else self._name_of_nameless(depth)
        sequential = document["class_name"] == "Sequential"
        if sequential and self.major < 2 and entries and "layers" in entries[0]["config"]:
            return merged_first(name, entries, lambda entry: self.layer(entry, depth), self.keras_version)
        layers = [self._layer(number, entry, depth) for number, entry in enumerate(entries, start=1)]
        if sequential:
            layers = self._with_input(layers, entries, config)
        twice = [name for name, count in Counter(layer.name for layer in layers).items() if count > 1]
        if twice:
            raise ModelFormatError(f"{self.what}: layers of the same name: {shorten(', '.join(twice))}")
        if not layers:
            raise ModelFormatError(f"{self.what}: a model without layers")
        trainable = not isinstance(config, Mapping) or config.get("trainable") is not False
        if sequential:
            refs = [TensorRef(layer.name) for layer in layers]
            calls = [CallSpec(after.layer, (before,)) for before, after in pairwise(refs)]
            inputs, outputs = refs[0], refs[-1]
            return ModelSpec(
                name,
                "Sequential",
                tuple(layers),
                tuple(calls),
                inputs,
                outputs,
                self.keras_version,
                trainable=trainable,
            )
        known = {layer.name for layer in layers}
        recorded: dict[TensorRef, tuple[int | None, ...]] = {}
        calls = [
            with_states_named(self._call(layer, node, known, recorded), layer)
            for layer, entry in zip(layers, entries, strict=True)
            for node in entry.get("inbound_nodes", [])
        ]
        layers, calls = modern_operations(layers, calls)
        outputs = self._ends(config["output_layers"])
        calls, outputs = self._counted_from_zero(layers, calls, outputs)
        return ModelSpec(
            name,
            "Functional",
            tuple(layers),
            tuple(calls),
            self._ends(config["input_layers"]),
            outputs,
            self.keras_version,
            shapes=recorded,
            trainable=trainable,
        )

    def _layer(self, number: int, entry: Mapping[str, Any], depth: int) -> LayerSpec:
        try:
            return self.layer(entry, depth)
        except BROKEN as error:
            reason = shorten(f"{type(error).__name__}: {error}")
            raise ModelFormatError(
                f"{self.what}: the config of layer {number} is broken ({reason})"
            ) from error

    def layer(self, entry: Mapping[str, Any], depth: int) -> LayerSpec:
        class_name, config = str(entry["class_name"]), entry["config"]
        if class_name in MODEL_CLASSES and not _is_custom(entry):
            nested = self.model(entry, depth + 1)
            if "name" in entry:
                nested = nested.with_name(self.name(entry["name"]))
            return LayerSpec(class_name, nested.name, {"name": nested.name}, model=nested)
        module = str(entry.get("module") or "")
        known = registry.find(class_name) is not None and operations.find(class_name) is None
        tells = known or "trainable" in config or class_name in SILENT_ABOUT_TRAINING
        if not module and self.major >= 3 and not tells:
            module = "keras.src.ops"  # a legacy .h5 leaves modules out; the other layers have `trainable`
        if module.startswith(("keras.src.ops", "keras.ops")):
            name = self.name(config.get("name", entry.get("name")), class_name)
            settings = {key: self._hyper_parameter(key, value) for key, value in config.items()}
            custom = _is_custom(entry) or ">" in class_name
            return LayerSpec(class_name, name, {**settings, "name": name}, custom=custom, operation=True)
        custom = _is_custom(entry) or ">" in class_name
        if not custom:
            class_name, config = modern(class_name, config, self.version)
        inside = config.get("layer") if class_name == "TimeDistributed" else None
        held = None
        if isinstance(inside, Mapping) and inside["class_name"] in MODEL_CLASSES and not _is_custom(inside):
            held = self.model(inside, depth + 1)
            config = {key: value for key, value in config.items() if key != "layer"}
        config = self.config(config, depth)
        name = self.name(config.get("name", entry.get("name")), class_name)
        return LayerSpec(class_name, name, {**config, "name": name}, model=held, custom=custom)

    def _hyper_parameter(self, key: str, value: Any) -> Any:
        """A hyper-parameter of an operation: plain values, tuples as lists."""
        value = self._dtype(value) if key == "dtype" else self._argument(value, {})
        if isinstance(value, np.ndarray):
            return value.tolist()
        return {"class_name": value.kind} if isinstance(value, Unreadable) else value

    def name(self, value: Any, of: str = "model") -> str:
        """The name of a layer or a model: text that can stand in a file."""
        usable = isinstance(value, str) and value not in ("", ".", "..") and "\0" not in value
        if not usable or value != value.encode("utf-8", errors="replace").decode("utf-8"):
            raise ModelFormatError(
                f"{self.what}: the name of a {of} is {shorten(repr(value))}, which is none"
            )
        return str(value)

    def config(self, config: Mapping[str, Any], depth: int) -> dict[str, Any]:
        """A layer's hyper-parameters as Keras 3 has them."""
        if depth > MAX_DEPTH:
            raise ModelFormatError(f"{self.what}: layers nested more than {MAX_DEPTH} deep")
        found = {}
        for key, value in config.items():
            if key == "dtype":
                value = self._dtype(value)
            elif key in ("activation", "recurrent_activation"):
                value = self._activation(value)
            elif key == "vocabulary" and isinstance(value, Mapping):
                raise TypeError(f"the vocabulary is no list but {value!r}")
            elif key in ("layer", "backward_layer", "cell") and isinstance(value, Mapping):
                value = self._wrapped(value, depth)
            elif key == "cells" and isinstance(value, list):
                value = [self._wrapped(cell, depth) for cell in value]
            elif key == "axis" and isinstance(value, (list, tuple)) and len(value) == 1:
                value = value[0]
            elif isinstance(value, Mapping) and value.get("class_name") == "__tuple__":
                value = value["items"]
            elif isinstance(value, Mapping) and value.get("class_name") == "__numpy__":
                value = value["config"]["value"]
            found[key] = value
        return found

    def _wrapped(self, entry: Mapping[str, Any], depth: int) -> dict[str, Any]:
        """A layer or a cell that is a hyper-parameter of another layer."""
        class_name, config = str(entry["class_name"]), entry["config"]
        if _is_custom(entry):
            class_name = class_name if ">" in class_name else f"custom>{class_name}"
        elif isinstance(config, Mapping):
            class_name, config = modern(class_name, config, self.version)
        wrapped = {**entry, "class_name": class_name, "config": self.config(config, depth + 1)}
        wrapped.pop("build_config", None)
        return wrapped

    @staticmethod
    def _dtype(value: Any) -> Any:
        """A policy by its name: Keras 3 stores an object, Keras 2 a string."""
        if isinstance(value, Mapping) and isinstance(value.get("config"), Mapping):
            return value["config"].get("name", value)
        return value

    def _activation(self, value: Any) -> Any:
        """A function by its name; hard_sigmoid by what it meant to the version that wrote the file."""
        if isinstance(value, Mapping) and value.get("class_name") == "function" and not _is_custom(value):
            value = value.get("config")
        if value == "hard_sigmoid" and self.major < 3:
            return hard_sigmoid.NAME
        return hard_sigmoid.NAME if hard_sigmoid.is_written(value) else value

    def _with_input(self, layers: list[LayerSpec], entries: Sequence[Any], model: Any) -> list[LayerSpec]:
        """A Sequential with its input layer, which Keras 1 and 2 left out of the file."""
        if not layers or layers[0].class_name == "InputLayer":
            return layers
        config = entries[0]["config"]
        nested = None if layers[0].wraps_model else layers[0].model
        inner = {} if nested is None else nested.layers[0].config
        shape = config.get("batch_input_shape") if isinstance(config, Mapping) else None
        if shape is None and isinstance(model, Mapping):
            shape = model.get("build_input_shape")
        shape = inner.get("batch_shape") if shape is None else shape
        if shape is None:
            reason = "the shape of its input is not in the file"
            way_out = "call the model once in Keras, or give it an Input, and save it again"
            raise UnsupportedModelError([Problem(f"{self.what} (Sequential)", reason, way_out)])
        text = layers[0].class_name in ("StringLookup", "TextVectorization")
        dtype = "string" if text else inner.get("dtype") or "float32"
        if self.version.many_backends and isinstance(config, Mapping):
            dtype = config.get("dtype") or config.get("input_dtype") or dtype
        name = f"{layers[0].name}_input"
        return [LayerSpec("InputLayer", name, {"batch_shape": shape, "dtype": dtype, "name": name}), *layers]

    def _name_of_nameless(self, depth: int) -> str:
        """A name for a Sequential that is a bare list of layers: its own stands beside the weights alone."""
        self.nameless += 1
        return "sequential" if depth == 0 else f"nested_sequential_{self.nameless}"

    # The graph

    def _call(
        self, layer: LayerSpec, node: Any, known: set[str], recorded: dict[TensorRef, tuple[int | None, ...]]
    ) -> CallSpec:
        """A call of a layer; `recorded` takes in the shapes that Keras 3 notes beside the tensors."""
        if isinstance(node, Mapping):  # Keras 3
            args = tuple(self._argument(value, recorded) for value in node["args"])
            kwargs = {key: self._argument(value, recorded) for key, value in node["kwargs"].items()}
            kind = registry.find(layer.class_name)
            if kind is not None and issubclass(kind, ImageAugmentation) and kwargs.get("training") is True:
                del kwargs["training"]  # so Keras 3 notes them by itself; `predict` puts False in its place
            first = [] if args or layer.operation else [key for key in FIRST_ARGUMENTS if key in kwargs]
            if first:
                args = (kwargs.pop(first[0]),)
            return CallSpec(layer.name, args, kwargs)
        # Keras 2: [[layer, call, output, keyword arguments], ...]
        if node and isinstance(node[0], str):
            node = [node]
        refs = [TensorRef(str(name), int(call), int(output)) for name, call, output, *_ in node]
        keywords = dict(node[0][3]) if node and len(node[0]) > 3 else {}
        kwargs = {key: self._keyword(value, known) for key, value in keywords.items()}
        return CallSpec(layer.name, (refs[0] if len(refs) == 1 else refs,), kwargs)

    def _keyword(self, value: Any, known: set[str]) -> Any:
        """A keyword argument of Keras 2, where a tensor is ``[layer, call, output]``."""
        if not isinstance(value, list):
            return value
        if len(value) >= 3 and isinstance(value[0], str) and value[0] in known and isinstance(value[1], int):
            return TensorRef(value[0], value[1], int(value[2]))
        return [self._keyword(item, known) for item in value]

    def _counted_from_zero(
        self, layers: Sequence[LayerSpec], calls: Sequence[CallSpec], outputs: Any
    ) -> tuple[list[CallSpec], Any]:
        """The graph with the calls of nested models counted from 0, as those of other layers are.

        A functional model counts as called once when it is made: for Keras 2 everywhere (for a Sequential
        too, if it knew its input), for Keras 3 where it gives an output of the model around it.
        """
        nested = {layer.name: layer.model.kind for layer in layers if layer.model and not layer.wraps_model}
        if self.major >= 3:
            in_calls, in_outputs = set(), {name for name, kind in nested.items() if kind == "Functional"}
        else:
            used = {(ref.layer, ref.call) for ref in refs_in([outputs, [(c.args, c.kwargs) for c in calls]])}
            in_calls = in_outputs = {name for name in nested if (name, 0) not in used}

        def less_one(structure: Any, names: set[str]) -> Any:
            return map_refs(structure, lambda r: replace(r, call=r.call - 1) if r.layer in names else r)

        counted = [
            CallSpec(call.layer, less_one(call.args, in_calls), less_one(call.kwargs, in_calls))
            for call in calls
        ]
        return counted, less_one(outputs, in_outputs)

    def _argument(self, value: Any, recorded: dict[TensorRef, tuple[int | None, ...]]) -> Any:
        """An argument of Keras 3, where whatever is no plain value is an object with a class name."""
        if isinstance(value, list):
            return [self._argument(item, recorded) for item in value]
        if not isinstance(value, Mapping):
            return value
        kind = value.get("class_name")
        if not isinstance(kind, str) or not kind.startswith("__"):
            if "class_name" in value and "config" in value:
                return Unreadable(str(kind))
            return {key: self._argument(item, recorded) for key, item in value.items()}
        if kind == "__tuple__":
            return [self._argument(item, recorded) for item in value["items"]]
        if kind == "__ellipsis__":
            return ...
        config = value["config"]
        if kind == "__keras_tensor__":
            layer, call, output = config["keras_history"]
            ref = TensorRef(str(layer), int(call), int(output))
            if _is_shape(config.get("shape")):
                recorded[ref] = tuple(config["shape"])
            return ref
        if kind in ("__tensor__", "__numpy__") and config["dtype"] in DTYPES:
            return np.array(config["value"], config["dtype"])
        if kind == "__slice__":
            parts = [config[end] for end in ("start", "stop", "step")]
            if all(part is None or type(part) is int for part in parts):
                return slice(*parts)
        return Unreadable(f"{kind} of type {config['dtype']}" if "dtype" in config else kind)

    def _ends(self, value: Any) -> Any:
        """The model's inputs or outputs, in the structure that its author gave them."""
        if isinstance(value, Mapping):
            return {str(key): self._ends(item) for key, item in value.items()}
        if not isinstance(value, list):
            raise TypeError(f"{value!r} is no input or output")
        if len(value) == 3 and isinstance(value[0], str) and isinstance(value[1], int):
            return TensorRef(value[0], value[1], int(value[2]))
        ends = [self._ends(item) for item in value]
        return ends[0] if len(ends) == 1 and self.major < 3 else ends


def write_architecture(spec: ModelSpec, *, for_keras: bool = True) -> dict[str, Any]:
    """The architecture of a `ModelSpec` as Keras 3 writes it.

    Args:
        for_keras: whether Keras is to read it, and not maju alone.
    """
    functional = spec.kind == "Functional"
    calls: dict[str, list[CallSpec]] = {}
    layers = {layer.name: layer for layer in spec.layers}
    for call in spec.calls:
        call = as_keras3_writes(call, layers[call.layer], spec) if for_keras else call
        calls.setdefault(call.layer, []).append(call)

    def tensor(ref: TensorRef) -> dict[str, Any]:
        # Keras needs a shape, even of an operation's output whose shape only data tell; any will do.
        shape = list(spec.shapes[ref]) if ref in spec.shapes else [] if for_keras else None
        history = {"shape": shape, "dtype": "float32", "keras_history": _history(ref)}
        return {"class_name": "__keras_tensor__", "config": history}

    entries = []
    for layer in spec.layers:
        entry = _entry(layer, for_keras)
        if layer.model is not None:
            inside = write_architecture(layer.model, for_keras=for_keras)
            entry = {**entry, "config": {**entry["config"], "layer": inside}} if layer.wraps_model else inside
        if functional:
            entry["name"] = layer.name
            entry["inbound_nodes"] = [
                {
                    "args": map_refs(list(call.args), tensor, _constant),
                    "kwargs": map_refs(dict(call.kwargs), tensor, _constant),
                }
                for call in calls.get(layer.name, [])
            ]
        entries.append(entry)
    config: dict[str, Any] = {"name": spec.name, "trainable": spec.trainable, "layers": entries}
    if functional:
        nested = [layer for layer in spec.layers if layer.model and not layer.wraps_model]
        born = {layer.name for layer in nested if layer.model and layer.model.kind == "Functional"}
        config["input_layers"] = map_refs(spec.inputs, _history)
        config["output_layers"] = map_refs(
            spec.outputs, lambda r: _history(replace(r, call=r.call + 1) if r.layer in born else r)
        )
    else:
        config["dtype"] = "float32"
    module = "keras.src.models.functional" if functional else "keras"
    return {"module": module, "class_name": spec.kind, "config": config, "registered_name": None}


def _constant(value: Any) -> Any:
    """A constant of a call as Keras writes it."""
    if isinstance(value, np.ndarray):
        held = {"value": value.tolist(), "dtype": value.dtype.name}
        return {"class_name": "__tensor__" if value.ndim else "__numpy__", "config": held}
    if isinstance(value, slice):
        return {
            "class_name": "__slice__",
            "config": {"start": value.start, "stop": value.stop, "step": value.step},
        }
    return {"class_name": "__ellipsis__", "config": {}} if value is ... else value


def _entry(layer: LayerSpec, for_keras: bool) -> dict[str, Any]:
    function = operations.find(layer.class_name) if layer.operation else None
    return {
        "module": f"keras.src.ops.{function.module}" if function else "keras.layers",
        "class_name": layer.class_name,
        "config": hard_sigmoid.written_in(layer.config) if for_keras else dict(layer.config),
        "registered_name": layer.class_name if layer.operation else None,
    }


def _history(ref: TensorRef) -> list[Any]:
    return [ref.layer, ref.call, ref.output]
