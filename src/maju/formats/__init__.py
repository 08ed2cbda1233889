"""Files in and out: `.keras`, `.h5`, `.weights.h5`, `.safetensors` and JSON architectures; no arithmetic.

Reading gives two plain things, a `ModelSpec` and arrays by layer, the same whichever Keras wrote the file.
Nothing in a file is ever run.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from maju.errors import ModelFormatError
from maju.formats import hdf5
from maju.formats.config import assumed_version, read_architecture
from maju.formats.guards import MAX_CONFIG_BYTES, parse_json
from maju.formats.keras3 import (
    OLDER_LAYERS,
    read_archive,
    read_optimizer,
    read_weights,
    write_archive,
    write_weights,
)
from maju.formats.specification import (
    CallSpec,
    LayerSpec,
    ModelFile,
    ModelSpec,
    TensorRef,
    TrainingState,
    WeightStore,
)
from maju.formats.training_state import read_training

__all__ = [
    "OPENED",
    "SUFFIXES",
    "CallSpec",
    "LayerSpec",
    "ModelFile",
    "ModelSpec",
    "TensorRef",
    "TrainingState",
    "WeightStore",
    "read",
    "weights_for",
    "write",
]

#: What `read` opens and `write` makes, by the file's suffix, and what `write` makes beside it.
OPENED = (".keras", ".weights.h5", ".h5", ".safetensors")
SUFFIXES = (*OPENED, ".onnx")
HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"


def read(path: str | Path, keras_version: str | None = None) -> ModelFile:
    """What a model file holds, whatever its name says: the first bytes tell its format.

    Args:
        keras_version: what wrote the file, where it does not say so or is wrong about it.

    Raises:
        ModelFormatError: it is no model, or is damaged.
        UnsupportedModelError: it is a model of a kind that cannot be read.
    """
    path = Path(path)
    what = path.name
    try:
        if path.exists() and not path.is_file():
            folder = "a directory; SavedModel folders hold no Keras layers"
            raise ModelFormatError(f"{path}: {folder if path.is_dir() else 'no regular file'}")
        with path.open("rb") as file:
            head = file.read(16)
    except FileNotFoundError:
        raise ModelFormatError(f"{path}: there is no such file") from None
    except (OSError, ValueError) as error:
        raise ModelFormatError(f"{path}: cannot be read ({_reason(error)})") from error
    if head.startswith(b"PK\x03\x04"):
        return read_archive(path, keras_version)
    if head.startswith(HDF5_SIGNATURE):
        return _read_hdf5(path, keras_version)
    if head[7:9] == b"\x00{":  # after the length of its header, in 8 bytes
        from maju.formats.safetensors import read_safetensors

        return read_safetensors(path)
    if head.lstrip()[:1] == b"{":
        document = parse_json(_text(path), what)
        if isinstance(document, Mapping) and "weight_map" in document:
            from maju.formats.shards import read_shards

            return read_shards(path, document["weight_map"])
        told = document.get("keras_version") if isinstance(document, Mapping) else None
        version = assumed_version(document) if told is None else told
        return ModelFile(what, read_architecture(document, keras_version or version, what), None)
    reason = "an empty file" if not head else "neither .keras, .h5, .safetensors nor a JSON architecture"
    raise ModelFormatError(f"{what}: no model: {reason}")


def _text(path: Path) -> bytes:
    """What a JSON file holds, no more of it than `parse_json` takes."""
    with path.open("rb") as file:
        return file.read(MAX_CONFIG_BYTES + 1)


def _reason(error: Exception) -> str:
    """What the system says, without the path."""
    return (isinstance(error, OSError) and error.strerror) or str(error)


def _read_hdf5(path: Path, keras_version: str | None) -> ModelFile:
    """A legacy `.h5`, or the weights of Keras 3 alone."""
    with hdf5.open_file(path, path.name) as file:
        legacy = any(name in file.attrs for name in ("model_config", "layer_names", "layer_names0"))
        keras3 = any(hdf5.steps(name)[0] in ("layers", OLDER_LAYERS) for name in file)
    if keras3 and not legacy:
        what, size = path.name, path.stat().st_size
        training = read_training(lambda: None, lambda: read_optimizer(path, what, size), major=3)
        return ModelFile(what, None, read_weights(path, what, size), training=training)
    from maju.formats.legacy_h5 import read_legacy

    return read_legacy(path, keras_version)


def weights_for(file: ModelFile, spec: ModelSpec) -> WeightStore:
    """The arrays of a file, read as those of a graph that may come from elsewhere.

    Raises:
        ModelFormatError: the file holds no weights.
    """
    if file.weights is None:
        raise ModelFormatError(f"{file.path}: an architecture without weights")
    return file.weights.of(spec)


def write(
    path: str | Path,
    spec: ModelSpec,
    arrays: Mapping[str, Any],
    kind: str | None = None,
    training: TrainingState | None = None,
) -> None:
    """Save a model in the format that the suffix names; whole or not at all.

    Args:
        arrays: by layer name, each weight by its name in Keras's order; a nested model's in the same form.
        kind: the class of maju that saves, to be found again on loading.
        training: how the model was compiled and how far its optimizer is, as Keras 3 spells it;
            `.safetensors` and `.onnx` hold none of it, and `.weights.h5` the optimizer's variables alone.

    Raises:
        ModelFormatError: the suffix names no format, or the file cannot be written.
        UnsupportedModelError: the format cannot hold this model.
    """
    path = Path(path)
    if path.is_dir():
        raise ModelFormatError(f"{path}: cannot be written: it is a directory")
    if not path.parent.is_dir():
        raise ModelFormatError(f"{path}: cannot be written: there is no folder {path.parent}")
    try:
        if path.name.endswith(".weights.h5"):
            write_weights(path, spec, arrays, training)
        elif path.suffix == ".keras":
            write_archive(path, spec, arrays, kind, training)
        elif path.suffix in (".h5", ".hdf5"):
            from maju.formats.legacy_h5 import write_legacy

            write_legacy(path, spec, arrays, kind, training)
        elif path.suffix == ".safetensors":
            from maju.formats.safetensors import write_safetensors

            write_safetensors(path, spec, arrays, kind)
        elif path.suffix == ".onnx":
            from maju.formats.onnx import write_onnx

            write_onnx(path, spec, arrays)
        else:
            raise ModelFormatError(f"{path}: the suffix must be one of {', '.join(SUFFIXES)}")
    except (OSError, ValueError) as error:
        raise ModelFormatError(f"{path}: cannot be written ({_reason(error)})") from error
