"""`maju demo`: four small models trained with Keras, run from scratch, and compared."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["demo"]


def demo(
    out: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Where the models, plots and results go.")
    ] = Path("maju-demo"),
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Of the training.")] = 0,
    data_dir: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="The only folder to look for data in; by default MAJU_DATA_DIR, then the user's cache.",
            show_default=False,
        ),
    ] = None,
    sample: Annotated[
        bool, typer.Option("--sample", help="Use the small data that come with the packages.")
    ] = False,
    epochs: Annotated[
        int | None,
        typer.Option(min=1, help="For every model, in place of its own number.", show_default=False),
    ] = None,
) -> None:
    """Train four models with Keras, run them from scratch, and compare.

    Needs Keras: pip install 'maju[experiments]'. Takes up to 5 minutes on two cores, and downloads nothing.
    The exit code is 0 if Keras and maju agree on every model, and 1 if not.

    \b
    Example:
      maju demo --out maju-demo
    """
    from maju.experiments.extras import require_experiments

    require_experiments("maju demo")
    from maju.experiments.demo import run

    result = run(out, seed=seed, data_dir=data_dir, sample=sample, epochs=epochs)
    if result.exit_code:
        raise typer.Exit(result.exit_code)
