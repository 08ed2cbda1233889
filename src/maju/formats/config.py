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

from maju.errors import ModelFormatError, Problem, UnsupportedModelError
from maju.formats.guards import MAX_DEPTH, shorten
from maju.formats.specification import CallSpec, LayerSpec, ModelSpec, TensorRef, map_refs, refs_in

__all__ = ["read_architecture", "write_architecture"]

#: What reading raises where a document has another form than Keras gives it.
BROKEN = (KeyError, TypeError, IndexError, AttributeError, ValueError, OverflowError)
MODEL_CLASSES = ("Sequential", "Functional", "Model")
#: Hyper-parameters of older versions that change no output at these values, and that Keras 3 refuses.
OUTDATED: dict[str, Any] = {"time_major": False, "ragged": False, "renorm": False, "virtual_batch_size": None}
#: Hyper-parameters of older versions that never change an output.
NEVER_MATTERED = ("implementation", "batch_input_shape", "input_length", "fused", "renorm_clipping")


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
    if not isinstance(keras_version, str) or not re.fullmatch(r"[0-9]{1,4}(\..{,99})?", keras_version):
        raise ModelFormatError(f"{what}: no version of Keras: {shorten(repr(keras_version))}")
    try:
        return _Reader(keras_version, what).model(document, depth=0)
    except BROKEN as error:
        reason = shorten(f"{type(error).__name__}: {error}")
        raise ModelFormatError(f"{what}: a broken architecture ({reason})") from error


def _is_custom(document: Mapping[str, Any]) -> bool:
    """Whether a serialized object is of a class that is not Keras's own, whatever its name."""
    module = document.get("module")
    registered = document.get("registered_name")
    ours = module is None or module == "builtins" or str(module).split(".")[0] in ("keras", "tf_keras")
    return not ours or (registered is not None and ">" in str(registered))


