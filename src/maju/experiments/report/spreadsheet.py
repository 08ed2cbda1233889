"""All numbers of the report as CSV, for a spreadsheet."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from typing import Any

from maju.experiments.report.outcomes import RowOutcome, Run, StudyOutcome, state_of
from maju.experiments.results import Judgement

__all__ = ["as_csv"]


def as_csv(outcomes: Sequence[StudyOutcome]) -> str:
    """A line for each row and seed, and what trained it; what was not run or failed has no numbers.

    A training that several rows share has a line for each of them, with the same name in ``training``.
    """
    lines = [
        _line(outcome, row, run)
        for outcome in outcomes
        for row in outcome.rows
        for run in (*row.runs, *row.by_maju)
    ]
    columns = list(dict.fromkeys(name for line in lines for name in line))
    file = io.StringIO()
    writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return file.getvalue()


def _line(outcome: StudyOutcome, row: RowOutcome, run: Run) -> dict[str, Any]:
    scores, compared = run.scratch, run.scores
    line: dict[str, Any] = {
        "study": outcome.study.name,
        "row": row.row.name,
        "label": row.row.label,
        "seed": run.seed,
        "trained_with": run.experiment.train_with,
        "training": run.experiment.name,
        "state": state_of([run]),
        "error": run.error,
        "data": row.row.data.name,
        "epochs": row.row.training.epochs,
        "reference_macro_f1": row.row.reference,
        "reference_from_scratch": row.row.reference_from_scratch,
        "target_macro_f1": row.row.target,
        "parameters": scores and scores.parameters,
        "test_rows": scores and scores.rows,
        "labels_that_agree": compared and compared.agree,
        "max_difference": compared and compared.max_difference,
        "train_seconds": scores and scores.train_seconds,
        **_curve_ends(run),
    }
    if compared:
        line |= _judged("keras", compared.keras, compared.classes)
    if scores:
        line |= _judged("scratch", scores.scratch, scores.classes)
    return line


def _curve_ends(run: Run) -> dict[str, float | int | None]:
    names = (
        "last_training_loss",
        "last_validation_loss",
        "lowest_validation_loss",
        "lowest_validation_epoch",
    )
    history = run.history or {}
    training, validation = history.get("loss"), history.get("val_loss")
    if not training or not validation or not all(map(math.isfinite, validation)):
        return dict.fromkeys(names)
    lowest = min(validation)
    return dict(zip(names, (training[-1], validation[-1], lowest, validation.index(lowest) + 1), strict=True))


def _judged(program: str, judgement: Judgement, classes: Sequence[str]) -> dict[str, float]:
    return {
        f"{program}_macro_f1": judgement.macro_f1,
        f"{program}_accuracy": judgement.accuracy,
        f"{program}_seconds": judgement.seconds,
        **{f"{program}_f1_{name}": f1 for name, f1 in zip(classes, judgement.f1, strict=True)},
    }
