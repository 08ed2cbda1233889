"""Studies in a folder: each training once, each at any time, by any number of processes.

A folder holds ``studies/``, what was asked for, and ``runs/``, what became of it. A training is there under
its fingerprint, so that equal rows share it and a changed row is another training. Whoever works on it holds
its lock; its result is written last, and what has a result is finished.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

from filelock import FileLock, Timeout
from pydantic import ValidationError

from maju.errors import MajuError
from maju.experiments.child import OnEvent, ignore
from maju.experiments.experiment import Experiment
from maju.experiments.failures import one_line
from maju.experiments.files import RowFiles
from maju.experiments.results import Result
from maju.experiments.runner import run_experiment
from maju.experiments.study import GRID, Study
from maju.formats.atomic import replacing

__all__ = [
    "Progress",
    "finished",
    "read_result",
    "read_studies",
    "run_once",
    "run_trainings",
    "runs_folder",
    "trainings",
    "write_studies",
]

DataDir = str | os.PathLike[str] | None

SECONDS_BETWEEN_TRIES = 1.0


class Progress(Protocol):
    """What is told how far trainings are."""

    def row(self, experiment: Experiment) -> OnEvent:
        """What is to be given the events of a training."""

    def finish(self, result: Result) -> None:
        """Take note that a training is over."""


class BusyError(Exception):
    """Another process works on this training."""


def runs_folder(out: Path) -> Path:
    """The folder of the trainings."""
    return out / "runs"


def trainings(studies: Iterable[Study]) -> list[Experiment]:
    """Every training of the studies, once, called by the first row that needs it."""
    found: dict[str, Experiment] = {}
    for study in studies:
        for row in study.rows:
            for experiment in row.experiments(study.train_with):
                title = f"{study.title}, {experiment.title}"
                found.setdefault(experiment.name, experiment.model_copy(update={"title": title}))
    return list(found.values())


def write_studies(studies: Iterable[Study], out: Path) -> None:
    """Keep the studies beside their results, so that a report needs nothing else."""
    folder = out / "studies"
    folder.mkdir(parents=True, exist_ok=True)
    for study in studies:
        # Apart from what Keras was asked to train: the report sets one beside the other.
        ending = ".json" if study.train_with == "keras" else f".{study.train_with}.json"
        with replacing(folder / f"{study.name}{ending}") as path:
            text = study.model_dump_json(indent=1, exclude_none=True)
            path.write_text(text + "\n", encoding="utf-8")


def read_studies(out: Path) -> list[Study]:
    """The studies that were run into a folder: those of the grid in its order, then others by name.

    Raises:
        MajuError: there are none, or a file is damaged.
    """
    paths = list((out / "studies").glob("*.json"))
    if not paths:
        raise MajuError(f"{out} holds no results of `maju reproduce`: its folder studies is missing or empty")
    studies = []
    for path in paths:
        try:
            studies.append(Study.model_validate_json(path.read_bytes()))
        except (OSError, ValidationError) as error:
            raise MajuError(f"{path} cannot be read: {one_line(error)}") from error
    order = {name: place for place, name in enumerate(GRID)}
    return sorted(studies, key=lambda study: (order.get(study.name, len(order)), study.name))


def read_result(out: Path, experiment: Experiment) -> Result | None:
    """What a training came to; None if it was never ended.

    Raises:
        MajuError: the file is damaged.
    """
    path = RowFiles(runs_folder(out), experiment.name).result
    try:
        return Result.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise MajuError(f"{path} cannot be read; remove it to train anew ({one_line(error)})") from error


def finished(out: Path, experiment: Experiment) -> Result | None:
    """The result of a training that ended with scores; one that failed is to be tried again."""
    result = read_result(out, experiment)
    return result if result is not None and result.scores is not None else None


def run_once(
    experiment: Experiment,
    out: Path,
    data_dir: DataDir = None,
    on_event: OnEvent = ignore,
    wait: float = 0,
) -> Result:
    """Train and evaluate, unless that is done; go on from the last epoch where there is one.

    Args:
        wait: for how many seconds to wait for another process that works on it; -1 waits as long as it does.

    Raises:
        BusyError: another process still works on it.
    """
    folder = runs_folder(out)
    folder.mkdir(parents=True, exist_ok=True)
    files = RowFiles(folder, experiment.name)
    try:
        with FileLock(files.lock, timeout=wait):
            result = finished(out, experiment)
            if result is None:
                result = run_experiment(experiment, folder, data_dir, on_event)
                with replacing(files.result) as path:
                    path.write_text(result.model_dump_json(indent=1) + "\n", encoding="utf-8")
            if result.scores is not None:
                files.remove_checkpoints()  # not before the result is safe: a process may end at any line
            return result
    except Timeout as error:
        raise BusyError(experiment.name) from error


def run_trainings(
    experiments: Sequence[Experiment], out: Path, data_dir: DataDir = None, progress: Progress | None = None
) -> dict[str, Result]:
    """Run trainings on this machine, one after the other; those that another process works on come last.

    Returns:
        Their results by name, those that failed included.

    Raises:
        MajuError: a result that is there already is damaged.
    """
    for experiment in experiments:
        read_result(out, experiment)  # so that what is damaged is said now, and not after hours of training
    results: dict[str, Result] = {}
    waiting = list(experiments)
    while waiting:
        busy = []
        for experiment in waiting:
            on_event = ignore if progress is None else progress.row(experiment)
            try:
                result = run_once(experiment, out, data_dir, on_event)
            except BusyError:
                busy.append(experiment)
                on_event({"event": "busy"})
                continue
            results[experiment.name] = result
            if progress is not None:
                progress.finish(result)
        if len(busy) == len(waiting):
            time.sleep(SECONDS_BETWEEN_TRIES)
        waiting = busy
    return results
