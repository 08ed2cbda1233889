"""Opening a model file for a command."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from maju import formats
from maju.errors import ModelFormatError
from maju.formats.keras3 import Keras3Weights
from maju.formats.legacy_h5 import LegacyWeights
from maju.formats.safetensors import FlatWeights
from maju.formats.specification import ModelFile, ModelSpec
from maju.models import Model
from maju.models.build import build

__all__ = ["ArchitectureOption", "ModelArgument", "build_model", "format_name", "read_model_file"]

ModelArgument = Annotated[
    Path, typer.Argument(metavar="MODEL", help="A .keras, .h5 or .safetensors file.", show_default=False)
]
ArchitectureOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Where the layers are, if MODEL holds weights alone: what Keras's to_json wrote, or a model.",
        show_default=False,
    ),
]


def read_model_file(
    path: Path, architecture: Path | None = None, keras_version: str | None = None
) -> tuple[ModelFile, ModelSpec]:
    """What a model file holds, and the layers: its own, or those of the architecture's file."""
    file = formats.read(path, keras_version)
    spec = file.spec if architecture is None else formats.read(architecture, keras_version).spec
    if spec is None:
        alone = path if architecture is None else architecture
        raise ModelFormatError(f"{alone}: weights alone; give the layers with --architecture FILE")
    return replace(file, path=str(path)), spec


def build_model(file: ModelFile, spec: ModelSpec) -> Model:
    """The model, ready to run."""
    return build(spec, formats.weights_for(file, spec), file.path)


def format_name(file: ModelFile) -> str:
    """The file's format in words."""
    names = {
        Keras3Weights: ".keras archive" if file.spec is not None else ".weights.h5",
        LegacyWeights: "legacy HDF5 (.h5)",
        FlatWeights: ".safetensors",
    }
    found = [name for kind, name in names.items() if isinstance(file.weights, kind)]
    return found[0] if found else "JSON architecture"
