"""`.keras`, the archive of Keras 3, and the `.weights.h5` inside it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from maju.errors import MajuError, ModelFormatError
from maju.formats import hdf5
from maju.formats.atomic import replacing
from maju.formats.config import read_architecture, write_architecture
from maju.formats.guards import MAX_DEPTH, Allowance, parse_json, read_member, shorten
from maju.formats.keras3_limits import check_for_keras
from maju.formats.keras_names import named_for_keras
from maju.formats.shared_layers import folders_of
from maju.formats.specification import LayerSpec, ModelFile, ModelSpec, TrainingState
from maju.formats.training_state import OF_LOSS_SCALE, read_training, stored_variables
from maju.layers.base import snake_case
from maju.text import read_vocabulary
from maju.text.vocabulary import read_lines

__all__ = ["Keras3Weights", "read_archive", "write_archive", "write_weights"]

#: The version whose format is written, and what whose layers compute is meant.
KERAS_VERSION = "3.15.1"
#: What of an archive is read, beside the vocabularies.
WANTED = ("metadata.json", "config.json", "model.weights.h5", "model.weights.npz")
#: The layers that learn a vocabulary.
WITH_VOCABULARY = ("IntegerLookup", "StringLookup", "TextVectorization")
#: Where these keep what they learned: the vocabulary below their folder in the assets, and the
#: weights of mode tf_idf below their folder in the weights file.
VOCABULARY = "vocabulary.txt"
IDF_WEIGHTS = "vars/idf_weights"
#: Where Keras 2.12 to 2.14 kept the layers.
OLDER_LAYERS = "_layer_checkpoint_dependencies"
#: The classes of Keras that have another name in Python than in a config.
PYTHON_NAMES = {"GroupQueryAttention": "GroupedQueryAttention"}
#: The parts of layers that Keras keeps under a name with an underscore before it.
PRIVATE = {
    "GroupQueryAttention": ("query_dense", "key_dense", "gate_dense", "value_dense", "output_dense"),
    "MultiHeadAttention": ("gate_dense",),
}
#: The weights of the layer inside that a layer has as its own too, before its own: they are stored twice.
STORED_TWICE = ("layer/kernel", "layer/embeddings")
#: Where the optimizer's variables are, and those of the one inside a LossScaleOptimizer once more.
OPTIMIZER, INNER_OPTIMIZER = "optimizer/vars", "optimizer/inner_optimizer/vars"
Arrays = Mapping[str, Any]


def layer_keys(
    spec: ModelSpec, counted_twice: Callable[[str], bool] = lambda key: False, *, as_in_file: bool = False
) -> dict[str, str]:
    """Where Keras 3 keeps each layer: its class in snake case, counted in the order of the layers.

    Args:
        counted_twice: whether the layer at a place was counted twice, as Keras 2.12 and 2.13 did.
        as_in_file: whether the classes are those that the file says, and not those of today.
    """
    counts: dict[str, int] = {}
    keys = {}
    for layer in spec.layers:
        if layer.operation or (spec.kind == "Sequential" and layer.class_name == "InputLayer"):
            continue
        kind = layer.class_name if layer.model is None or layer.wraps_model else layer.model.kind
        kind = (layer.file_class if as_in_file else None) or kind
        base = snake_case(PYTHON_NAMES.get(kind, kind))
        count = counts.get(base, 0)
        key = keys[layer.name] = f"{base}_{count}" if count else base
        counts[base] = count + (2 if counted_twice(key) else 1)
    return keys


def places(names: Sequence[str], class_name: str = "") -> dict[str, str]:
    """Where below its layer each weight is: ``cell/kernel`` -> ``cell/vars/0``, counted by folder."""
    counts: dict[str, int] = {}
    found = {}
    for name in names:
        folder = name.rpartition("/")[0]
        if folder in PRIVATE.get(class_name, ()):
            folder = f"_{folder}"
        index = counts[folder] = counts.get(folder, -1) + 1
        found[name] = f"{folder}/vars/{index}" if folder else f"vars/{index}"
    return found


def again(names: Sequence[str]) -> dict[str, str]:
    """The weights that are stored a second time: the name that they have there, and their own."""
    found: dict[str, str] = {}
    for name in names:
        if name.rpartition("/")[2] == "vector_u":  # of a SpectralNormalization
            folder = name.removesuffix("vector_u")
            twice = [path for path in STORED_TWICE if f"{folder}{path}" in names]
            found |= {f"{folder}{path.removeprefix('layer/')}": f"{folder}{path}" for path in twice}
    return found


class Keras3Weights:
    """The arrays of a `.weights.h5` of Keras 3, by layer.

    Args:
        folders: for each folder of the file, as ``layers/lstm/cell/vars``, its arrays by name.
        spec: the graph whose layers they belong to; None until it is known.
        prefix: where in the file a nested model's arrays are.
        what: the file, for messages.
        outermost: the arrays of the model around it, if it is nested.
    """

    def __init__(
        self,
        folders: Mapping[str, Arrays],
        spec: ModelSpec | None,
        what: str,
        prefix: str = "",
        outermost: Keras3Weights | None = None,
    ) -> None:
        self.folders = folders
        self.spec = spec
        self.what = what
        self.prefix = prefix
        self.outermost = outermost or self
        layers, older = f"{prefix}layers", f"{prefix}{OLDER_LAYERS}"
        self.place = older if self._holds(older) and not self._holds(layers) else layers
        self.keys = {} if spec is None else self._keys(spec)

    def _holds(self, path: str) -> bool:
        """Whether there are arrays at a place or below it."""
        return any(folder == path or folder.startswith(f"{path}/") for folder in self.folders)

    def _keys(self, spec: ModelSpec) -> dict[str, str]:
        """Where each layer is, by its name.

        Keras 2.12 and 2.13 listed a layer that has weights twice, and wrote it under its first number.
        """
        ways = [layer_keys(spec, as_in_file=True), layer_keys(spec)]
        if self.place.endswith(OLDER_LAYERS):
            ways += [
                layer_keys(spec, lambda key: self._holds(f"{self.place}/{key}"), as_in_file=as_in_file)
                for as_in_file in (True, False)
            ]
        depth = self.place.count("/") + 1
        inside = {f.split("/")[depth] for f in self.folders if f.startswith(f"{self.place}/")}
        return next((keys for keys in ways if inside <= set(keys.values())), ways[0])

    def of(self, spec: ModelSpec) -> Keras3Weights:
        """The same arrays read as those of another graph, as `load_weights` does."""
        return Keras3Weights(self.folders, spec, self.what, self.prefix)

    def folder(self, layer: LayerSpec) -> str:
        """Where a layer of the graph is in the file."""
        return f"{self.place}/{self.keys[layer.name]}"

    def read(self, layer: LayerSpec, names: Sequence[str]) -> dict[str, npt.NDArray[Any]]:
        below = places([*again(names), *names], layer.class_name)
        where = {name: f"{self.folder(layer)}/{place}" for name, place in below.items()}
        if not all(self._holds(self._spelled(place).rpartition("/")[0]) for place in where.values()):
            where = self._where_they_came_first(layer, where)
        where = {name: self._spelled(place) for name, place in where.items()}
        own = dict.fromkeys(place.rpartition("/")[0] for place in where.values())
        held = {
            f"{folder}/{name}": array
            for folder in own
            for name, array in self.folders.get(folder, {}).items()
        }
        if set(held) != set(where.values()):
            quantized = any(np.dtype(array.dtype) == np.int8 for array in held.values())
            why = ": they are quantized, which its config does not say, so that Keras does not open it either"
            raise ModelFormatError(
                f"{self.what}: {layer.where} needs {len(where)} arrays, the file holds {len(held)} there"
                + (why if quantized else "")
            )
        return {name: held[where[name]] for name in names}

    def _where_they_came_first(self, layer: LayerSpec, where: Mapping[str, str]) -> dict[str, str]:
        """The places of arrays, in another folder where the file has them as those of another model alone."""
        moved = dict(where)
        for folder, same in folders_of(layer.class_name, layer.config, self.folder(layer)):
            others = {other for other in self.outermost.of_all_layers[same] if self._holds(other)}
            if not self._holds(folder) and len(others) == 1:
                other = others.pop()
                inside = [name for name, place in moved.items() if place.startswith(f"{folder}/")]
                moved |= {name: other + moved[name].removeprefix(folder) for name in inside}
        return moved

    @cached_property
    def of_all_layers(self) -> dict[str, list[str]]:
        """The folders of the layers here and in nested models, by what tells one layer from another."""
        found: dict[str, list[str]] = {}
        for layer in self.spec.layers if self.spec else ():
            if layer.model is not None:
                for same, folders in self.nested(layer).of_all_layers.items():
                    found.setdefault(same, []).extend(folders)
            elif layer.name in self.keys:
                for folder, same in folders_of(layer.class_name, layer.config, self.folder(layer)):
                    found.setdefault(same, []).append(folder)
        return found

    def _spelled(self, place: str) -> str:
        """The place of an array as the file spells it: what Keras 2 calls ``_query_dense`` lost its ``_``."""
        if place.rpartition("/")[0] in self.folders:
            return place
        start, part, rest = place.removesuffix("/").rpartition("/vars/")
        parent, _, last = start.rpartition("/")
        older = f"{parent}/_{last}{part}{rest}"
        return older if older.rpartition("/")[0] in self.folders else place

    def nested(self, layer: LayerSpec) -> Keras3Weights:
        place = f"{self.folder(layer)}/layer/" if layer.wraps_model else f"{self.folder(layer)}/"
        return Keras3Weights(self.folders, layer.model, self.what, place, self.outermost)


def read_weights(source: Path | bytes, what: str, size: int) -> Keras3Weights:
    """Every array of the layers in a weights file of Keras 3; `size` is what the file takes on disk."""
    folders: dict[str, dict[str, Any]] = {}
    with hdf5.open_file(source, what) as file:
        allowance, seen = Allowance(size), set[Any]()
        places = [name for name in file if hdf5.steps(name)[0] in ("layers", OLDER_LAYERS)]
        if not places:
            raise ModelFormatError(f"{what}: no layers")
        for name in places:
            _collect(hdf5.child(file, name), "/".join(hdf5.steps(name)), folders, allowance, seen, what)
    return Keras3Weights(folders, None, what)


def read_optimizer(source: Path | bytes, what: str, size: int) -> list[npt.NDArray[Any]] | None:
    """The optimizer's variables in a weights file of Keras 3, in its order; None where it holds none."""
    with hdf5.open_file(source, what) as file:
        group = hdf5.child(file, OPTIMIZER)
        if group is None:
            return None
        return stored_variables(group, [str(index) for index in range(len(group))], Allowance(size), what)


