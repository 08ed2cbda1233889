"""`maju profile`: where the time of a prediction goes."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from maju.cli import console
from maju.cli.images import Scale
from maju.cli.inputs import ResizeOption, ScaleOption, read_inputs
from maju.cli.model_file import ArchitectureOption, ModelArgument, build_model, read_model_file

__all__ = ["profile"]


def profile(
    model: ModelArgument,
    inputs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="INPUT",
            help="What maju predict takes; random numbers if nothing is given.",
            show_default=False,
        ),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Draw the steps as bars, .png, .svg or .pdf.", show_default=False),
    ] = None,
    resize: ResizeOption = False,
    scale: ScaleOption = Scale.AUTO,
    architecture: ArchitectureOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, with all digits.")] = False,
) -> None:
    """Show the steps of a prediction: what each fuses, how it computes, and its share of the time.

    A step done "as it reads" has no kernel of its own: it runs the layer that you can read.

    \b
    Examples:
      maju profile model.keras
      maju profile model.keras images.npy --plot steps.png
    """
    file, spec = read_model_file(model, architecture)
    built = build_model(file, spec)
    x = read_inputs(built, inputs, resize, scale).x if inputs else None
    found = built.plan(x, print_fn=None)
    if plot is not None:
        from maju.visualize.steps import plot_steps

        plot_steps(found, save=plot)
    if as_json:
        console.show_json({**asdict(found), "seconds": found.seconds, "shares": found.shares()})
        return
    head, rows = found.table()
    console.say(f"{Path(file.path).name}: {len(rows)} steps", style="bold")
    table = console.Table(*head, right=["Step", "ms", "Share"])
    for cells in rows:
        table.add(*cells)
    table.show()
    for line in found.about():
        console.say(line)
