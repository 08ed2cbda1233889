"""`maju reproduce`: studies of hyper-parameters, trained with Keras or maju, run from scratch, compared."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from maju.cli import console

if TYPE_CHECKING:
    from maju.experiments.study import Study

__all__ = ["reproduce"]

FULL, QUICK = Path("maju-results"), Path("maju-quick")


class Trainer(StrEnum):
    """What trains."""

    KERAS = "keras"
    MAJU = "maju"


class Executor(StrEnum):
    """Where trainings run."""

    LOCAL = "local"
    RAY = "ray"


def reproduce(
    studies: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[STUDY]...",
            help="Studies by name (--list shows them) or TOML files of your own; by default the whole grid.",
            show_default=False,
        ),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Less data and two epochs: shows that all of it works.")
    ] = False,
    train_with: Annotated[
        Trainer | None,
        typer.Option(
            help="What trains: Keras, or maju itself, which needs no Keras; by default as the study says, "
            "which is Keras if it says nothing.",
            show_default=False,
        ),
    ] = None,
    seeds: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="How many seeds each row is trained with; by default those of the study.",
            show_default=False,
        ),
    ] = None,
    data_dir: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="The only folder to look for data in; by default MAJU_DATA_DIR, then the user's cache, then "
            "a download.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help=f"Where everything goes; by default {FULL}, with --quick {QUICK}.",
            show_default=False,
        ),
    ] = None,
    executor: Annotated[
        Executor, typer.Option(help="This machine, or a Ray cluster (pip install 'maju[ray]').")
    ] = Executor.LOCAL,
    address: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Of a Ray cluster: host:port, or auto for the one that this machine is a node of; without "
            "one, --executor ray starts Ray on this machine.",
            show_default=False,
        ),
    ] = None,
    show_list: Annotated[
        bool, typer.Option("--list", help="List the studies that come with maju, and stop.")
    ] = False,
) -> None:
    """Run the study's experiments: train with Keras, run from scratch, compare; or train from scratch too.

    Needs Keras: pip install 'maju[experiments]'. With --train-with maju it needs none: what maju trains
    stands in the report as a column of its own, beside what Keras trained in the same folder. The whole
    grid takes hours on two cores, with --quick up to 10 minutes. Stopped at any moment, the same command
    goes on after the last finished epoch; what is finished is not run again, and what is changed in a study
    is. `maju report` then writes the report. The exit code is 0 if every training ended and Keras and maju
    agree on each, and 1 if not.

    \b
    Examples:
      maju reproduce --quick
      maju reproduce cnn-layers rnn-direction
      maju reproduce rnn-layers --train-with maju --seeds 3
      maju reproduce my-study.toml --out my-results
    """
    from maju.experiments.extras import require_experiments

    require_experiments("maju reproduce", keras=False)
    if address is not None and executor is not Executor.RAY:
        raise typer.BadParameter("only --executor ray has an address", param_hint="--address")
    if show_list:
        _list()
        return
    from maju.experiments.reproduce import studies_named

    chosen = studies_named(studies or [], quick, None if train_with is None else train_with.value, seeds)
    if any(study.train_with == "keras" for study in chosen):
        require_experiments("maju reproduce")
    if not _run(chosen, data_dir, out or (QUICK if quick else FULL), executor, address):
        raise typer.Exit(1)


def _list() -> None:
    from maju.experiments.study import load_study, shipped_studies

    table = console.Table("study", "title", "rows", "question", right=("rows",))
    for name in shipped_studies():
        study = load_study(name)
        table.add(name, study.title, str(len(study.rows)), study.question)
    table.show()


def _run(
    studies: list[Study], data_dir: Path | None, out: Path, executor: Executor, address: str | None
) -> bool:
    """Run the studies, print their tables, and say whether all is well."""
    from rich.console import Console

    from maju.experiments.grid import run_trainings, trainings
    from maju.experiments.progress import GridProgress
    from maju.experiments.reproduce import Run, describe_data, reproduce, row_results
    from maju.experiments.tables import CAPTION, rich_table, verdict

    for line in describe_data(studies, data_dir):
        console.say(line)
    run: Run = run_trainings
    if executor is Executor.RAY:
        from maju.experiments.ray_executor import run_on_ray

        run = partial(run_on_ray, address=address)
    try:
        with GridProgress(trainings(studies), Console(stderr=True, highlight=False)) as progress:
            results = reproduce(studies, out, data_dir, progress, run)
    except KeyboardInterrupt:
        console.note("stopped; the same command goes on from here")
        raise
    terminal = Console(highlight=False)
    if not terminal.is_terminal:
        terminal.width = 200  # a file has no width that the table must fit into
    for study in studies:
        console.say("")
        console.say(study.title, style="bold")
        rows = [row_results(row, results, study.train_with) for row in study.rows]
        terminal.print(rich_table([result for row in rows for result in row]))
    console.say("")
    console.say(CAPTION, style="dim")
    for line in verdict(list(results.values())).splitlines():
        console.say(line)
    console.say(f"Models and results are in {out}; `maju report {out}` writes the report.")
    return all(result.sound for result in results.values())
