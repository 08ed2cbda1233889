"""Results to report: of trainings that never were."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from maju.experiments.architectures import RecurrentNetwork
from maju.experiments.data import DataChoice
from maju.experiments.experiment import Experiment, Training
from maju.experiments.files import RowFiles
from maju.experiments.grid import runs_folder, write_studies
from maju.experiments.report.outcomes import History, RowOutcome, Run, StudyOutcome
from maju.experiments.results import Judgement, Result, Scores, ScratchScores
from maju.experiments.study import Row, Study

CLASSES = ("negative", "neutral", "positive")
GOOD = ((40, 10, 3), (6, 20, 4), (2, 5, 60))
MIDDLING = ((30, 13, 10), (10, 10, 10), (20, 17, 30))
#: Every row is said to be negative.
COLLAPSED = ((53, 0, 0), (30, 0, 0), (67, 0, 0))
#: 146 of 150 are.
NEARLY = ((53, 0, 0), (29, 1, 0), (64, 0, 3))
TURNS: History = {"loss": [1.0, 0.6, 0.3, 0.1], "val_loss": [0.9, 0.8, 0.85, 1.0]}
FALLS: History = {"loss": [1.0, 0.9, 0.8, 0.7], "val_loss": [0.95, 0.9, 0.85, 0.8]}
FLAT: History = {"loss": [1.12, 1.1, 1.09, 1.1], "val_loss": [1.1, 1.09, 1.08, 1.09]}

Confusion = Sequence[Sequence[int]]


def judgement(confusion: Confusion, seconds: float = 0.25) -> Judgement:
    """Scored by the definitions, and not by scikit-learn."""
    f1 = []
    for label in range(len(confusion)):
        right = confusion[label][label]
        true, predicted = sum(confusion[label]), sum(row[label] for row in confusion)
        f1.append(2 * right / (true + predicted) if right else 0.0)
    return Judgement(
        macro_f1=sum(f1) / len(f1),
        accuracy=sum(confusion[label][label] for label in range(len(confusion))) / sum(map(sum, confusion)),
        f1=tuple(f1),
        confusion=tuple(map(tuple, confusion)),
        seconds=seconds,
    )


def scored(confusion: Confusion = GOOD, scratch: Confusion | None = None, **changes: Any) -> Scores:
    rows = sum(map(sum, confusion))
    numbers: dict[str, Any] = {
        "rows": rows,
        "classes": CLASSES if len(confusion) == 3 else tuple(f"class {i}" for i in range(len(confusion))),
        "parameters": 12_345,
        "keras": judgement(confusion),
        "scratch": judgement(scratch or confusion, 0.05),
        "agree": rows,
        "max_difference": 2.5e-7,
        "train_seconds": 12.34,
    }
    return Scores(**{**numbers, **changes})


def row(name: str = "plain", **changes: Any) -> Row:
    """A row with a label like its name; `mask_zero` and `units` go to its network."""
    model = {key: changes.pop(key) for key in ("mask_zero", "units") if key in changes}
    settings: dict[str, Any] = {
        "label": name.replace("-", " "),
        "data": DataChoice(name="nusax"),
        "model": RecurrentNetwork(cell="LSTM", **{"units": (4,), **model}),
        "training": Training(epochs=4),
    }
    return Row(name=name, **{**settings, **changes})


def done(
    name: str = "plain", scores: Scores | Confusion = GOOD, history: History | None = TURNS, **changes: Any
) -> RowOutcome:
    """A row that was run, with the same scores for each seed."""
    what = row(name, **changes)
    found = scores if isinstance(scores, Scores) else scored(scores)
    return RowOutcome(what, tuple(run(one, found, history) for one in what.experiments()))


def seeded(name: str, confusions: Sequence[Confusion], **changes: Any) -> RowOutcome:
    """A row with a seed for each confusion matrix."""
    what = row(name, seeds=tuple(range(len(confusions))), **changes)
    each = zip(what.experiments(), confusions, strict=True)
    return RowOutcome(
        what, tuple(run(experiment, scored(confusion), TURNS) for experiment, confusion in each)
    )


def by_maju(one: RowOutcome, *outcomes: Confusion | str | None, seconds: float = 20.5) -> RowOutcome:
    """The same row, trained by maju too: for each seed a confusion matrix, an error, or nothing yet."""
    what = one.row.model_copy(update={"seeds": tuple(range(len(outcomes)))})
    each = zip(what.experiments("maju"), outcomes, strict=True)
    return replace(one, by_maju=tuple(_by_maju(experiment, outcome, seconds) for experiment, outcome in each))


def _by_maju(experiment: Experiment, outcome: Confusion | str | None, seconds: float) -> Run:
    if outcome is None:
        return Run(experiment)
    if isinstance(outcome, str):
        return Run(experiment, Result(experiment=experiment, error=outcome))
    scores = ScratchScores(
        rows=sum(map(sum, outcome)),
        classes=CLASSES,
        parameters=12_345,
        scratch=judgement(outcome, 0.05),
        train_seconds=seconds,
    )
    return Run(experiment, Result(experiment=experiment, scores=scores, versions={"maju": "0.2.0"}), TURNS)


def failed(name: str = "broken", error: str = "killed by SIGKILL", **changes: Any) -> RowOutcome:
    what = row(name, **changes)
    runs = (Run(one, Result(experiment=one, error=error)) for one in what.experiments())
    return RowOutcome(what, tuple(runs))


def missing(name: str = "later", **changes: Any) -> RowOutcome:
    what = row(name, **changes)
    return RowOutcome(what, tuple(Run(one) for one in what.experiments()))


def run(experiment: Experiment, scores: Scores, history: History | None = TURNS) -> Run:
    versions = {"maju": "0.1.0", "keras": "3.15.1"}
    return Run(experiment, Result(experiment=experiment, scores=scores, versions=versions), history)


def study(*rows: RowOutcome, name: str = "mine", **changes: Any) -> StudyOutcome:
    settings = {"title": "Mine", "question": "Does it help?", **changes}
    return StudyOutcome(Study(name=name, rows=tuple(one.row for one in rows), **settings), rows)


def save(folder: Path, *outcomes: StudyOutcome) -> Path:
    """Write what `maju reproduce` leaves behind."""
    write_studies([outcome.study for outcome in outcomes], folder)
    write_studies([asked_of_maju(outcome) for outcome in outcomes if outcome.trained], folder)
    runs = runs_folder(folder)
    runs.mkdir(exist_ok=True)
    for outcome in outcomes:
        for one in (one for row in outcome.rows for one in (*row.runs, *row.by_maju)):
            files = RowFiles(runs, one.experiment.name)
            if one.result:
                files.result.write_text(one.result.model_dump_json())
            if one.history:
                files.history.write_text(json.dumps(one.history))
    return folder


def asked_of_maju(outcome: StudyOutcome) -> Study:
    """The study with the rows that maju was to train, and the seeds of those."""
    rows = tuple(
        one.row.model_copy(update={"seeds": tuple(run.seed for run in one.by_maju)})
        for one in outcome.trained
    )
    return outcome.study.trained_with("maju").model_copy(update={"rows": rows})


def texts(table: Any) -> list[list[str]]:
    """The texts of a table's cells, row by row."""
    return [[cell.text for cell in line] for line in table.rows]


def under(table: Any, line: int) -> Mapping[str, str]:
    """A row's cells by their headings, as Markdown has them."""
    headings = [
        f"{column.group}: {column.title}" if column.group else column.title for column in table.columns
    ]
    cells: list[str] = []
    for cell in table.rows[line]:
        cells += [cell.text, *[""] * (cell.span - 1)]
    return dict(zip(headings, cells, strict=True))