def _collect(
    group: Any, path: str, folders: dict[str, dict[str, Any]], allowance: Allowance, seen: set[Any], what: str
) -> None:
    import h5py

    if not isinstance(group, h5py.Group):
        raise ModelFormatError(f"{what}: {path}: expected a group, found a {type(group).__name__.lower()}")
    if group in seen or path.count("/") > 4 * MAX_DEPTH:
        raise ModelFormatError(f"{what}: groups within themselves at {shorten(path)}, which no Keras writes")
    seen.add(group)
    for name in group:
        item = hdf5.child(group, name)
        if isinstance(item, h5py.Group):
            _collect(item, "/".join([path, *hdf5.steps(name)]), folders, allowance, seen, what)
        else:
            array = hdf5.read_array(item, f"{what}: {path}/{name}", allowance)
            folders.setdefault(path, {})[name] = array


def read_archive(path: Path, keras_version: str | None = None) -> ModelFile:
    """A `.keras` archive; `keras_version` is what wrote it, where it does not say so or is wrong about it."""
    what = path.name
    members = _members(path, what)
    for name in ("metadata.json", "config.json"):
        if name not in members:
            raise ModelFormatError(f"{what}: no Keras model: it holds no {name}")
    metadata = parse_json(members["metadata.json"], f"{what}: metadata.json")
    document = parse_json(members["config.json"], f"{what}: config.json")
    if not isinstance(metadata, Mapping):
        raise ModelFormatError(f"{what}: metadata.json holds no object")
    spec = read_architecture(document, keras_version or metadata.get("keras_version"), what)
    if "model.weights.h5" not in members:
        other = "model.weights.npz" in members
        npz = "its weights as model.weights.npz, a pickle of Python's, which could run code; save it again"
        reason = npz if other else "no model.weights.h5"
        raise ModelFormatError(f"{what}: the archive holds {reason}")
    weights = read_weights(members["model.weights.h5"], what, path.stat().st_size).of(spec)
    mark = metadata.get("maju")
    kind = mark.get("class") if isinstance(mark, Mapping) else None
    return ModelFile(
        what,
        _with_vocabularies(spec, weights, members),
        weights,
        kind if isinstance(kind, str) else None,
        training=read_training(
            lambda: document.get("compile_config"),
            lambda: read_optimizer(members["model.weights.h5"], what, path.stat().st_size),
            int(spec.keras_version.split(".")[0]),
        ),
    )


