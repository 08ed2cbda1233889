"""The tables of the report, as text cells that both its formats lay out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from statistics import fmean
from typing import Literal

from maju.experiments.report.outcomes import (
    Measured,
    RowOutcome,
    Run,
    StudyOutcome,
    commonest_label,
    pairs,
    state_of,
)
from maju.experiments.report.words import DASH, Language
from maju.experiments.results import TOLERANCE, Judgement, Scores

__all__ = [
    "Cell",
    "Column",
    "Table",
    "f1_cell",
    "halves_table",
    "loss_table",
    "overview_table",
    "per_class_tables",
    "results_table",
    "seeds_table",
    "trained_cell",
    "with_pages",
]


@dataclass(frozen=True)
class Cell:
    """A cell's text, over how many columns it reaches, whether it stands out, and where it leads.

    Attributes:
        link: a place in the same page.
        page: another page.
    """

    text: str
    span: int = 1
    mark: Literal["", "best", "bad", "none"] = ""
    link: str = ""
    page: str = ""


@dataclass(frozen=True)
class Column:
    """A column's heading, below a heading that it shares with its neighbours."""

    title: str
    group: str = ""
    words: bool = False


@dataclass(frozen=True)
class Table:
    """Rows of cells under columns; the first cell of a row is its heading."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]

    @property
    def groups(self) -> list[tuple[str, int, Column]]:
        """The upper line of headings: each with how many columns it is over, and the first of them."""
        found: list[tuple[str, int, Column]] = []
        for group, columns in groupby(self.columns, key=lambda column: column.group):
            same = list(columns)
            # A column without a group has the upper line to itself.
            found += [(group, len(same), same[0])] if group else [("", 1, column) for column in same]
        return found


def with_pages(table: Table, pages: Sequence[str]) -> Table:
    """The same table, the headings of whose rows lead to pages; an empty name is none."""
    rows = zip(table.rows, pages, strict=True)
    return replace(table, rows=tuple((replace(first, page=page), *rest) for (first, *rest), page in rows))


def overview_table(outcomes: Sequence[StudyOutcome], language: Language) -> Table:
    """A line a study: its best and its worst row, and the agreement."""
    columns = (
        Column(language("column.study"), words=True),
        Column(language("column.finished")),
        Column(language("column.best"), language("column.f1")),
        Column(language("column.row"), language("column.f1"), words=True),
        Column(language("column.worst"), language("column.f1")),
        Column(language("column.row"), language("column.f1"), words=True),
        Column(language("column.labels"), language("column.agreement")),
        Column(language("column.difference"), language("column.agreement")),
    )
    return Table(
        language("overview.caption"), columns, tuple(_overview_row(outcome, language) for outcome in outcomes)
    )


def _overview_row(outcome: StudyOutcome, language: Language) -> tuple[Cell, ...]:
    rows = outcome.finished
    first = Cell(language.title(outcome.study), link=outcome.study.name)
    done = Cell(f"{len(rows)}/{len(outcome.rows)}")
    if not rows:
        return first, done, *[Cell(DASH, mark="none")] * 6
    worst, best = min(row.macro_f1 for row in rows), max(row.macro_f1 for row in rows)

    def named(f1: float) -> Cell:
        return Cell(", ".join(language.label(row.row) for row in rows if row.macro_f1 == f1))

    return (
        first,
        done,
        Cell(language.number(best)),
        named(best),
        Cell(language.number(worst)),
        named(worst),
        *_agreement_cells([scores for row in rows for scores in row.scores], language, together=True),
    )


def results_table(outcome: StudyOutcome, language: Language) -> Table:
    """A line a row: its size, its scores by Keras and from scratch, their agreement, and the seconds."""
    rows = [row.row for row in outcome.rows]
    best = max((row.macro_f1 for row in outcome.finished), default=None)
    f1, reference, seconds = (language(f"column.{name}") for name in ("f1", "reference", "seconds"))
    keras, scratch = language("column.keras"), language("column.scratch")
    columns = [
        Column(language("column.row"), words=True),
        Column(language("column.parameters")),
        Column(language("column.epochs")),
        Column(keras, f1),
        Column(scratch, f1),
        *([Column(language("column.trained"), f1)] if outcome.trained else ()),
        Column(language("column.accuracy")),
        Column(language("column.labels"), language("column.agreement")),
        Column(language("column.difference"), language("column.agreement")),
    ]
    with_reference = any(row.reference is not None for row in rows)
    with_scratch = any(row.reference_from_scratch is not None for row in rows)
    with_target = any(row.target is not None for row in rows)
    if with_reference:
        columns.append(Column(keras, reference))
    if with_scratch:
        columns.append(Column(scratch, reference))
    if with_target:
        columns += [Column(language("column.target")), Column(language("column.reached"))]
    columns += [Column(language(f"column.{name}"), seconds) for name in ("train", "keras", "scratch")]
    extra = (bool(outcome.trained), with_reference, with_scratch, with_target)
    return Table(
        _results_caption(outcome, language),
        tuple(columns),
        tuple(_results_row(row, best, extra, language) for row in outcome.rows),
    )


def _results_caption(outcome: StudyOutcome, language: Language) -> str:
    sizes = {scores.rows for row in outcome.finished for scores in row.scores}
    caption = language("caption.results.any")
    if len(sizes) == 1:
        caption = language("caption.results", rows=language.plain(sizes.pop()))
    return f"{caption} {language('caption.seeds')}" if _several_seeds(outcome) else caption


def _results_row(
    row: RowOutcome, best: float | None, extra: tuple[bool, bool, bool, bool], language: Language
) -> tuple[Cell, ...]:
    cells = [Cell(language.label(row.row))]
    scores = row.scores
    with_trained, with_reference, with_scratch, with_target = extra
    trained = [trained_cell(row, language)] if with_trained else []
    if scores:
        f1_keras = row.measured(lambda one: one.keras.macro_f1)
        f1_scratch = row.measured(lambda one: one.scratch.macro_f1)
        cells += [
            Cell(language.plain(scores[0].parameters)),
            Cell(language.plain(row.row.training.epochs)),
            Cell(_measured(f1_keras, language), mark="best" if row.macro_f1 == best else ""),
            Cell(_measured(f1_scratch, language), mark="bad" if f1_scratch != f1_keras else ""),
            *trained,
            _accuracy_cell(row, language),
            *_agreement_cells(scores, language),
        ]
    elif trained:
        cells += [_no_score(row.runs, 4, language), *trained, *[Cell(DASH, mark="none")] * 3]
    else:
        cells.append(_no_score(row.runs, 7, language))
    if with_reference:
        cells.append(_reference_cell(row.row.reference, language))
    if with_scratch:
        cells.append(_reference_cell(row.row.reference_from_scratch, language))
    if with_target:
        cells += _target_cells(row, language)
    if scores:
        cells += _seconds_cells(scores, language)
    else:
        cells += [Cell(DASH, mark="none")] * 3
    return tuple(cells)


def trained_cell(row: RowOutcome, language: Language) -> Cell:
    """The macro-F1 of what maju trained, in a table where any row has one."""
    if not row.by_maju:
        return Cell(DASH, mark="none")
    if not row.trained_scores:
        return _no_score(row.by_maju, 1, language)
    return Cell(_measured(row.trained_f1, language))


def _no_score(runs: Sequence[Run], span: int, language: Language) -> Cell:
    """What stands where trainings that are not finished have no scores."""
    if state_of(runs) == "failed":
        return Cell(language("failed"), span, "bad")
    done = sum(run.scratch is not None for run in runs)
    text = language("missing")
    if done:
        text += f" ({language('missing.seeds', done=str(done), seeds=str(len(runs)))})"
    return Cell(text, span, "none")


def _accuracy_cell(row: RowOutcome, language: Language) -> Cell:
    keras = row.measured(lambda one: one.keras.accuracy)
    scratch = row.measured(lambda one: one.scratch.accuracy)
    if keras == scratch:
        return Cell(_measured(keras, language))
    return Cell(f"{_measured(keras, language)} / {_measured(scratch, language)}", mark="bad")


def _agreement_cells(scores: Sequence[Scores], language: Language, together: bool = False) -> list[Cell]:
    """Labels and max |Δp| of the worst; together, the labels are counted over all."""
    if together:
        agree, rows = sum(one.agree for one in scores), sum(one.rows for one in scores)
    else:
        worst = min(scores, key=lambda one: one.agree / one.rows)
        agree, rows = worst.agree, worst.rows
    difference = max(one.max_difference for one in scores)
    return [
        Cell(f"{language.plain(agree)}/{language.plain(rows)}", mark="" if agree == rows else "bad"),
        Cell(language.power(difference), mark="" if difference <= TOLERANCE else "bad"),
    ]


def _reference_cell(value: float | str | None, language: Language) -> Cell:
    if value is None:
        return Cell(DASH, mark="none")
    return Cell(language.known(f"word.{value}", value) if isinstance(value, str) else language.number(value))


def _target_cells(row: RowOutcome, language: Language) -> list[Cell]:
    target = row.row.target
    if target is None:
        return [Cell(DASH, mark="none")] * 2
    if not row.scores:
        return [Cell(language.plain(target)), Cell(DASH, mark="none")]
    reached = row.macro_f1 >= target
    return [
        Cell(language.plain(target)),
        Cell(language("yes" if reached else "no"), mark="" if reached else "bad"),
    ]


def _seconds_cells(scores: Sequence[Scores], language: Language) -> list[Cell]:
    """The mean over the seeds."""
    return [
        Cell(language.number(fmean(one.train_seconds for one in scores), 1)),
        Cell(language.number(fmean(one.keras.seconds for one in scores), 2)),
        Cell(language.number(fmean(one.scratch.seconds for one in scores), 2)),
    ]


def halves_table(outcome: StudyOutcome, language: Language) -> Table | None:
    """The rows without a mask beside those with it; None if the study has no such pairs."""
    halves = pairs(outcome)
    if not halves:
        return None
    f1, share = language("column.f1"), language("column.share")
    without, masked = language("column.without"), language("column.with")
    with_reference = any(one.row.reference is not None for one, _ in halves)
    columns = [
        Column(language("column.row"), words=True),
        Column(without, f1),
        Column(masked, f1),
        Column(language("column.change"), f1),
        Column(without, share),
        Column(masked, share),
    ]
    if with_reference:
        columns.append(Column(language("column.without"), language("column.reference")))
    rows = []
    for one, other in halves:
        change = Cell(DASH, mark="none")
        if one.scores and other.scores:
            change = Cell(language.signed(other.macro_f1 - one.macro_f1))
        cells = [
            Cell(language.label(one.row)),
            f1_cell(one, language),
            f1_cell(other, language),
            change,
            _share_cell(one, language),
            _share_cell(other, language),
        ]
        if with_reference:
            cells.append(_reference_cell(one.row.reference, language))
        rows.append(tuple(cells))
    return Table(language("caption.halves"), tuple(columns), tuple(rows))


def f1_cell(row: RowOutcome, language: Language) -> Cell:
    """The macro-F1 of a row by Keras, or what stands in its place."""
    if not row.scores:
        return _no_score(row.runs, 1, language)
    return Cell(_measured(row.measured(lambda one: one.keras.macro_f1), language))


def _share_cell(row: RowOutcome, language: Language) -> Cell:
    """The share of the label that is given most, and which label that is; the mean over several seeds."""
    if not row.scores:
        return Cell(DASH, mark="none")
    found = [commonest_label(scores.keras) for scores in row.scores]
    share = language.percent(fmean(share for _, share in found))
    return Cell(share if len(found) > 1 else f"{share} {row.scores[0].classes[found[0][0]]}")


def loss_table(outcome: StudyOutcome, language: Language) -> Table | None:
    """Where the loss curves end, and where validation loss is lowest; None without any curves."""
    rows = [row for row in outcome.finished if row.curve("loss") and row.curve("val_loss")]
    if not rows:
        return None
    validation = language("column.validation_loss")
    columns = (
        Column(language("column.row"), words=True),
        Column(language("column.lowest"), validation),
        Column(language("column.epoch"), validation),
        Column(language("column.last"), validation),
        Column(language("column.last"), language("column.training_loss")),
        Column(language("column.gap")),
    )
    return Table(language("caption.losses"), columns, tuple(_loss_row(row, language) for row in rows))


def _loss_row(row: RowOutcome, language: Language) -> tuple[Cell, ...]:
    training, validation = row.curve("loss"), row.curve("val_loss")
    lowest = validation.index(min(validation))
    return (
        Cell(language.label(row.row)),
        Cell(language.number(validation[lowest])),
        Cell(f"{lowest + 1}/{len(validation)}"),
        Cell(language.number(validation[-1])),
        Cell(language.number(training[-1])),
        Cell(language.number(row.loss_gap)),
    )


def per_class_tables(outcome: StudyOutcome, language: Language) -> list[Table]:
    """F1 of each class, a line a row; rows of other classes have a table of their own."""
    by_classes: dict[tuple[str, ...], list[RowOutcome]] = {}
    for row in outcome.finished:
        by_classes.setdefault(row.scores[0].classes, []).append(row)
    return [_per_class_table(classes, rows, language) for classes, rows in by_classes.items()]


def _per_class_table(classes: Sequence[str], rows: Sequence[RowOutcome], language: Language) -> Table:
    lines = []
    any_scratch = False
    for row in rows:
        label = language.label(row.row)
        lines.append(_f1_line(label, row, lambda scores: scores.keras, language))
        if any(scores.keras.f1 != scores.scratch.f1 for scores in row.scores):
            any_scratch = True
            name = language("row.scratch", row=label)
            lines.append(_f1_line(name, row, lambda scores: scores.scratch, language))
    columns = (Column(language("column.row"), words=True), *(Column(name) for name in classes))
    caption = language("caption.per_class.scratch" if any_scratch else "caption.per_class")
    return Table(caption, columns, tuple(lines))


def _f1_line(
    label: str, row: RowOutcome, judged: Callable[[Scores], Judgement], language: Language
) -> tuple[Cell, ...]:
    classes = zip(*(judged(scores).f1 for scores in row.scores), strict=True)
    return (Cell(label), *(Cell(language.number(fmean(values))) for values in classes))


def seeds_table(outcome: StudyOutcome, language: Language) -> Table | None:
    """A line a training of the rows with several seeds; None if there are none."""
    if not _several_seeds(outcome):
        return None
    f1 = language("column.f1")
    columns = (
        Column(language("column.row"), words=True),
        Column(language("column.seed")),
        Column(language("column.keras"), f1),
        Column(language("column.scratch"), f1),
        *([Column(language("column.trained"), f1)] if outcome.trained else ()),
        Column(language("column.accuracy")),
        Column(language("column.labels"), language("column.agreement")),
        Column(language("column.difference"), language("column.agreement")),
        *(
            Column(language(f"column.{name}"), language("column.seconds"))
            for name in ("train", "keras", "scratch")
        ),
    )
    return Table(language("caption.per_seed"), columns, tuple(_seed_rows(outcome, language)))


def _seed_rows(outcome: StudyOutcome, language: Language) -> Iterator[tuple[Cell, ...]]:
    for row in outcome.rows:
        seeds = _seeds(row)
        if len(seeds) == 1:
            continue
        for seed in seeds:
            runs, by_maju = ([run for run in each if run.seed == seed] for each in (row.runs, row.by_maju))
            alone = RowOutcome(row.row, tuple(runs), tuple(by_maju))
            first = (Cell(language.label(row.row)), Cell(str(seed)))
            trained = [trained_cell(alone, language)] if outcome.trained else []
            scores = runs[0].scores if runs else None
            if scores is None:
                missing = _no_score(runs, 2, language) if runs else Cell(DASH, 2, "none")
                yield (*first, missing, *trained, *[Cell(DASH, mark="none")] * 6)
                continue
            same = scores.keras.macro_f1 == scores.scratch.macro_f1
            yield (
                *first,
                Cell(language.number(scores.keras.macro_f1)),
                Cell(language.number(scores.scratch.macro_f1), mark="" if same else "bad"),
                *trained,
                _accuracy_cell(alone, language),
                *_agreement_cells([scores], language),
                *_seconds_cells([scores], language),
            )


def _several_seeds(outcome: StudyOutcome) -> bool:
    return any(len(_seeds(row)) > 1 for row in outcome.rows)


def _seeds(row: RowOutcome) -> list[int]:
    """The seeds that a row was to be trained with, by Keras or by maju."""
    return list(dict.fromkeys(run.seed for run in (*row.runs, *row.by_maju)))


def _measured(value: Measured, language: Language) -> str:
    mean = language.number(value.mean)
    return (
        mean if value.deviation is None else f"{mean} ±\N{NO-BREAK SPACE}{language.number(value.deviation)}"
    )
