"""Legacy `.h5`: one HDF5 file with the architecture as an attribute and the weights by layer name."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from maju.errors import ModelFormatError, Problem, UnsupportedModelError
from maju.formats import hdf5
from maju.formats.atomic import replacing
from maju.formats.config import assumed_version, check_version, read_architecture, write_architecture
from maju.formats.guards import BROKEN, Allowance, parse_json, shorten
from maju.formats.keras3 import KERAS_VERSION
from maju.formats.keras3_limits import check_for_keras, check_for_legacy
from maju.formats.keras_names import named_for_keras
from maju.formats.nested_arrays import Stored, in_one_list, share_out, weight_names
from maju.formats.older_arrays import FLIPPED, Origin, check_backend, every_layer, modern_arrays, old_counts
from maju.formats.specification import LayerSpec, ModelFile, ModelSpec, TrainingState
from maju.formats.training_state import read_training, stored_variables, with_modules

__all__ = ["LegacyWeights", "read_legacy", "write_legacy"]

#: HDF5 keeps attributes of a group in 64 KiB; Keras cuts longer lists of names below this.
MAX_ATTRIBUTE = 64_512


class LegacyWeights:
    """The arrays of a legacy `.h5`, by the names of the layers.

    Args:
        arrays: for each layer its arrays, in the order of the file.
        origin: what wrote them.
        what: the file, for messages.
    """

    def __init__(self, arrays: Mapping[str, Sequence[Stored]], origin: Origin, what: str) -> None:
        self.arrays = arrays
        self.origin = origin
        self.what = what

    def of(self, spec: ModelSpec) -> LegacyWeights:
        """The same arrays read as those of a graph, as `load_weights` does: by name, or else in order.

        In order where the names are others, and as many layers have arrays here as there.

        Raises:
            UnsupportedModelError: the backend computed something otherwise, or is not known where it matters.
        """
        try:
            backend = self.origin.backend or self._guess_backend(spec)
            check_backend(spec, backend)
        except BROKEN as error:
            reason = shorten(f"{type(error).__name__}: {error}")
            raise ModelFormatError(f"{self.what}: a broken architecture ({reason})") from error
        origin = replace(self.origin, backend=backend)
        arrays = self.arrays
        wanted = [layer.name for layer in spec.layers if layer.model is not None or weight_names(layer)]
        held = [name for name, stored in arrays.items() if stored]
        if not set(wanted) <= set(arrays) and len(wanted) == len(held):
            arrays = {new: arrays[old] for new, old in zip(wanted, held, strict=True)}
        return LegacyWeights(arrays, origin, self.what)

    def _guess_backend(self, spec: ModelSpec) -> str:
        """The backend of a file that does not say it: Keras 1, where TensorFlow's names end in ``:0``."""
        names = [one.name for stored in self.arrays.values() for one in stored]
        kernels = [layer for layer in every_layer(spec) if layer.class_name in FLIPPED]
        if self.origin.major >= 2 or not kernels or any(":" in name for name in names):
            return "tensorflow"
        if all(layer.config.get("data_format") == "channels_first" for layer in kernels):
            return "theano"
        reason = (
            "it does not say whether Theano trained it, which turns kernels around: the names of the weights "
            "speak for it, the order of the images' axes against it"
        )
        way_out = "write it into the file with h5py: file.attrs['backend'] = 'theano' or 'tensorflow'"
        raise UnsupportedModelError([Problem(f"the file ({self.what})", reason, way_out)])

    def read(self, layer: LayerSpec, names: Sequence[str]) -> dict[str, npt.NDArray[Any]]:
        stored = self.arrays.get(layer.name, [])
        counts = old_counts(layer.class_name, layer.config, len(names), self.origin)
        if len(stored) not in counts:
            raise ModelFormatError(
                f"{self.what}: {layer.where} needs {counts[0]} arrays, the file holds {len(stored)}"
            )
        arrays = modern_arrays(layer.class_name, layer.config, [one.array for one in stored], self.origin)
        return dict(zip(names, arrays, strict=True))

    def nested(self, layer: LayerSpec) -> LegacyWeights:
        assert layer.model is not None
        stored = self.arrays.get(layer.name, [])
        try:
            shares = share_out(layer, stored, self.origin, self.what)
        except BROKEN as error:
            reason = shorten(f"{type(error).__name__}: {error}")
            raise ModelFormatError(f"{self.what}: {layer.where} is broken ({reason})") from error
        return LegacyWeights(shares, self.origin, self.what)


