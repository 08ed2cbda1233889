"""Legacy `.h5`: one HDF5 file with the architecture as an attribute and the weights by layer name."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from maju.errors import ModelFormatError, Problem, UnsupportedModelError
from maju.formats import hdf5
from maju.formats.atomic import replacing
from maju.formats.config import read_architecture, write_architecture
from maju.formats.guards import Allowance, parse_json, shorten
from maju.formats.keras3 import KERAS_VERSION
from maju.formats.specification import LayerSpec, ModelFile, ModelSpec

__all__ = ["LegacyWeights", "read_legacy", "write_legacy"]

#: HDF5 keeps attributes of a group in 64 KiB; Keras cuts longer lists of names below this.
MAX_ATTRIBUTE = 64_512


class LegacyWeights:
    """The arrays of a legacy `.h5`, by the names of the layers."""

    def __init__(self, arrays: Mapping[str, list[npt.NDArray[Any]]], what: str) -> None:
        self.arrays = arrays
        self.what = what

    def read(self, layer: LayerSpec, names: Sequence[str]) -> dict[str, npt.NDArray[Any]]:
        held = self.arrays.get(layer.name, [])
        if len(held) != len(names):
            raise ModelFormatError(
                f"{self.what}: {layer.where} needs {len(names)} arrays, the file holds {len(held)}"
            )
        return dict(zip(names, held, strict=True))

    def nested(self, layer: LayerSpec) -> LegacyWeights:
        problem = Problem(layer.where, "nested models in legacy .h5 files are not implemented")
        raise UnsupportedModelError([problem])


def read_legacy(path: Path) -> ModelFile:
    """A legacy `.h5`, of a whole model or of weights alone."""
    what = path.name
    with hdf5.open_file(path, what) as file:
        document, training = (hdf5.attribute(file, name) for name in ("model_config", "training_config"))
        kind = hdf5.attribute(file, "maju_class")
        root = file if document is None else hdf5.child(file, "model_weights")
        if root is None or hdf5.attribute(root, "layer_names") is None:
            raise ModelFormatError(
                f"{what}: no Keras model: an HDF5 file without model_config and layer_names"
            )
        weights = LegacyWeights(_arrays(root, what, path.stat().st_size), what)
        version = hdf5.attribute(file, "keras_version")
        if version is None:
            version = hdf5.attribute(root, "keras_version")
        backend = hdf5.attribute(file, "backend")
    if document is None:
        return ModelFile(what, None, weights)
    version = _text(version) if version is not None else "1.0.0"
    problems = []
    if version.split(".")[0] == "1":
        problems.append(
            Problem(f"the file (Keras {shorten(version)})", "files of Keras 1 are not implemented")
        )
    if backend is not None and _text(backend) in ("theano", "cntk"):
        problems.append(
            Problem(f"the file (backend {_text(backend)})", "only TensorFlow's layout is implemented")
        )
    if problems:
        raise UnsupportedModelError(problems)
    spec = read_architecture(parse_json(_text(document), f"{what}: model_config"), version, what)
    compiled = None if training is None else parse_json(_text(training), f"{what}: training_config")
    return ModelFile(what, spec, weights, None if kind is None else _text(kind), compiled)


def _text(value: Any) -> str:
    try:
        return value.decode("utf-8") if isinstance(value, bytes) else str(value)
    except UnicodeDecodeError as error:
        raise ModelFormatError(f"an attribute is not UTF-8 ({error})") from error


def _arrays(root: Any, what: str, size: int) -> dict[str, list[npt.NDArray[Any]]]:
    allowance = Allowance(size)
    found = {}
    for layer in hdf5.text_list(hdf5.attribute(root, "layer_names")):
        group = hdf5.child(root, layer)
        names = None if group is None else hdf5.attribute(group, "weight_names")
        if names is None:
            raise ModelFormatError(f"{what}: the weights of layer {shorten(layer)!r} are missing")
        found[layer] = [
            hdf5.read_array(hdf5.child(group, name), f"{what}: {layer}/{name}", allowance)
            for name in hdf5.text_list(names)
        ]
    return found


def write_legacy(
    path: Path, spec: ModelSpec, arrays: Mapping[str, Mapping[str, Any]], kind: str | None = None
) -> None:
    """Write a legacy `.h5` that Keras 3 opens; see `write_archive` for the arguments."""
    import h5py

    problems = [
        Problem(layer.where, "nested models cannot be saved as .h5", "save as .keras")
        for layer in spec.layers
        if layer.model is not None
    ]
    if problems:
        raise UnsupportedModelError(problems)
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file.attrs["model_config"] = json.dumps(write_architecture(spec))
        if kind is not None:
            file.attrs["maju_class"] = kind
        root = file.create_group("model_weights")
        for holder in (file, root):
            holder.attrs["keras_version"] = KERAS_VERSION
            holder.attrs["backend"] = "tensorflow"
        root.create_group("top_level_model_weights").attrs["weight_names"] = np.zeros(0)
        layers = [layer.name for layer in spec.layers if not layer.operation]
        _write_names(root, "layer_names", layers)
        for layer in layers:
            group = root.require_group(layer)
            held = arrays.get(layer, {})
            _write_names(group, "weight_names", [f"{layer}/{name}" for name in held])
            for name, array in held.items():
                group.create_dataset(f"{layer}/{name}", data=np.asarray(array))
    with replacing(path) as temporary:
        temporary.write_bytes(buffer.getvalue())


def _write_names(group: Any, attribute: str, names: list[str]) -> None:
    """A list of names as an attribute, cut as Keras cuts it where it is too long for one."""
    values = np.array([name.encode("utf-8") for name in names])
    if values.nbytes <= MAX_ATTRIBUTE:
        group.attrs[attribute] = values
        return
    pieces = -(-values.nbytes // MAX_ATTRIBUTE)
    for index, piece in enumerate(np.array_split(values, pieces)):
        group.attrs[f"{attribute}{index}"] = piece