def _members(path: Path, what: str) -> dict[str, bytes]:
    """The files of an archive that a model is made of; nothing is unpacked to disk."""
    allowance = Allowance(path.stat().st_size)
    members: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                name = info.filename
                if name.startswith("/") or ".." in name.split("/"):
                    raise ModelFormatError(f"{what}: {shorten(name)!r} leads out of the archive")
                if name not in WANTED and not name.endswith(VOCABULARY):
                    continue
                if name in members:
                    raise ModelFormatError(f"{what}: the archive holds {shorten(name)!r} twice")
                allowance.take(info.file_size, f"{what}: {shorten(name)}")
                members[name] = read_member(archive, info, what)
    except MajuError:
        raise
    except Exception as error:
        # A flipped bit shows as BadZipFile, zlib.error, struct.error, NotImplementedError and more.
        raise ModelFormatError(f"{what}: damaged or truncated archive ({shorten(str(error))})") from error
    return members


def _with_vocabularies(spec: ModelSpec, weights: Keras3Weights, members: Mapping[str, bytes]) -> ModelSpec:
    """The graph with what its layers learned and Keras keeps outside the config, vocabularies, in it."""
    layers = []
    for layer in spec.layers:
        if layer.model is not None:
            layer = replace(layer, model=_with_vocabularies(layer.model, weights.nested(layer), members))
        elif layer.class_name in WITH_VOCABULARY and layer.config.get("vocabulary") is None:
            asset = f"assets/{weights.folder(layer)}/{VOCABULARY}"
            learned: dict[str, Any] = {}
            if asset in members:
                try:
                    learned["vocabulary"] = _vocabulary(members[asset], layer)
                except ModelFormatError as error:
                    raise ModelFormatError(f"{weights.what}: {layer.where}: {error}") from error
            folder, _, name = f"{weights.folder(layer)}/{IDF_WEIGHTS}".rpartition("/")
            idf_weights = weights.folders.get(folder, {}).get(name)
            if idf_weights is not None:
                learned["idf_weights"] = idf_weights.tolist()
            layer = replace(layer, config={**layer.config, **learned})
        layers.append(layer)
    return replace(spec, layers=tuple(layers))


