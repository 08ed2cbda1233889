"""What became of studies: each row with its trainings, read from the folder that ``maju reproduce`` wrote."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import fmean, stdev
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from maju.errors import MajuError
from maju.experiments import grid
from maju.experiments.architectures import RecurrentNetwork
from maju.experiments.experiment import Experiment
from maju.experiments.failures import one_line
from maju.experiments.files import RowFiles
from maju.experiments.results import TOLERANCE, Judgement, Result, Scores, ScratchScores
from maju.experiments.study import Row, Study

__all__ = [
    "History",
    "Measured",
    "RowOutcome",
    "Run",
    "StudyOutcome",
    "always_answering",
    "commonest_label",
    "equal",
    "pairs",
    "read_outcomes",
    "runs_by_maju",
    "runs_of",
    "state_of",
]

History = dict[str, list[float]]

HISTORY = TypeAdapter(History)


@dataclass(frozen=True)
class Measured:
    """A number's mean over seeds, and its sample standard deviation where there are several."""

    mean: float
    deviation: float | None = None


@dataclass(frozen=True)
class Run:
    """One training; without a result it was not run to its end."""

    experiment: Experiment
    result: Result | None = None
    history: History | None = None

    @property
    def scratch(self) -> ScratchScores | None:
        """Its scores, unless it failed or was not run."""
        return self.result.scores if self.result else None

    @property
    def scores(self) -> Scores | None:
        """The same with Keras's, of a training by Keras."""
        return self.scratch if isinstance(self.scratch, Scores) else None

    @property
    def error(self) -> str | None:
        """What it failed with."""
        return self.result.error if self.result else None

    @property
    def seed(self) -> int:
        """What its weights were drawn from."""
        return self.experiment.training.seed


State = Literal["finished", "failed", "missing"]


def state_of(runs: Sequence[Run]) -> State:
    """Only with scores for every seed are they finished: the mean of some seeds is not that of all."""
    if any(run.error is not None for run in runs):
        return "failed"
    return "finished" if all(run.scratch for run in runs) else "missing"


@dataclass(frozen=True)
class RowOutcome:
    """A row of a study with its trainings by Keras, one a seed, and with those by maju, if it was asked."""

    row: Row
    runs: tuple[Run, ...]
    by_maju: tuple[Run, ...] = ()

    @property
    def state(self) -> State:
        """What Keras's trainings came to."""
        return state_of(self.runs)

    @cached_property
    def scores(self) -> list[Scores]:
        """The scores of each seed; none unless the row is finished."""
        return [run.scores for run in self.runs if run.scores] if self.state == "finished" else []

    def measured(self, number: Callable[[Scores], float]) -> Measured:
        """A number of a finished row's scores, over its seeds."""
        return _measured([number(scores) for scores in self.scores])

    @cached_property
    def trained_scores(self) -> list[ScratchScores]:
        """The scores of each seed that maju trained; none unless all of them are there."""
        finished = state_of(self.by_maju) == "finished"
        return [run.scratch for run in self.by_maju if run.scratch] if finished else []

    @property
    def trained_f1(self) -> Measured:
        """The macro-F1 of what maju trained, over its seeds."""
        return _measured([scores.scratch.macro_f1 for scores in self.trained_scores])

    @property
    def macro_f1(self) -> float:
        """A finished row's macro-F1 by Keras, as the tables show it: with four decimals."""
        return round(self.measured(lambda scores: scores.keras.macro_f1).mean, 4)

    @property
    def agree(self) -> int:
        """How many labels of a finished row agree, over all seeds."""
        return sum(scores.agree for scores in self.scores)

    @property
    def test_rows(self) -> int:
        """How many labels of a finished row there are, over all seeds."""
        return sum(scores.rows for scores in self.scores)

    def curves(self, metric: str) -> list[list[float]]:
        """A finished row's curve of a metric for each seed, an epoch a number; none if one is missing."""
        if self.state != "finished":
            return []
        found = [run.history.get(metric, []) if run.history else [] for run in self.runs]
        return found if all(found) and len({len(curve) for curve in found}) == 1 else []

    def curve(self, metric: str) -> list[float]:
        """The mean of the curves; empty if there are none, or if they hold what is no finite number."""
        curves = self.curves(metric)
        if not all(math.isfinite(value) for curve in curves for value in curve):
            return []
        return [fmean(values) for values in zip(*curves, strict=True)]

    @property
    def loss_gap(self) -> float:
        """Validation loss less training loss at the end, from losses with four decimals as the table's."""
        return round(round(self.curve("val_loss")[-1], 4) - round(self.curve("loss")[-1], 4), 4)


