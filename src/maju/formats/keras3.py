"""`.keras`, the archive of Keras 3, and the `.weights.h5` inside it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from maju.errors import ModelFormatError, Problem, UnsupportedModelError
from maju.formats import hdf5
from maju.formats.atomic import replacing
from maju.formats.config import read_architecture, write_architecture
from maju.formats.guards import MAX_CONFIG_BYTES, MAX_RATIO, parse_json
from maju.formats.specification import LayerSpec, ModelFile, ModelSpec
from maju.layers.base import snake_case

__all__ = ["Keras3Weights", "read_archive", "write_archive", "write_weights"]

#: The version whose format is written.
KERAS_VERSION = "3.8.0"
VOCABULARY = "assets/layers/{}/vocabulary.txt"
Arrays = Mapping[str, Any]


def layer_keys(spec: ModelSpec) -> dict[str, str]:
    """Where Keras 3 keeps each layer: its class in snake case, counted in the order of the layers."""
    counts: dict[str, int] = {}
    keys = {}
    for layer in spec.layers:
        if layer.operation or (spec.kind == "Sequential" and layer.class_name == "InputLayer"):
            continue
        base = snake_case(layer.model.kind if layer.model is not None else layer.class_name)
        count = counts[base] = counts.get(base, -1) + 1
        keys[layer.name] = f"{base}_{count}" if count else base
    return keys


def places(names: Sequence[str]) -> dict[str, str]:
    """Where below its layer each weight is: ``cell/kernel`` -> ``cell/vars/0``, counted by folder."""
    counts: dict[str, int] = {}
    found = {}
    for name in names:
        folder = name.rpartition("/")[0]
        index = counts[folder] = counts.get(folder, -1) + 1
        found[name] = f"{folder}/vars/{index}" if folder else f"vars/{index}"
    return found


class Keras3Weights:
    """The arrays of a `.weights.h5` of Keras 3, by layer.

    Args:
        arrays: every array of the file by its path, as ``layers/lstm/cell/vars/0``.
        spec: the graph whose layers they belong to; None until it is known.
        prefix: where in the file a nested model's arrays are.
        what: the file, for messages.
    """

    def __init__(self, arrays: Arrays, spec: ModelSpec | None, what: str, prefix: str = "") -> None:
        self.arrays = arrays
        self.spec = spec
        self.what = what
        self.prefix = prefix

    def of(self, spec: ModelSpec) -> Keras3Weights:
        """The same arrays read as those of another graph, as `load_weights` does."""
        return Keras3Weights(self.arrays, spec, self.what, self.prefix)

    def _folder(self, layer: LayerSpec) -> str:
        assert self.spec is not None
        return f"{self.prefix}layers/{layer_keys(self.spec)[layer.name]}"

    def read(self, layer: LayerSpec, names: Sequence[str]) -> dict[str, npt.NDArray[Any]]:
        if not names:
            return {}
        folder = self._folder(layer)
        where = {f"{folder}/{place}": name for name, place in places(names).items()}
        own = {place.rpartition("/")[0] for place in where}
        held = sorted(path for path in self.arrays if path.rpartition("/")[0] in own)
        if set(held) != set(where):
            raise ModelFormatError(
                f"{self.what}: {layer.where} needs {len(where)} arrays, the file holds {len(held)} there"
            )
        return {name: self.arrays[path] for path, name in where.items()}

    def nested(self, layer: LayerSpec) -> Keras3Weights:
        return Keras3Weights(self.arrays, layer.model, self.what, f"{self._folder(layer)}/")


def read_weights(source: Path | bytes, what: str) -> Keras3Weights:
    """Every array under ``layers`` of a weights file of Keras 3."""
    arrays: dict[str, Any] = {}
    with hdf5.open_file(source, what) as file:
        if "layers" not in file:
            old = "_layer_checkpoint_dependencies" in file
            reason = "the layout of Keras 2.12 to 2.14, which is not implemented" if old else "no layers"
            raise ModelFormatError(f"{what}: {reason}")
        _collect(hdf5.child(file, "layers"), "layers", arrays, what)
    return Keras3Weights(arrays, None, what)


def _collect(group: Any, path: str, arrays: dict[str, Any], what: str, depth: int = 0) -> None:
    import h5py

    if depth > 100:
        raise ModelFormatError(f"{what}: groups nested more than 100 deep at {path[:80]}")
    for name in group:
        item = hdf5.child(group, name)
        if isinstance(item, h5py.Group):
            _collect(item, f"{path}/{name}", arrays, what, depth + 1)
        else:
            arrays[f"{path}/{name}"] = hdf5.read_array(item, f"{what}: {path}/{name}")


def read_archive(path: Path) -> ModelFile:
    """A `.keras` archive."""
    what = path.name
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            metadata = parse_json(_member(archive, "metadata.json", what), f"{what}: metadata.json")
            document = parse_json(_member(archive, "config.json", what), f"{what}: config.json")
            if not isinstance(metadata, Mapping):
                raise ModelFormatError(f"{what}: metadata.json holds no object")
            version = _version(metadata.get("keras_version"), what)
            spec = _with_vocabularies(read_architecture(document, version, what), archive, names, what)
            if "model.weights.npz" in names:
                problem = Problem("the weights (model.weights.npz)", "only model.weights.h5 is implemented")
                raise UnsupportedModelError([problem])
            weights = read_weights(_member(archive, "model.weights.h5", what), what)
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise ModelFormatError(f"{what}: damaged or truncated archive ({error})") from error
    mark = metadata.get("maju")
    kind = mark.get("class") if isinstance(mark, Mapping) else None
    return ModelFile(what, spec, weights.of(spec), kind, training=document.get("compile_config"))


def _version(value: Any, what: str) -> str:
    text = str(value)
    if not text.split(".")[0].isdigit():
        raise ModelFormatError(f"{what}: no Keras version ({value!r})")
    return text


def _member(archive: zipfile.ZipFile, name: str, what: str) -> bytes:
    """A file of the archive, refused where it would grow out of proportion."""
    try:
        info = archive.getinfo(name)
    except KeyError:
        raise ModelFormatError(f"{what}: no Keras model: it holds no {name}") from None
    limit = MAX_CONFIG_BYTES if name.endswith(".json") else None
    too_large = limit is not None and info.file_size > limit
    if too_large or info.file_size > MAX_RATIO * max(info.compress_size, 1):
        raise ModelFormatError(f"{what}: {name} claims {info.file_size:,} bytes in {info.compress_size:,}")
    return archive.read(info)


def _with_vocabularies(spec: ModelSpec, archive: zipfile.ZipFile, names: set[str], what: str) -> ModelSpec:
    """The graph with each adapted vocabulary, which Keras keeps as a file, in its layer's config."""
    keys = layer_keys(spec)
    layers = []
    for layer in spec.layers:
        asset = VOCABULARY.format(keys.get(layer.name))
        if (
            layer.class_name == "TextVectorization"
            and layer.config.get("vocabulary") is None
            and asset in names
        ):
            try:
                tokens = _member(archive, asset, what).decode("utf-8").split("\n")
            except UnicodeDecodeError as error:
                raise ModelFormatError(f"{what}: {asset}: not UTF-8 ({error})") from error
            layer = replace(layer, config={**layer.config, "vocabulary": tokens})
        layers.append(layer)
    return replace(spec, layers=tuple(layers))