class _Reader:
    """Reads one document; holds what all its parts need."""

    def __init__(self, keras_version: str, what: str) -> None:
        self.keras_version = keras_version
        self.major = int(keras_version.split(".")[0])
        self.what = what

    def model(self, document: Mapping[str, Any], depth: int) -> ModelSpec:
        if depth > MAX_DEPTH:
            raise ModelFormatError(f"{self.what}: models nested more than {MAX_DEPTH} deep")
        config = document["config"]
        entries = config["layers"] if isinstance(config, Mapping) else config
        name = self.name(config.get("name", "sequential") if isinstance(config, Mapping) else "sequential")
        sequential = document["class_name"] == "Sequential"
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
        calls = [
            self._call(layer.name, node, known)
            for layer, entry in zip(layers, entries, strict=True)
            for node in entry.get("inbound_nodes", [])
        ]
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
        config = self.config(config, depth)
        if class_name != "InputLayer" and self.major < 3:
            config.pop("batch_shape", None)  # Keras 2.13 to 2.15 wrote it on a Sequential's first layer
        if class_name == "LeakyReLU" and "alpha" in config:
            config["negative_slope"] = config.pop("alpha")
        name = self.name(config.get("name", entry.get("name")), class_name)
        module = str(entry.get("module") or "")
        if not module and self.major >= 3 and class_name != "InputLayer" and "trainable" not in config:
            module = "keras.src.ops"  # a legacy .h5 leaves modules out; every layer but this has `trainable`
        return LayerSpec(
            class_name,
            name,
            {**config, "name": name},
            custom=_is_custom(entry) or ">" in class_name,
            operation=module.startswith(("keras.src.ops", "keras.ops")),
        )

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
            if self.major < 3 and (key in NEVER_MATTERED or (key in OUTDATED and value == OUTDATED[key])):
                continue
            if key == "dtype":
                value = self._dtype(value)
            elif key in ("activation", "recurrent_activation"):
                value = self._activation(value)
            elif key == "vocabulary" and isinstance(value, Mapping):
                raise TypeError(f"the vocabulary is no list but {value!r}")
            elif key in ("layer", "backward_layer") and isinstance(value, Mapping):
                wrapped = str(value["class_name"])
                if _is_custom(value) and ">" not in wrapped:
                    wrapped = f"custom>{wrapped}"
                value = {**value, "class_name": wrapped, "config": self.config(value["config"], depth + 1)}
                value.pop("build_config", None)
            elif key == "axis" and isinstance(value, (list, tuple)) and len(value) == 1:
                value = value[0]
            elif isinstance(value, Mapping) and value.get("class_name") == "__tuple__":
                value = value["items"]
            elif isinstance(value, Mapping) and value.get("class_name") == "__numpy__":
                value = value["config"]["value"]
            found[key] = value
        if "batch_input_shape" in config and "batch_shape" not in config and "sparse" in config:
            found["batch_shape"] = config["batch_input_shape"]  # an InputLayer of Keras 2
        return found

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
            return "hard_sigmoid_keras2"
        return value

    def _with_input(self, layers: list[LayerSpec], entries: Sequence[Any], model: Any) -> list[LayerSpec]:
        """A Sequential with its input layer, which Keras 1 and 2 left out of the file."""
        if not layers or layers[0].class_name == "InputLayer":
            return layers
        config = entries[0]["config"]
        inner = layers[0].model.layers[0].config if layers[0].model is not None else {}
        shape = config.get("batch_input_shape") if isinstance(config, Mapping) else None
        if shape is None and isinstance(model, Mapping):
            shape = model.get("build_input_shape")
        shape = inner.get("batch_shape") if shape is None else shape
        if shape is None:
            reason = "the shape of its input is not in the file"
            way_out = "call the model once in Keras, or give it an Input, and save it again"
            raise UnsupportedModelError([Problem(f"{self.what} (Sequential)", reason, way_out)])
        text = layers[0].class_name == "TextVectorization"
        dtype = "string" if text else inner.get("dtype") or "float32"
        name = f"{layers[0].name}_input"
        return [LayerSpec("InputLayer", name, {"batch_shape": shape, "dtype": dtype, "name": name}), *layers]

    # The graph

    def _call(self, layer: str, node: Any, known: set[str]) -> CallSpec:
        if isinstance(node, Mapping):  # Keras 3
            args = tuple(self._tensors(value) for value in node["args"])
            return CallSpec(layer, args, {k: self._tensors(v) for k, v in node["kwargs"].items()})
        # Keras 2: [[layer, call, output, keyword arguments], ...]
        if node and isinstance(node[0], str):
            node = [node]
        refs = [TensorRef(str(name), int(call), int(output)) for name, call, output, *_ in node]
        keywords = dict(node[0][3]) if node and len(node[0]) > 3 else {}
        kwargs = {key: self._keyword(value, known) for key, value in keywords.items()}
        return CallSpec(layer, (refs[0] if len(refs) == 1 else refs,), kwargs)

    def _keyword(self, value: Any, known: set[str]) -> Any:
        """A keyword argument of Keras 2, where a tensor is ``[layer, call, output]``."""
        if isinstance(value, list) and len(value) >= 3 and value[0] in known and isinstance(value[1], int):
            return TensorRef(value[0], value[1], int(value[2]))
        return value

    def _counted_from_zero(
        self, layers: Sequence[LayerSpec], calls: Sequence[CallSpec], outputs: Any
    ) -> tuple[list[CallSpec], Any]:
        """The graph with the calls of nested models counted from 0, as those of other layers are.

        A functional model counts as called once when it is made: for Keras 2 everywhere (for a Sequential
        too, if it knew its input), for Keras 3 where it gives an output of the model around it.
        """
        nested = {layer.name: layer.model.kind for layer in layers if layer.model is not None}
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

    def _tensors(self, value: Any) -> Any:
        """An argument of Keras 3, where a tensor is a ``__keras_tensor__``."""
        if isinstance(value, Mapping):
            if value.get("class_name") == "__keras_tensor__":
                layer, call, output = value["config"]["keras_history"]
                return TensorRef(str(layer), int(call), int(output))
            if value.get("class_name") == "__tuple__":
                return [self._tensors(item) for item in value["items"]]
            return {key: self._tensors(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._tensors(item) for item in value]
        return value

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

    Raises:
        UnsupportedModelError: it is meant for Keras, and holds what Keras 3 does not take; names all of it.
    """
    problems = _unknown_to_keras(spec) if for_keras else []
    if problems:
        raise UnsupportedModelError(problems)
    functional = spec.kind == "Functional"
    calls: dict[str, list[CallSpec]] = {}
    for call in spec.calls:
        calls.setdefault(call.layer, []).append(call)

    def tensor(ref: TensorRef) -> dict[str, Any]:
        shape = list(spec.shapes.get(ref, ()))
        history = {"shape": shape, "dtype": "float32", "keras_history": _history(ref)}
        return {"class_name": "__keras_tensor__", "config": history}

    entries = []
    for layer in spec.layers:
        if layer.model is not None:
            entry = write_architecture(layer.model, for_keras=for_keras)
        else:
            entry = _entry(layer)
        if functional:
            entry["name"] = layer.name
            entry["inbound_nodes"] = [
                {"args": map_refs(list(call.args), tensor), "kwargs": map_refs(dict(call.kwargs), tensor)}
                for call in calls.get(layer.name, [])
            ]
        entries.append(entry)
    config: dict[str, Any] = {"name": spec.name, "trainable": spec.trainable, "layers": entries}
    if functional:
        born = {layer.name for layer in spec.layers if layer.model and layer.model.kind == "Functional"}
        config["input_layers"] = map_refs(spec.inputs, _history)
        config["output_layers"] = map_refs(
            spec.outputs, lambda r: _history(replace(r, call=r.call + 1) if r.layer in born else r)
        )
    else:
        config["dtype"] = "float32"
    module = "keras.src.models.functional" if functional else "keras"
    return {"module": module, "class_name": spec.kind, "config": config, "registered_name": None}


def _unknown_to_keras(spec: ModelSpec) -> list[Problem]:
    """Everything in a graph that Keras 3 would refuse to load, nested models included."""
    way_out = "save the model as .safetensors, which maju opens"
    found = []
    for layer in spec.layers:
        if "/" in layer.name:
            found.append(Problem(layer.where, "Keras 3 takes no name with a '/'", way_out))
        if "hard_sigmoid_keras2" in _activations(layer.config):
            reason = "its hard_sigmoid is that of Keras 1 and 2, which Keras 3 has no name for"
            found.append(Problem(layer.where, reason, way_out))
        if layer.model is not None:
            found += _unknown_to_keras(layer.model)
    return found


def _activations(config: Mapping[str, Any]) -> Iterator[Any]:
    """The activations of a layer, and of the layers that it wraps."""
    yield from (config.get(key) for key in ("activation", "recurrent_activation"))
    for key in ("layer", "backward_layer"):
        if isinstance(config.get(key), Mapping):
            yield from _activations(config[key]["config"])


def _entry(layer: LayerSpec) -> dict[str, Any]:
    return {
        "module": "keras.src.ops.numpy" if layer.operation else "keras.layers",
        "class_name": layer.class_name,
        "config": dict(layer.config),
        "registered_name": layer.class_name if layer.operation else None,
    }


def _history(ref: TensorRef) -> list[Any]:
    return [ref.layer, ref.call, ref.output]
