"""`maju verify`: Keras against maju, layer by layer."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import Annotated

import typer

from maju.cli import console
from maju.cli.images import Scale
from maju.cli.inputs import ResizeOption, ScaleOption, read_inputs
from maju.cli.model_file import ModelArgument, build_model, read_model_file
from maju.cli.sample_input import sample_input
from maju.verify import Comparison, Verification, compare_with_keras

__all__ = ["verify"]


def verify(
    model: ModelArgument,
    inputs: Annotated[
        list[str] | None,
        typer.Option(
            "--input",
            metavar="FILE",
            help="What to run on, as for maju predict; may be given several times. Without it: random input "
            "of the kind that the model takes.",
            show_default=False,
        ),
    ] = None,
    rows: Annotated[int, typer.Option(min=1, help="How many rows of random input.")] = 8,
    seed: Annotated[int, typer.Option(min=0, help="Of the random input.")] = 0,
    resize: ResizeOption = False,
    scale: ScaleOption = Scale.AUTO,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compare Keras with maju on the same input, layer by layer.

    Needs Keras: pip install 'maju[experiments]'. A layer agrees if no value differs by more than 1e-5, or by
    1e-5 of the layer's largest value where that is above 1; ids must be equal, and probabilities that the
    model gives may differ by 5e-6. The exit code is 0 if all agree, and 1 if not.

    \b
    Examples:
      maju verify model.keras
      maju verify model.keras --input images.npy
    """
    file, spec = read_model_file(model)
    built = build_model(file, spec)
    x = read_inputs(built, inputs, resize, scale).x if inputs else sample_input(built, rows, seed)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow greets at length
    with console.status("Running the model in Keras"):
        verification = compare_with_keras(model, x)
    source = ", ".join(inputs) if inputs else f"random input, seed {seed}"
    if as_json:
        _show_json(str(model), source, verification)
    else:
        _show(source, verification)
    if not verification.agrees:
        raise typer.Exit(1)


def _show_json(model: str, source: str, verification: Verification) -> None:
    first = verification.first_difference
    console.show_json(
        {
            "model": model,
            "input": source,
            "rows": verification.rows,
            "keras": verification.keras,
            "agrees": verification.agrees,
            "first_difference": first.name if first else None,
            "layers": [{**asdict(c), "agrees": c.within} for c in verification.layers],
            "outputs": [{**asdict(c), "agrees": c.within} for c in verification.outputs],
        }
    )


def _show(source: str, verification: Verification) -> None:
    count = f"{verification.rows:,} row{'s' if verification.rows > 1 else ''}"
    console.say(f"{verification.keras} against maju on {count} ({source})")
    console.say("")
    columns = ("Layer", "Type", "Shape", "max |Δ|", "mean |Δ|", "Allowed", "Verdict")
    table = console.Table(*columns, right=["max |Δ|", "mean |Δ|", "Allowed"])
    for comparison in verification.layers:
        _add(table, comparison.name, comparison, verification)
    for comparison in verification.outputs:
        _add(table, f"output {comparison.name}", comparison, verification)
    table.show()
    console.say("")
    everything = (*verification.layers, *verification.outputs)
    apart = [comparison for comparison in everything if not comparison.within]
    if apart:
        first = apart[0]
        console.say(
            f"{len(apart)} of {len(everything)} comparisons differ; the difference begins in "
            f"{first.name!r} ({first.type})",
            style="bold red",
        )
    else:
        largest = max(everything, key=lambda comparison: comparison.max_difference)
        console.say(
            f"All {len(verification.layers)} layers agree; the largest difference is "
            f"{largest.max_difference:.1e}, in {largest.name!r}",
            style="bold green",
        )


def _add(table: console.Table, name: str, comparison: Comparison, verification: Verification) -> None:
    first = comparison is verification.first_difference
    verdict = "agrees" if comparison.within else "DIFFERS" + (" <- begins here" if first else "")
    if comparison.remark:
        verdict += f": {comparison.remark}"
    table.add(
        name,
        comparison.type,
        "?" if comparison.shape is None else str(comparison.shape),
        f"{comparison.max_difference:.1e}",
        f"{comparison.mean_difference:.1e}",
        f"{comparison.tolerance:.1e}",
        verdict,
        style=None if comparison.within else "bold red",
    )
