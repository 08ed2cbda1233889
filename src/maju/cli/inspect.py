"""`maju inspect`: what is in a model file."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from maju.cli import console
from maju.cli.model_file import (
    ArchitectureOption,
    ModelArgument,
    build_model,
    format_name,
    read_model_file,
)
from maju.errors import Problem, UnsupportedModelError
from maju.formats.specification import ModelSpec
from maju.models import Model
from maju.models.build import find_problems
from maju.models.summary import connections

if TYPE_CHECKING:
    from maju.layers.base import Shape

__all__ = ["inspect"]


@dataclass(frozen=True)
class LayerRow:
    """A layer or an operation of the graph; None stands for what only a model that runs can tell."""

    name: str
    type: str
    output_shapes: list[Shape | None] | None
    parameters: int | None
    connected_to: list[str]
    supported: bool


def inspect(
    model: ModelArgument,
    architecture: ArchitectureOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show a model's layers, and what maju cannot run.

    The exit code is 2 if anything in the model is not supported; the layers are listed all the same.

    \b
    Example:
      maju inspect model.keras
    """
    file, spec = read_model_file(model, architecture)
    problems = find_problems(spec)
    built = None if problems or file.weights is None else build_model(file, spec)
    rows = _rows(spec, built, problems)
    about: dict[str, Any] = {
        "file": str(model),
        "format": format_name(file),
        "keras_version": spec.keras_version,
        "saved_by": file.kind,
        "name": spec.name,
        "kind": spec.kind,
    }
    parameters = None if built is None else _count_parameters(built)
    if as_json:
        console.show_json(
            {
                **about,
                "layers": [asdict(row) for row in rows],
                "parameters": parameters,
                "unsupported": [asdict(problem) for problem in problems],
            }
        )
    else:
        _show(about, rows, parameters)
    if problems:
        raise UnsupportedModelError(problems)
    if built is None:
        console.note("an architecture without weights; shapes and parameters come with the weights")


def _rows(spec: ModelSpec, model: Model | None, problems: list[Problem]) -> list[LayerRow]:
    sources = connections(spec)
    made = {} if model is None else {layer.name: layer for layer in model.layers}
    rows = []
    for layer in spec.layers:
        shapes: list[Shape | None] | None = None
        parameters = None
        if model is not None:
            shapes = [
                shape for ref, shape in model.shapes.items() if (ref.layer, ref.call) == (layer.name, 0)
            ]
            parameters = made[layer.name].count_params() if layer.name in made else 0
        rows.append(
            LayerRow(
                layer.name,
                layer.class_name,
                shapes,
                parameters,
                sources.get(layer.name, []),
                supported=not any(problem.where.startswith(layer.where) for problem in problems),
            )
        )
    return rows


def _count_parameters(model: Model) -> dict[str, int]:
    """How many numbers the weights hold, and how many of them training would change."""
    total = model.count_params()
    trainable = sum(weight.size for weight in model.trainable_weights.values())
    return {"total": total, "trainable": trainable, "non_trainable": total - trainable}


def _show(about: dict[str, Any], rows: list[LayerRow], parameters: dict[str, int] | None) -> None:
    console.say(f"{Path(about['file']).name}: {about['kind']} model {about['name']!r}", style="bold")
    saved_by = f", saved by maju's {about['saved_by']}" if about["saved_by"] else ""
    console.say(f"{about['format']}, Keras {about['keras_version']}{saved_by}")
    columns = ["Layer", "Type", "Output shape", "Parameters", "Connected to"]
    if not all(row.supported for row in rows):
        columns.append("Supported")
    table = console.Table(*columns, right=["Parameters"])
    for row in rows:
        cells = [
            row.name,
            row.type,
            "?" if row.output_shapes is None else ", ".join(map(_shape_text, row.output_shapes)),
            "?" if row.parameters is None else f"{row.parameters:,}",
            ", ".join(row.connected_to) or "-",
            "yes" if row.supported else "no",
        ]
        table.add(*cells[: len(columns)], style=None if row.supported else "bold red")
    console.say("")
    table.show()
    console.say("")
    if parameters is not None:
        console.say(
            f"Parameters: {parameters['total']:,} "
            f"(trainable {parameters['trainable']:,}, non-trainable {parameters['non_trainable']:,})"
        )


def _shape_text(shape: Shape | None) -> str:
    return "?" if shape is None else str(tuple(shape))