def _vocabulary(content: bytes, layer: LayerSpec) -> list[Any]:
    """What a vocabulary file of this layer holds."""
    size = layer.config.get("vocabulary_size")
    if layer.class_name == "TextVectorization":
        return list(read_vocabulary(content, size))
    lines: list[Any] = read_lines(content, size)
    try:
        return [int(line) for line in lines] if layer.class_name == "IntegerLookup" else lines
    except ValueError as error:
        raise ModelFormatError(f"the vocabulary file holds what is no whole number ({error})") from error


def write_archive(
    path: Path,
    spec: ModelSpec,
    arrays: Mapping[str, Arrays],
    kind: str | None = None,
    training: TrainingState | None = None,
) -> None:
    """Write a `.keras` archive that Keras 3 opens.

    Args:
        arrays: by layer name, each weight by its name in Keras's order; a nested model's in the same form.
        kind: the class of maju that saves, to be found again on loading.
        training: how the model was compiled and how far its optimizer is, as Keras 3 spells it.
    """
    check_for_keras(spec)
    spec, arrays = named_for_keras(spec, arrays)
    document = write_architecture(spec)
    if training is not None and training.compile_config is not None:
        document["compile_config"] = dict(training.compile_config)
    metadata: dict[str, Any] = {"keras_version": KERAS_VERSION}
    metadata["date_saved"] = datetime.now().astimezone().strftime("%Y-%m-%d@%H:%M:%S")
    if kind is not None:
        metadata["maju"] = {"class": kind}
    with replacing(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        archive.writestr("metadata.json", json.dumps(metadata))
        archive.writestr("config.json", json.dumps(document))
        archive.writestr("model.weights.h5", _weights_bytes(spec, arrays, training))


def write_weights(
    path: Path, spec: ModelSpec, arrays: Mapping[str, Arrays], training: TrainingState | None = None
) -> None:
    """Write a `.weights.h5` that Keras 3's `load_weights` reads; see `write_archive` for the arguments."""
    with replacing(path) as temporary:
        temporary.write_bytes(_weights_bytes(spec, arrays, training))


def _weights_bytes(spec: ModelSpec, arrays: Mapping[str, Arrays], training: TrainingState | None) -> bytes:
    import h5py

    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for place, array in _placed(spec, arrays):
            file.create_dataset(place, data=array)
        _name(file, spec.name)
        for name, key in layer_keys(spec).items():
            _name(file.require_group(f"layers/{key}"), name)
        if training is not None and training.optimizer_variables is not None:
            _write_optimizer(file, training.optimizer_variables, training.compile_config or {})
    return buffer.getvalue()


def _write_optimizer(
    file: Any, variables: Sequence[npt.NDArray[Any]], compile_config: Mapping[str, Any]
) -> None:
    group = file.require_group(OPTIMIZER)
    for index, array in enumerate(variables):
        group.create_dataset(str(index), data=array)
    optimizer = compile_config.get("optimizer")
    if isinstance(optimizer, Mapping) and optimizer.get("class_name") == "LossScaleOptimizer":
        group = file.require_group(INNER_OPTIMIZER)
        for index, array in enumerate(variables[OF_LOSS_SCALE:]):
            group.create_dataset(str(index), data=array)


def _name(group: Any, name: str) -> None:
    group.require_group("vars").attrs["name"] = name


def _placed(
    spec: ModelSpec, arrays: Mapping[str, Any], prefix: str = ""
) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    """Each array of a model with its path in the file."""
    keys = layer_keys(spec)
    for layer in spec.layers:
        held = arrays.get(layer.name, {})
        place = f"{prefix}layers/{keys.get(layer.name)}"
        idf_weights = layer.config.get("idf_weights")
        if layer.model is not None:
            yield from _placed(layer.model, held, f"{place}/layer/" if layer.wraps_model else f"{place}/")
        elif idf_weights is not None:
            # As Keras does: as long as the output is wide, and of a TextVectorization twice.
            width = layer.config["max_tokens"] if layer.config.get("pad_to_max_tokens") else len(idf_weights)
            padded = np.zeros(max(width, len(idf_weights)), np.float32)
            padded[: len(idf_weights)] = idf_weights
            yield f"{place}/{IDF_WEIGHTS}", padded
            if layer.class_name == "TextVectorization":
                yield f"{place}/_lookup_layer/{IDF_WEIGHTS}", padded
        else:
            twice = {name: held[own] for name, own in again(list(held)).items()}
            held = {**twice, **held}
            for name, below in places(list(held), layer.class_name).items():
                yield f"{place}/{below}", np.asarray(held[name])