def read_legacy(path: Path, keras_version: str | None = None) -> ModelFile:
    """A legacy `.h5`, of a whole model or of weights alone.

    Args:
        keras_version: what wrote the file, where it does not say so or is wrong about it.
    """
    what = path.name
    with hdf5.open_file(path, what) as file:
        document = hdf5.attribute(file, "model_config")
        kind = hdf5.attribute(file, "maju_class")
        root = file if document is None else hdf5.child(file, "model_weights")
        if root is None or hdf5.attribute(root, "layer_names") is None:
            raise ModelFormatError(
                f"{what}: no Keras model: an HDF5 file without model_config and layer_names"
            )
        arrays = _arrays(root, what, path.stat().st_size)
        version, backend = (_either_text(file, root, name) for name in ("keras_version", "backend"))
        architecture = None if document is None else parse_json(_text(document), f"{what}: model_config")
        # Keras 1.0 said nothing about itself, and some tools drop what later ones say.
        told = "1.0.0" if architecture is None else assumed_version(architecture)
        version = keras_version or version or told
        check_version(version, what)
        origin = Origin(int(version.split(".")[0]), backend)
        training = _read_training(file, origin, what, path.stat().st_size)
    if architecture is None:
        return ModelFile(what, None, LegacyWeights(arrays, origin, what))
    spec = read_architecture(architecture, version, what)
    weights = LegacyWeights(arrays, origin, what).of(spec)
    return ModelFile(what, spec, weights, None if kind is None else _text(kind), training)


def _read_training(file: Any, origin: Origin, what: str, size: int) -> TrainingState | None:
    """How the model in an open file was compiled and how far its optimizer was."""

    def compile_config() -> Any:
        text = hdf5.attribute(file, "training_config")
        if text is None:
            return None
        config = parse_json(_text(text), f"{what}: training_config")
        if not isinstance(config, Mapping) or "optimizer_config" not in config:
            return config
        rest = {key: value for key, value in config.items() if key != "optimizer_config"}
        return with_modules({"optimizer": config["optimizer_config"], **rest})

    def variables() -> list[npt.NDArray[Any]] | None:
        group = hdf5.child(file, "optimizer_weights")
        names = None if group is None else hdf5.attribute(group, "weight_names")
        if names is None:
            return None
        if origin.backend not in (None, "tensorflow") and origin.major < 3:
            raise ModelFormatError(
                f"an optimizer of {shorten(str(origin.backend))}, which lays weights out otherwise"
            )
        return stored_variables(group, hdf5.text_list(names), Allowance(size), what)

    return read_training(compile_config, variables, origin.major)


def _either_text(file: Any, root: Any, name: str) -> str | None:
    """An attribute of the file, or else of the group of its weights."""
    found = [hdf5.attribute(holder, name) for holder in (file, root)]
    return next((_text(value) for value in found if value is not None), None)


def _text(value: Any) -> str:
    try:
        return value.decode("utf-8") if isinstance(value, bytes) else str(value)
    except UnicodeDecodeError as error:
        raise ModelFormatError(f"an attribute is not UTF-8 ({error})") from error


def _arrays(root: Any, what: str, size: int) -> dict[str, list[Stored]]:
    allowance = Allowance(size)
    found = {}
    for layer in hdf5.text_list(hdf5.attribute(root, "layer_names")):
        group = hdf5.child(root, layer)
        names = None if group is None else hdf5.attribute(group, "weight_names")
        if names is None:
            raise ModelFormatError(f"{what}: the weights of layer {shorten(layer)!r} are missing")
        found[layer] = [
            Stored(name, hdf5.read_array(hdf5.child(group, name), f"{what}: {layer}/{name}", allowance))
            for name in hdf5.text_list(names)
        ]
    return found


def write_legacy(
    path: Path,
    spec: ModelSpec,
    arrays: Mapping[str, Mapping[str, Any]],
    kind: str | None = None,
    training: TrainingState | None = None,
) -> None:
    """Write a legacy `.h5` that Keras 3 opens; see `write_archive` for the arguments."""
    import h5py

    check_for_keras(spec)
    check_for_legacy(spec)
    spec, arrays = named_for_keras(spec, arrays)
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
        layers = [layer for layer in spec.layers if not layer.operation]
        _write_names(root, "layer_names", [layer.name for layer in layers])
        for layer in layers:
            group = root.require_group(layer.name)
            held = in_one_list(layer, arrays.get(layer.name, {}))
            _write_names(group, "weight_names", list(held))
            for name, array in held.items():
                group.create_dataset(name, data=np.asarray(array))
        if training is not None and training.compile_config is not None:
            _write_training(file, training.compile_config, training.optimizer_variables)
    with replacing(path) as temporary:
        temporary.write_bytes(buffer.getvalue())


def _write_training(
    file: Any, compile_config: Mapping[str, Any], variables: Sequence[npt.NDArray[Any]] | None
) -> None:
    config = {key: value for key, value in compile_config.items() if key != "optimizer"}
    config["optimizer_config"] = compile_config.get("optimizer")
    file.attrs["training_config"] = json.dumps(config)
    if variables is not None:
        group = file.create_group("optimizer_weights")
        names = [f"variable_{index}" for index in range(len(variables))]  # Keras goes by their order
        _write_names(group, "weight_names", names)
        for name, array in zip(names, variables, strict=True):
            group.create_dataset(name, data=array)


def _write_names(group: Any, attribute: str, names: list[str]) -> None:
    """A list of names as an attribute, cut as Keras cuts it where it is too long for one."""
    values = np.array([name.encode("utf-8") for name in names])
    if values.nbytes <= MAX_ATTRIBUTE:
        group.attrs[attribute] = values
        return
    pieces = -(-values.nbytes // MAX_ATTRIBUTE)
    for index, piece in enumerate(np.array_split(values, pieces)):
        group.attrs[f"{attribute}{index}"] = piece
