"""What was trained from scratch beside what Keras trained, and whether seeds alone explain the difference."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from maju.experiments.report.outcomes import Measured, RowOutcome, StudyOutcome, commonest_label
from maju.experiments.report.sentences import COLLAPSED
from maju.experiments.report.tables import Cell, Column, Table, f1_cell, trained_cell
from maju.experiments.report.words import DASH, Language
from maju.experiments.results import ScratchScores

__all__ = ["Comparison", "comparison", "comparisons", "trained_sentences", "trained_table"]

#: How many standard errors of a difference still count as noise.
ERRORS = 2


@dataclass(frozen=True)
class Comparison:
    """A row's macro-F1 as Keras and as maju trained it, each over its seeds."""

    row: RowOutcome
    keras: Measured
    maju: Measured

    @property
    def difference(self) -> float:
        """What training from scratch adds, between the means as the tables show them."""
        return round(round(self.maju.mean, 4) - round(self.keras.mean, 4), 4)

    @property
    def collapsed(self) -> bool:
        """Whether every model of both sides gives (nearly) every test row one label, whatever its seed."""
        judged = [scores.keras for scores in self.row.scores]
        judged += [scores.scratch for scores in self.row.trained_scores]
        return all(commonest_label(one)[1] >= COLLAPSED for one in judged)

    @property
    def error(self) -> float | None:
        """The difference's standard error, √(s₁²/n₁ + s₂²/n₂); None where a side has one seed."""
        if self.keras.deviation is None or self.maju.deviation is None:
            return None
        keras, maju = len(self.row.scores), len(self.row.trained_scores)
        return math.hypot(self.keras.deviation / math.sqrt(keras), self.maju.deviation / math.sqrt(maju))

    @property
    def noise(self) -> float | None:
        """How large a difference seeds alone explain; None where they cannot tell."""
        return None if self.collapsed or self.error is None else round(ERRORS * self.error, 4)

    @property
    def within(self) -> bool:
        """Whether the difference is that small."""
        return self.noise is not None and abs(self.difference) <= self.noise


def comparison(row: RowOutcome) -> Comparison | None:
    """A row's; None unless both have trained it with all their seeds."""
    if not row.scores or not row.trained_scores:
        return None
    return Comparison(row, row.measured(lambda scores: scores.keras.macro_f1), row.trained_f1)


def comparisons(outcomes: Iterable[StudyOutcome]) -> list[Comparison]:
    """Those of all rows, of rows that share their trainings once."""
    found = {row.by_maju[0].experiment.name: comparison(row) for one in outcomes for row in one.trained}
    return [one for one in found.values() if one is not None]


def trained_table(outcome: StudyOutcome, language: Language) -> Table | None:
    """A line a row: both scores, how they differ, and how much of that seeds explain; None without any."""
    if not outcome.trained:
        return None
    f1, seeds, seconds = (language(f"column.{name}") for name in ("f1", "seeds", "training_seconds"))
    keras, maju = language("column.keras"), language("column.trained")
    columns = (
        Column(language("column.row"), words=True),
        Column(keras, f1),
        Column(maju, f1),
        Column(language("column.f1_difference"), f1),
        Column(language("column.noise")),
        Column(language("column.within")),
        *(Column(program, group) for group in (seeds, seconds) for program in (keras, maju)),
    )
    lines = (_trained_row(row, language) for row in outcome.trained)
    return Table(language("caption.trained"), columns, tuple(lines))


def _trained_row(row: RowOutcome, language: Language) -> tuple[Cell, ...]:
    dash = Cell(DASH, mark="none")
    difference = noise = within = dash
    both = comparison(row)
    if both is not None:
        difference = Cell(language.signed(both.difference))
        if both.noise is not None:
            noise = Cell(language.number(both.noise))
            within = Cell(language("yes" if both.within else "no"))
        elif both.collapsed:
            within = Cell(language("one_label"))
    sides: tuple[Sequence[ScratchScores], ...] = (row.scores, row.trained_scores)
    return (
        Cell(language.label(row.row)),
        f1_cell(row, language),
        trained_cell(row, language),
        difference,
        noise,
        within,
        *(Cell(str(len(side))) if side else dash for side in sides),
        *(_seconds(side, language) if side else dash for side in sides),
    )


def _seconds(side: Sequence[ScratchScores], language: Language) -> Cell:
    return Cell(language.number(fmean(scores.train_seconds for scores in side), 1))


def trained_sentences(found: Sequence[Comparison], language: Language) -> list[str]:
    """Whether what was trained from scratch scores as what Keras trained does, up to the noise of seeds."""
    told = [one for one in found if one.noise is not None]
    collapsed = [one for one in found if one.collapsed]
    untold = [one for one in found if one not in told and one not in collapsed]
    said = [_noise(told, language)] if told else []
    for key, rows in (("say.trained.one_label", collapsed), ("say.trained.one_seed", untold)):
        if rows:
            said.append(
                language.counted(
                    key,
                    len(rows),
                    count=str(len(rows)),
                    low=language.signed(min(one.difference for one in rows)),
                    high=language.signed(max(one.difference for one in rows)),
                )
            )
    return said


def _noise(told: Sequence[Comparison], language: Language) -> str:
    """The rows within noise and beyond it, and the mean over all of them with its own noise."""
    error = math.hypot(*(one.error or 0.0 for one in told)) / len(told)
    beyond = [one for one in told if not one.within]
    said = language.counted(
        "say.trained.within" if not beyond else "say.trained.beyond",
        len(told),
        count=str(len(told)),
        within=str(len(told) - len(beyond)),
        beyond=language.listed(
            [
                language(
                    "say.trained.row",
                    row=language.label(one.row.row),
                    difference=language.signed(one.difference),
                    noise=language.number(one.noise or 0.0),
                )
                for one in beyond
            ]
        ),
    )
    if len(told) == 1:
        return said
    mean = language(
        "say.trained.mean",
        mean=language.signed(fmean(one.difference for one in told)),
        noise=language.number(ERRORS * error),
    )
    return f"{said} {mean}"
