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
from maju.formats import tensorflow_calls, tensorflow_nodes
from maju.formats.call_count import check_calls
from maju.formats.guards import BROKEN, MAX_DEPTH, shorten
from maju.formats.integer_flow import MAKERS, WHOLE, without_idle_integers
from maju.formats.keras1_merge import merged_first
from maju.formats.mask_flow import without_idle_settings
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
from maju.formats.versions import Version, image_order, modern, name_of_activation
from maju.formats.written_activations import HARD_SIGMOID, is_hard_sigmoid, written_in
from maju.layers import operations, registry
from maju.layers.image_augmentation import ImageAugmentation
from maju.layers.operations.types import DTYPES

__all__ = [
    "assumed_version",
    "check_version",
    "doubtful_graph",
    "holds_graph",
    "read_architecture",
    "write_architecture",
]

MODEL_CLASSES = ("Sequential", "Functional", "Model")
#: What a layer of Keras 1 and 2 says of the model's input, where it stands first.
OF_THE_INPUT = ("batch_input_shape", "input_dtype")
#: What stands for the name of a layer where a call of Keras 2 is given a constant.
CONSTANT = "_CONSTANT_VALUE"
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
    if not _is_model(document):
        raise UnsupportedModelError([_of_an_unknown_class(document)])
    check_version(keras_version, what)
    try:
        spec = _Reader(_version(document, keras_version, what), what).model(document, depth=0)
        check_calls(spec, what)
        return without_idle_integers(without_idle_settings(spec))
    except BROKEN as error:
        reason = shorten(f"{type(error).__name__}: {error}")
        raise ModelFormatError(f"{what}: a broken architecture ({reason})") from error


def _of_an_unknown_class(document: Mapping[str, Any]) -> Problem:
    """Why a whole model is refused."""
    where = shorten(f"the model ({document['class_name']})")
    if holds_graph(document["config"]):
        return doubtful_graph(where, document["class_name"])
    return Problem(
        where,
        "a class of its author's own, whose computation the file does not hold",
        "rebuild it in Keras as a Sequential or functional model and save that",
    )


def holds_graph(config: Any) -> bool:
    """Whether a config is one that Keras gives a model of layers, whatever its class."""
    return isinstance(config, Mapping) and isinstance(config.get("layers"), list)


def doubtful_graph(where: str, class_name: Any) -> Problem:
    """Why a model of layers is refused that is of a class of its author's own."""
    return Problem(
        where,
        "a class of its author's own, which may compute something else than the graph that the file holds",
        f"if it changes training alone, say so: maju.register({shorten(repr(class_name))})(maju.Model)",
    )


def check_version(keras_version: Any, what: str) -> None:
    """Raise ModelFormatError for what cannot be a version of Keras."""
    if not isinstance(keras_version, str) or not re.fullmatch(r"[0-9]{1,4}(\..{,99})?", keras_version):
        raise ModelFormatError(f"{what}: no version of Keras: {shorten(repr(keras_version))}")


#: Hyper-parameters that Keras 1 alone writes, and those that Keras 2 writes and Keras 3 does not.
OF_KERAS_1 = {"border_mode", "consume_less", "dim_ordering", "inner_activation", "nb_filter", "W_regularizer"}
OF_KERAS_2 = {"batch_input_shape"}


def assumed_version(document: Any) -> str:
    """The version of Keras of an architecture that does not say it, by the spelling of its layers."""
    keys = {str(key) for _, config in _layers_in(document) for key in config}
    if keys & OF_KERAS_1:
        return "1.2.2"
    return "2.15.0" if keys & OF_KERAS_2 else "3"


def _version(document: Any, keras_version: str, what: str) -> Version:
    """The version, and what the layers of a model tell one another where it leaves something open."""
    layers = list(_layers_in(document))
    masked = any(c.get("mask_zero") or class_name == "Masking" for class_name, c in layers)
    order = "channels_last"
    if keras_version.split(".")[0] == "1":
        order = image_order([config for _, config in layers], what)
    types = [str(c.get("dtype") or c.get("input_dtype")) for _, c in layers]
    integers = any(name.startswith(WHOLE) for name in types) or any(kind in MAKERS for kind, _ in layers)
    return Version(keras_version, order, masked, integers)


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


