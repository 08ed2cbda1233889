"""`.safetensors`: arrays and nothing else, with maju's architecture in the metadata."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from maju.errors import MissingExtraError, ModelFormatError, Problem, UnsupportedModelError
from maju.formats.atomic import replacing
from maju.formats.config import read_architecture, write_architecture
from maju.formats.guards import parse_json, shorten
from maju.formats.specification import LayerSpec, ModelFile, ModelSpec
from maju.layers.policies import from_bits

__all__ = ["FlatWeights", "read_safetensors", "write_safetensors"]

#: The types of numbers that NumPy has, by their names in a file.
TYPES = ("F64", "F32", "F16", "I64", "I32", "I16", "I8", "U64", "U32", "U16", "U8", "BOOL")


class FlatWeights:
    """Arrays by ``layer/weight``, as ``lstm/cell/kernel``; a nested model's below its own name."""

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]], what: str, prefix: str = "") -> None:
        self.arrays = arrays
        self.what = what
        self.prefix = prefix

    def read(self, layer: LayerSpec, names: Sequence[str]) -> dict[str, npt.NDArray[Any]]:
        paths = {name: f"{self.prefix}{layer.name}/{name}" for name in names}
        missing = [path for path in paths.values() if path not in self.arrays]
        if missing:
            raise ModelFormatError(
                f"{self.what}: {layer.where} needs {shorten(', '.join(missing))}, which is not there"
            )
        return {name: self.arrays[path] for name, path in paths.items()}

    def of(self, spec: ModelSpec) -> FlatWeights:
        return self

    def nested(self, layer: LayerSpec) -> FlatWeights:
        return FlatWeights(self.arrays, self.what, f"{self.prefix}{layer.name}/")


def read_safetensors(path: Path) -> ModelFile:
    """A `.safetensors` that maju wrote, or another's arrays without an architecture."""
    what = path.name
    try:
        from safetensors import SafetensorError, safe_open
    except ImportError as error:
        raise MissingExtraError("reading .safetensors", "safetensors") from error
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            types = {name: file.get_slice(name).get_dtype() for name in file.keys()}  # noqa: SIM118
            problems = [
                Problem(shorten(f"weight {name!r}"), f"its type {kind} is not implemented")
                for name, kind in types.items()
                if kind not in (*TYPES, "BF16")
            ]
            if problems:
                raise UnsupportedModelError(problems)
            arrays = {name: file.get_tensor(name) for name, kind in types.items() if kind != "BF16"}
            if "BF16" in types.values():
                arrays |= _bfloat16(path)
    except (SafetensorError, OSError, TypeError, ValueError) as error:
        raise ModelFormatError(f"{what}: damaged or truncated safetensors ({shorten(str(error))})") from error
    weights = FlatWeights(arrays, what)
    if "maju_architecture" not in metadata:
        return ModelFile(what, None, weights)
    document = parse_json(metadata["maju_architecture"], f"{what}: maju_architecture")
    spec = read_architecture(document, "3", what)
    return ModelFile(what, spec, weights, metadata.get("maju_class"))


def _bfloat16(path: Path) -> dict[str, npt.NDArray[Any]]:
    """The arrays of a sound file that are bfloat16, as float32: NumPy has no such type."""
    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    found = {}
    for name, entry in json.loads(data[8:start]).items():
        if name != "__metadata__" and entry["dtype"] == "BF16":
            first, end = (start + offset for offset in entry["data_offsets"])
            found[name] = from_bits(np.frombuffer(data[first:end], "<u2").reshape(entry["shape"]))
    return found


def write_safetensors(
    path: Path, spec: ModelSpec, arrays: Mapping[str, Any], kind: str | None = None
) -> None:
    """Write a `.safetensors` with the architecture in its metadata; see `write_archive` for the arguments."""
    try:
        from safetensors.numpy import save
    except ImportError as error:
        raise MissingExtraError("saving as .safetensors", "safetensors") from error
    metadata = {"maju_architecture": json.dumps(write_architecture(spec, for_keras=False))}
    if kind is not None:
        metadata["maju_class"] = kind
    flat: dict[str, npt.NDArray[Any]] = {}
    for name, array in _flat(spec, arrays):
        if name in flat:
            reason = "two layers have a weight of this name, since their own names hold '/'"
            raise UnsupportedModelError([Problem(shorten(f"weight {name!r}"), reason, "rename a layer")])
        flat[name] = np.asarray(array, order="C")
    with replacing(path) as temporary:
        temporary.write_bytes(save(flat, metadata))


def _flat(
    spec: ModelSpec, arrays: Mapping[str, Any], prefix: str = ""
) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    for layer in spec.layers:
        held = arrays.get(layer.name, {})
        if layer.model is not None:
            yield from _flat(layer.model, held, f"{prefix}{layer.name}/")
        else:
            for name, array in held.items():
                yield f"{prefix}{layer.name}/{name}", array
