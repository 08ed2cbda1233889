"""`maju convert`: a model of any Keras as a file of today."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from maju import formats
from maju.cli import console
from maju.cli.model_file import ArchitectureOption, build_model, format_name, read_model_file

__all__ = ["convert"]

#: What each suffix stands for, the longer ones before those that they end in.
WRITTEN = {
    ".keras": "for Keras 3",
    ".weights.h5": "the weights alone, for Keras 3's load_weights",
    ".h5": "for Keras 3",
    ".hdf5": "for Keras 3",
    ".safetensors": "for maju",
    ".onnx": "for ONNX runtimes",
}


def convert(
    old: Annotated[
        Path, typer.Argument(metavar="OLD", help="A model file of any Keras from 1.1 on.", show_default=False)
    ],
    new: Annotated[
        Path,
        typer.Argument(
            metavar="NEW",
            help="What to write: .keras, .h5, .weights.h5, .safetensors or .onnx, by the name's ending.",
            show_default=False,
        ),
    ],
    architecture: ArchitectureOption = None,
    keras_version: Annotated[
        str | None,
        typer.Option(
            metavar="VERSION",
            help="The Keras that wrote OLD, as 1.2.2, if OLD does not say so or is wrong about it.",
            show_default=False,
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over NEW if it is there.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write a model of any Keras as a file that Keras 3 opens, with the same predictions.

    \b
    Examples:
      maju convert old.h5 new.keras
      maju convert weights.h5 new.keras --architecture model.json
      maju convert model.keras model.onnx
    """
    written = next((what for suffix, what in WRITTEN.items() if new.name.endswith(suffix)), None)
    if written is None:
        endings = ", ".join(formats.SUFFIXES)
        raise typer.BadParameter(f"{new}: the name must end in one of {endings}", param_hint="'NEW'")
    if new.exists() and not force:
        raise typer.BadParameter(f"{new} is there already; --force writes over it", param_hint="'NEW'")
    file, spec = read_model_file(old, architecture, keras_version)
    model = build_model(file, spec)
    model.saved_training = file.training
    formats.write(new, model.current_spec(), model.layer_arrays(), file.kind, model.training_state())
    about = {
        "read": str(old),
        "format": format_name(file),
        "keras_version": spec.keras_version,
        "written": str(new),
        "layers": len(model.layers),
        "parameters": model.count_params(),
    }
    if as_json:
        console.show_json(about)
        return
    console.say(f"{old}: {about['format']}, Keras {about['keras_version']}")
    console.say(f"{new}: written {written}: {about['layers']} layers, {about['parameters']:,} parameters")