def _is_model(document: Mapping[str, Any]) -> bool:
    """Whether a serialized object is a model that computes what its graph says."""
    if not _is_custom(document) and document["class_name"] in MODEL_CLASSES:
        return True
    name = str(document.get("registered_name") or document["class_name"])
    return registry.is_model(name) and holds_graph(document["config"])


def _is_sequential(document: Mapping[str, Any]) -> bool:
    """Whether a model is a mere list of layers; of a class of its author's own the config tells."""
    if document["class_name"] in MODEL_CLASSES:
        return bool(document["class_name"] == "Sequential")
    return "input_layers" not in document["config"]


def _is_users(class_name: str) -> bool:
    """Whether a class that Keras does not have is known because the user has registered it."""
    if registry.is_own(class_name):
        return False
    return registry.find(class_name) is not None or registry.find_cell(class_name) is not None


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
        sequential = _is_sequential(document)
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
        outputs = self._ends(config["output_layers"])
        layers, calls = modern_operations(layers, calls)
        layers, calls = tensorflow_calls.as_operations(layers, calls, outputs)
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
        if _is_model(entry):
            nested = self.model(entry, depth + 1)
            if "name" in entry:
                nested = nested.with_name(self.name(entry["name"]))
            own = None if class_name in MODEL_CLASSES else class_name.rpartition(">")[2]
            return LayerSpec(class_name, nested.name, {"name": nested.name}, model=nested, file_class=own)
        module = str(entry.get("module") or "")
        if not module and self.major >= 3 and self._is_operation(class_name, config):
            module = "keras.src.ops"  # which a legacy .h5 leaves out
        if module.startswith(("keras.src.ops", "keras.ops")):
            name = self.name(config.get("name", entry.get("name")), class_name)
            settings = {key: self._hyper_parameter(key, value) for key, value in config.items()}
            custom = _is_custom(entry) or ">" in class_name
            return LayerSpec(class_name, name, {**settings, "name": name}, custom=custom, operation=True)
        later = registry.is_own(class_name) and not self.version.has(class_name)
        custom = _is_custom(entry) or ">" in class_name or _is_users(class_name) or later
        if not custom:
            class_name, config = modern(class_name, config, self.version)
        elif isinstance(config, Mapping):
            config = {key: value for key, value in config.items() if key not in OF_THE_INPUT}
        inside = config.get("layer") if class_name == "TimeDistributed" else None
        held = None
        if isinstance(inside, Mapping) and _is_model(inside):
            held = self.model(inside, depth + 1)
            config = {key: value for key, value in config.items() if key != "layer"}
        config = self.config(config, depth)
        # The name in the config of a TensorFlowOpLayer lacks the beginning by which others know the layer.
        told = entry if class_name == tensorflow_nodes.CLASS and "name" in entry else config
        name = self.name(told.get("name", entry.get("name")), class_name)
        told_class = str(entry["class_name"])
        spec = LayerSpec(
            class_name, name, {**config, "name": name}, model=held, custom=custom, file_class=told_class
        )
        if not custom:
            return spec
        registered = entry.get("registered_name") or class_name
        return replace(spec, module=entry.get("module"), registered_name=str(registered))

    @staticmethod
    def _is_operation(class_name: str, config: Mapping[str, Any]) -> bool:
        """Whether what says no module is one of `keras.ops`, and not a layer of that name.

        Where there are both, as for Add, the layer says whether it is trained.
        """
        layer_alone = registry.find(class_name) is not None and operations.find(class_name) is None
        return not layer_alone and "trainable" not in config

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
                value = self._activation(value, depth)
            elif key == "vocabulary" and isinstance(value, Mapping):
                raise TypeError(f"the vocabulary is no list but {value!r}")
            elif key in ("layer", "backward_layer", "cell") and isinstance(value, Mapping):
                value = self._wrapped(value, depth)
            elif key in ("cells", "layers") and isinstance(value, list):
                value = [self._wrapped(part, depth) for part in value]
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
        if _is_custom(entry) or ">" in class_name or _is_users(class_name):
            name = str(entry.get("registered_name") or class_name)
            class_name = name if ">" in name else f"{registry.CUSTOM}{name}"
            entry = {"module": None, **entry, "registered_name": name}
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

    def _activation(self, value: Any, depth: int) -> Any:
        """A function by its name, a layer in its place as it is written in Keras 3.

        `hard_sigmoid` is what it meant to the version that wrote the file.
        """
        if isinstance(value, Mapping) and value.get("class_name") == "function" and not _is_custom(value):
            value = value.get("config")
        if is_hard_sigmoid(value) or (value == "hard_sigmoid" and self.major < 3):
            return HARD_SIGMOID
        if isinstance(value, str):
            return name_of_activation(value, self.version)
        stands_for_layer = isinstance(value, Mapping) and isinstance(value.get("config"), Mapping)
        return self._wrapped(value, depth) if stands_for_layer else value

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
        if isinstance(node, Mapping) and "args" in node:  # Keras 3
            args = tuple(self._argument(value, recorded) for value in node["args"])
            kwargs = {key: self._argument(value, recorded) for key, value in node["kwargs"].items()}
            kind = layer.cls
            if kind is not None and issubclass(kind, ImageAugmentation) and kwargs.get("training") is True:
                del kwargs["training"]  # so Keras 3 notes them by itself; `predict` puts False in its place
            named = [] if args or layer.operation else [key for key in FIRST_ARGUMENTS if key in kwargs]
            if named:
                args = (kwargs.pop(named[0]),)
            return CallSpec(layer.name, args, kwargs)
        first, keywords = self._first_argument(node)
        if layer.class_name not in tensorflow_calls.CLASSES:  # those tell one tensor from a list of one
            first = first[0] if isinstance(first, list) and len(first) == 1 else first
        kwargs = {key: self._keyword(value, known) for key, value in keywords.items()}
        return CallSpec(layer.name, (first,), kwargs)

    def _first_argument(self, node: Any) -> tuple[Any, Mapping[str, Any]]:
        """What a call of Keras 2 is given first, and its keyword arguments, which stand beside each tensor.

        A tensor is ``[layer, call, output, keyword arguments]``, a constant ``["_CONSTANT_VALUE", -1, value,
        keyword arguments]``.
        """
        if isinstance(node, Mapping):
            named = {str(key): self._first_argument(value) for key, value in node.items()}
            first = {key: part for key, (part, _) in named.items()}
            return first, next((keywords for _, keywords in named.values()), {})
        if not isinstance(node[0] if node else None, str):
            listed = [self._first_argument(value) for value in node]
            return [part for part, _ in listed], next((keywords for _, keywords in listed), {})
        name, call, output, *rest = node
        keywords = rest[0] if rest else {}
        return (output if name == CONSTANT else TensorRef(name, int(call), int(output))), keywords

    def _keyword(self, value: Any, known: set[str]) -> Any:
        """A keyword argument of Keras 2, where a tensor is ``[layer, call, output]``."""
        if isinstance(value, Mapping):
            return {key: self._keyword(item, known) for key, item in value.items()}
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
        listed = isinstance(value, list) and len(value) == 1
        return self._end(value[0] if listed and self.major < 3 else value)

    def _end(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {str(key): self._end(item) for key, item in value.items()}
        if not isinstance(value, list):
            raise TypeError(f"{value!r} is no input or output")
        if len(value) == 3 and isinstance(value[0], str) and isinstance(value[1], int):
            return TensorRef(value[0], value[1], int(value[2]))
        return [self._end(item) for item in value]


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
    module, registered_name = _origin(layer)
    return {
        "module": module,
        "class_name": layer.class_name.rpartition(">")[2] if layer.custom else layer.class_name,
        "config": written_in(layer.config) if for_keras else dict(layer.config),
        "registered_name": registered_name,
    }


def _origin(layer: LayerSpec) -> tuple[str | None, str | None]:
    """The module in which Keras finds a layer's class, and its registered name, where it needs one."""
    if layer.custom:
        return layer.module, layer.registered_name
    function = operations.find(layer.class_name) if layer.operation else None
    if function is not None:
        return f"keras.src.ops.{function.module}", layer.class_name
    module = layer.cls.keras_module if layer.cls else "keras.layers"
    return module, None if module == "keras.layers" else layer.class_name


def _history(ref: TensorRef) -> list[Any]:
    return [ref.layer, ref.call, ref.output]