def write_archive(path: Path, spec: ModelSpec, arrays: Mapping[str, Arrays], kind: str | None = None) -> None:
    """Write a `.keras` archive that Keras 3 opens.

    Args:
        arrays: by layer name, each weight by its name in Keras's order; a nested model's in the same form.
        kind: the class of maju that saves, to be found again on loading.
    """
    document = write_architecture(spec)
    metadata: dict[str, Any] = {"keras_version": KERAS_VERSION}
    metadata["date_saved"] = datetime.now().astimezone().strftime("%Y-%m-%d@%H:%M:%S")
    if kind is not None:
        metadata["maju"] = {"class": kind}
    with replacing(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        archive.writestr("metadata.json", json.dumps(metadata))
        archive.writestr("config.json", json.dumps(document))
        archive.writestr("model.weights.h5", _weights_bytes(spec, arrays))


def write_weights(path: Path, spec: ModelSpec, arrays: Mapping[str, Arrays]) -> None:
    """Write a `.weights.h5` that Keras 3's `load_weights` reads."""
    with replacing(path) as temporary:
        temporary.write_bytes(_weights_bytes(spec, arrays))


def _weights_bytes(spec: ModelSpec, arrays: Mapping[str, Arrays]) -> bytes:
    import h5py

    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for place, array in _placed(spec, arrays):
            file.create_dataset(place, data=array)
        _name(file, spec.name)
        for layer in spec.layers:
            if layer.name in (keys := layer_keys(spec)):
                _name(file.require_group(f"layers/{keys[layer.name]}"), layer.name)
    return buffer.getvalue()


def _name(group: Any, name: str) -> None:
    group.require_group("vars").attrs["name"] = name


def _placed(
    spec: ModelSpec, arrays: Mapping[str, Any], prefix: str = ""
) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    """Each array of a model with its path in the file."""
    keys = layer_keys(spec)
    for layer in spec.layers:
        held = arrays.get(layer.name, {})
        if layer.model is not None:
            yield from _placed(layer.model, held, f"{prefix}layers/{keys[layer.name]}/")
        elif held:
            for name, place in places(list(held)).items():
                yield f"{prefix}layers/{keys[layer.name]}/{place}", np.asarray(held[name])
