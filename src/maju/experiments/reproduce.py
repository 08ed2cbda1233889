"""``maju reproduce``: the study's experiments, trained with Keras or maju, run from scratch, and compared."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from maju.errors import ExperimentError
from maju.experiments import grid
from maju.experiments.data import load
from maju.experiments.experiment import Experiment, Program
from maju.experiments.files import made_folder
from maju.experiments.results import Result
from maju.experiments.settings import repeated
from maju.experiments.study import GRID, Row, Study, load_study

__all__ = ["describe_data", "reproduce", "row_results", "studies_named"]

DataDir = str | os.PathLike[str] | None
Run = Callable[[Sequence[Experiment], Path, DataDir, grid.Progress | None], dict[str, Result]]


def studies_named(
    sources: Sequence[str | Path],
    quick: bool = False,
    train_with: Program | None = None,
    seeds: int | None = None,
) -> list[Study]:
    """Load studies by name or file; with none named, those of the grid.

    Args:
        quick: with little data, two epochs and one seed.
        train_with: what trains their rows, where it is not to be what they say.
        seeds: how many each row has, where it is not to be as many as it says.

    Raises:
        ExperimentError: a file is broken, or two studies have one name.
    """
    studies = [load_study(source) for source in sources or GRID]
    twice = repeated(study.name for study in studies)
    if twice:
        raise ExperimentError(f"each study needs a name of its own: {', '.join(twice)}")
    if quick:
        studies = [study.quick() for study in studies]
    if train_with is not None:
        studies = [study.trained_with(train_with) for study in studies]
    return studies if seeds is None else [study.seeded(seeds) for study in studies]


def reproduce(
    studies: Sequence[Study],
    out: str | os.PathLike[str],
    data_dir: DataDir = None,
    progress: grid.Progress | None = None,
    run: Run = grid.run_trainings,
) -> dict[str, Result]:
    """Run studies into a folder; what is finished there already is not run again.

    Args:
        progress: what shows how far it is.
        run: what runs the trainings, and where.

    Returns:
        The result of each training, by its name.

    Raises:
        MajuError: the folder cannot be made, or holds a damaged result.
    """
    folder = made_folder(out)
    grid.write_studies(studies, folder)
    return run(grid.trainings(studies), folder, data_dir, progress)


def describe_data(studies: Sequence[Study], data_dir: DataDir = None) -> list[str]:
    """Load each data set that studies need, and say how much of it they use; a line each.

    Raises:
        DataError: one is missing or damaged.
    """
    choices = dict.fromkeys(row.data for study in studies for row in study.rows)
    lines = []
    for choice in choices:
        dataset = load(choice, data_dir)
        train, validation, test = (f"{len(split.y):,}" for split in dataset)
        lines.append(f"{dataset.name}: {train} training rows, {validation} validation rows, {test} test rows")
    return lines


def row_results(row: Row, results: Mapping[str, Result], train_with: Program = "keras") -> list[Result]:
    """The results of a row, a seed each, under the row's label."""
    return [
        results[experiment.name].model_copy(update={"experiment": experiment})
        for experiment in row.experiments(train_with)
    ]