@dataclass(frozen=True)
class StudyOutcome:
    """A study with what became of its rows."""

    study: Study
    rows: tuple[RowOutcome, ...]

    @property
    def finished(self) -> list[RowOutcome]:
        """The rows that have scores."""
        return [row for row in self.rows if row.state == "finished"]

    @property
    def trained(self) -> list[RowOutcome]:
        """The rows that maju was asked to train."""
        return [row for row in self.rows if row.by_maju]


def read_outcomes(folder: Path) -> list[StudyOutcome]:
    """The studies of a folder with all results that are there.

    Raises:
        MajuError: there are no studies, or a file is damaged.
    """
    studies = grid.read_studies(folder)
    by_maju = {study.name: study for study in studies if study.train_with == "maju"}
    by_keras = {study.name: study for study in studies if study.train_with == "keras"}
    return [
        _outcome(folder, by_keras.get(name) or by_maju[name], by_maju.get(name))
        for name in dict.fromkeys(study.name for study in studies)
    ]


def _outcome(folder: Path, study: Study, by_maju: Study | None) -> StudyOutcome:
    """A study with what Keras made of it, and with what maju made of the same rows."""
    rows = []
    for row in study.rows:
        same = [one for one in by_maju.rows if _same_but_for_seeds(one, row)] if by_maju else []
        asked = [experiment for one in same for experiment in one.experiments("maju")]
        runs = (tuple(_run(folder, experiment) for experiment in each) for each in (row.experiments(), asked))
        rows.append(RowOutcome(row, *runs))
    return StudyOutcome(study, tuple(rows))


def _same_but_for_seeds(one: Row, other: Row) -> bool:
    return (one.name, one.data, one.model, one.training) == (
        other.name,
        other.data,
        other.model,
        other.training,
    )


def runs_of(outcomes: Iterable[StudyOutcome]) -> list[Run]:
    """Every training by Keras once, though several rows may share it."""
    return _once(run for outcome in outcomes for row in outcome.rows for run in row.runs)


def runs_by_maju(outcomes: Iterable[StudyOutcome]) -> list[Run]:
    """Every training by maju once."""
    return _once(run for outcome in outcomes for row in outcome.rows for run in row.by_maju)


def _once(runs: Iterable[Run]) -> list[Run]:
    return list({run.experiment.name: run for run in runs}.values())


def _measured(values: Sequence[float]) -> Measured:
    return Measured(fmean(values), stdev(values) if len(values) > 1 else None)


def pairs(outcome: StudyOutcome) -> list[tuple[RowOutcome, RowOutcome]]:
    """The rows that differ in the mask over the padding alone: the one without, then the one with it."""
    return [
        (without, masked)
        for without in outcome.rows
        for masked in outcome.rows
        if _masks(without.row, masked.row)
    ]


def commonest_label(judgement: Judgement) -> tuple[int, float]:
    """The class that is predicted most, and its share of the predictions."""
    predicted = [sum(column) for column in zip(*judgement.confusion, strict=True)]
    label = max(range(len(predicted)), key=predicted.__getitem__)
    return label, predicted[label] / sum(predicted)


def equal(scores: Scores) -> bool:
    """Whether Keras and from scratch agree on every label, and on probabilities up to rounding."""
    return scores.agree == scores.rows and scores.max_difference <= TOLERANCE


def always_answering(label: int, judgement: Judgement) -> float:
    """The macro-F1 of a model that gives every test row the same label."""
    counts = [sum(row) for row in judgement.confusion]
    return 2 * counts[label] / (sum(counts) + counts[label]) / len(counts)


def _masks(without: Row, masked: Row) -> bool:
    if not isinstance(without.model, RecurrentNetwork) or without.model.mask_zero:
        return False
    return (
        without.model.model_copy(update={"mask_zero": True}) == masked.model
        and without.data == masked.data
        and without.training == masked.training
        and without.seeds == masked.seeds
    )


def _run(folder: Path, experiment: Experiment) -> Run:
    result = grid.read_result(folder, experiment)
    if result is None or result.scores is None:
        return Run(experiment, result)
    files = RowFiles(grid.runs_folder(folder), experiment.name)
    try:
        history = HISTORY.validate_python(files.read_history())
    except FileNotFoundError:
        history = None
    except (OSError, ValueError, ValidationError) as error:
        raise MajuError(f"{files.history} cannot be read: {one_line(error)}") from error
    return Run(experiment, result, history)
