"""Running experiments one after the other; one that fails does not stop the others."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from pathlib import Path

from maju.errors import MajuError
from maju.experiments.child import OnEvent, ignore, train_in_child
from maju.experiments.data import load
from maju.experiments.evaluation import evaluate
from maju.experiments.experiment import Experiment
from maju.experiments.failures import one_line
from maju.experiments.files import RowFiles
from maju.experiments.plots import plot_losses
from maju.experiments.progress import RowProgress
from maju.experiments.results import Result
from maju.experiments.settings import repeated

__all__ = ["run_experiment", "run_experiments", "versions"]


def run_experiments(
    experiments: Sequence[Experiment],
    folder: Path,
    data_dir: str | os.PathLike[str] | None = None,
    progress: RowProgress | None = None,
) -> list[Result]:
    """Run experiments in their order, from their start; the files of each go into the folder.

    Args:
        data_dir: as for `maju.datasets`.
        progress: what shows how far it is.

    Returns:
        A result for each, those that failed included.

    Raises:
        MajuError: two experiments have one name.
    """
    twice = repeated(row.name for row in experiments)
    if twice:
        raise MajuError(f"each experiment needs a name of its own for its files: {', '.join(twice)}")
    results = []
    for experiment in experiments:
        on_event = ignore if progress is None else progress.row(experiment)
        folder.mkdir(parents=True, exist_ok=True)
        files = RowFiles(folder, experiment.name)
        files.remove()
        results.append(run_experiment(experiment, folder, data_dir, on_event))
        files.remove_checkpoints()
        if progress is not None:
            progress.finish(results[-1])
    return results


def run_experiment(
    experiment: Experiment,
    folder: Path,
    data_dir: str | os.PathLike[str] | None = None,
    on_event: OnEvent = ignore,
) -> Result:
    """Train one model, evaluate what was saved from scratch, and plot its losses.

    A training that has a checkpoint in the folder goes on from there; the last one stays, for the caller to
    remove once the result is safe.

    Returns:
        The scores, or the error in one line if anything went wrong.
    """
    files = RowFiles(folder, experiment.name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        dataset = load(experiment.data, data_dir)
        trained = train_in_child(experiment, folder, data_dir, on_event)
        on_event({"event": "evaluating"})
        scores = evaluate(experiment, dataset, files.model, trained)
        plot_losses(trained.history, experiment.title, files.plot)
    except Exception as error:  # whatever it is, it is this row's, and the others go on
        return Result(experiment=experiment, error=one_line(error))
    return Result(experiment=experiment, scores=scores, versions=versions() | trained.versions)


def versions() -> dict[str, str]:
    """The versions of what computes and scores."""
    import numpy
    import sklearn

    from maju import __version__

    return {
        "maju": __version__,
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "scikit-learn": sklearn.__version__,
    }
