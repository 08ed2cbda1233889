"""maju.load: any model file, or a live Keras model, as a `Model`."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from maju import formats
from maju.errors import InputError, ModelFormatError
from maju.formats.specification import ModelFile, ModelSpec
from maju.models.build import build
from maju.models.model import Model
from maju.models.tensors import settle

__all__ = ["load", "read_source"]


def load(
    path: str | Path | Any,
    architecture: str | Path | None = None,
    *,
    keras_version: str | None = None,
    replace: Mapping[str, Any] | None = None,
) -> Model:
    """Open a Keras model with no Keras installed.

    Args:
        path: a `.keras`, `.h5` or `.safetensors` file, or weights alone beside `architecture`; or a live
            Keras model.
        architecture: where the layers are when `path` holds weights alone: a JSON file that Keras's
            `to_json` wrote, or any model file.
        keras_version: the Keras that wrote the files, as ``"1.2.2"``, where they do not say it or are wrong
            about it. It decides where versions disagree about what a file means.
        replace: layers, or classes of layers, to stand in the place of the file's, by name, as
            ``{"lambda_1": Double}``; within a nested model ``{"inner/lambda_1": Double}``.

    Returns:
        a `Model`, whose `predict` gives the outputs as Keras's does.

    Raises:
        ModelFormatError: the file is no model, or is damaged.
        UnsupportedModelError: the model needs what maju does not have; names all of it.
        InputError: `replace` names a layer that is not there, or gives what is none.
    """
    layers = None if architecture is None else _architecture(architecture, keras_version)
    return model_of(read_source(path, keras_version), layers, replace)


def _architecture(path: str | Path, keras_version: str | None) -> ModelSpec:
    """The graph that a file describes; it is read before the weights, since it tells what they are for."""
    spec = formats.read(path, keras_version).spec
    if spec is None:
        raise ModelFormatError(f"{path}: weights alone, where an architecture is expected")
    return spec


def model_of(
    file: ModelFile, layers: ModelSpec | None = None, replace: Mapping[str, Any] | None = None
) -> Model:
    """The model that a file holds, or that its weights make with another file's layers."""
    spec = layers or file.spec
    if spec is None:
        raise ModelFormatError(
            f"{file.path}: weights alone; give the layers too: load(path, architecture='model.json')"
        )
    if replace is not None:
        from maju.models.substitutes import with_substitutes

        spec = with_substitutes(spec, replace)
    model = build(spec, formats.weights_for(file, spec), file.path)
    model.saved_training = file.training
    settle(model)
    model.handed_out = replace is not None  # the caller has those
    return model


def read_source(source: str | Path | Any, keras_version: str | None = None) -> ModelFile:
    """What a file holds, or a live Keras model, which is saved and read as a file would be."""
    if isinstance(source, (str, Path)):
        return formats.read(source, keras_version)
    if not (hasattr(source, "get_config") and hasattr(source, "save") and hasattr(source, "layers")):
        raise InputError(f"expected a path or a Keras model, got {type(source).__name__}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        source.save(path)
        return formats.read(path)
