"""What the numbers of a study say, in sentences that are computed from them.

Each function looks at one thing, and gives no sentence where there is nothing to say. They take the numbers
as the tables show them, so that a reader who checks a sentence against the table finds it right.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import fmean

from maju.experiments.report.outcomes import (
    RowOutcome,
    StudyOutcome,
    always_answering,
    commonest_label,
    equal,
    pairs,
    state_of,
)
from maju.experiments.report.words import Language
from maju.experiments.results import TOLERANCE, Scores

__all__ = [
    "COLLAPSED",
    "SENTENCES",
    "agreement",
    "agreement_of",
    "best_and_worst",
    "chance",
    "collapse",
    "failures",
    "gap",
    "masking",
    "missing",
    "original",
    "original_collapse",
    "original_from_scratch",
    "sentences",
    "targets",
    "turning",
]

#: From which share of one label on a model counts as collapsed to one class.
COLLAPSED = 0.95
#: How far validation loss has to fall below that of guessing, as a share of it, to count as learning.
LEARNED = 0.03
#: From which gap of the losses on a model is said to know the training rows by heart.
MEMORIZED = 0.5
#: Standard deviations of a normal distribution that hold 95 % of it.
CONFIDENT = 1.96


def sentences(outcome: StudyOutcome, language: Language) -> list[str]:
    """All that the numbers of a study say."""
    return [sentence for say in SENTENCES for sentence in say(outcome, language)]


def failures(outcome: StudyOutcome, language: Language) -> list[str]:
    """The rows that failed, with their errors."""
    said = []
    for row in outcome.rows:
        label = language.label(row.row)
        for runs, suffix in ((row.runs, ""), (row.by_maju, ".trained")):
            key = f"failed.note{suffix}" if len(runs) == 1 else f"failed.note{suffix}.seed"
            for run in runs:
                if run.error is not None:
                    said.append(language(key, row=label, seed=str(run.seed), error=run.error))
    return said


def missing(outcome: StudyOutcome, language: Language) -> list[str]:
    """The rows that were not run, or not with every seed."""
    by_keras = [row for row in outcome.rows if row.state == "missing"]
    by_maju = [row for row in outcome.trained if state_of(row.by_maju) == "missing"]
    found = (("missing.note", by_keras), ("missing.note.trained", by_maju))
    return [language(key, rows=_names(rows, language)) for key, rows in found if rows]


def best_and_worst(outcome: StudyOutcome, language: Language) -> list[str]:
    """The rows with the highest and the lowest macro-F1, ties together."""
    rows = outcome.finished
    if not rows:
        return []
    said = []
    if len(rows) < len(outcome.rows):
        said.append(
            language.counted(
                "say.finished_of", len(rows), rows=str(len(outcome.rows)), finished=str(len(rows))
            )
        )
    worst, best = min(row.macro_f1 for row in rows), max(row.macro_f1 for row in rows)
    if len(rows) == 1:
        said.append(language("say.only", row=_names(rows, language), f1=language.number(best)))
    elif worst == best:
        said.append(language("say.all_equal", count=str(len(rows)), f1=language.number(best)))
    else:
        said.append(
            language(
                "say.best",
                best=language.number(best),
                best_rows=_names([row for row in rows if row.macro_f1 == best], language),
                worst=language.number(worst),
                worst_rows=_names([row for row in rows if row.macro_f1 == worst], language),
                spread=language.number(best - worst),
            )
        )
    return said


def chance(outcome: StudyOutcome, language: Language) -> list[str]:
    """How the spread compares with what the seed and the choice of test rows leave uncertain."""
    rows = outcome.finished
    if len(rows) < 2:
        return []
    spread = max(row.macro_f1 for row in rows) - min(row.macro_f1 for row in rows)
    if spread == 0:
        return []
    deviations = [row.measured(lambda scores: scores.keras.macro_f1).deviation for row in rows]
    several = [deviation for deviation in deviations if deviation is not None]
    if len(several) == len(rows):
        key = "say.chance.seeds_within" if spread <= 2 * max(several) else "say.chance.seeds_beyond"
        return [language(key, deviation=language.number(max(several)))]
    if several:
        return []
    best = max(rows, key=lambda row: row.macro_f1).scores[0]
    # Two independent estimates of a share, as if each model had its own test rows: the careful side.
    share = best.keras.accuracy
    noise = CONFIDENT * math.sqrt(2 * share * (1 - share) / best.rows)
    key = "say.chance.within" if spread <= noise else "say.chance.beyond"
    return [language(key, noise=language.number(noise, 3), rows=language.plain(best.rows))]


def collapse(outcome: StudyOutcome, language: Language) -> list[str]:
    """The models that give all test rows one label, or nearly all."""
    said = []
    whole: dict[tuple[str, str], list[RowOutcome]] = {}
    for row in outcome.finished:
        collapsed = _collapsed(row)
        if not collapsed:
            continue
        number, label, share = collapsed[0]
        scores = row.scores[number]
        name, f1 = scores.classes[label], language.number(always_answering(label, scores.keras))
        if len(row.runs) > 1:
            said.append(
                language(
                    "say.one_class.seeds",
                    rows=_names([row], language),
                    count=str(len(collapsed)),
                    seeds=str(len(row.runs)),
                    share=f"{COLLAPSED:.0%}",
                    name=name,
                    f1=f1,
                )
            )
        elif share == 1:
            whole.setdefault((name, f1), []).append(row)
        else:
            said.append(
                language(
                    "say.nearly_one_class",
                    rows=_names([row], language),
                    share=language.percent(share),
                    name=name,
                    f1=f1,
                )
            )
    together = [
        language.counted("say.one_class", len(rows), rows=_names(rows, language), name=name, f1=f1)
        for (name, f1), rows in whole.items()
    ]
    return together + said


def masking(outcome: StudyOutcome, language: Language) -> list[str]:
    """What the mask over the padding changes, where rows differ in nothing else."""
    halves = [pair for pair in pairs(outcome) if all(row.state == "finished" for row in pair)]
    if not halves:
        return []
    changes = [masked.macro_f1 - without.macro_f1 for without, masked in halves]
    said = [
        language.counted(
            "say.masking",
            len(halves),
            pairs=str(len(halves)),
            mean=language.signed(fmean(changes)),
            low=language.signed(min(changes)),
            high=language.signed(max(changes)),
        )
    ]
    collapsed = [without for without, _ in halves if _collapsed(without)]
    left = [masked for without, masked in halves if _collapsed(without) and _collapsed(masked)]
    if collapsed:
        said.append(
            language(
                "say.saved" if left else "say.saved.all",
                rows=_names(collapsed, language),
                left=_names(left, language),
            )
        )
    return said


def turning(outcome: StudyOutcome, language: Language) -> list[str]:
    """In which epoch validation loss is lowest, whether it still falls, and whether it ever fell."""
    turned: dict[tuple[int, int], list[RowOutcome]] = {}
    unlearned: dict[int, list[str]] = {}
    falling = []
    for row in outcome.finished:
        losses = row.curve("val_loss")
        if len(losses) < 2:
            continue
        lowest, classes = losses.index(min(losses)), len(row.scores[0].classes)
        if losses[lowest] > (1 - LEARNED) * math.log(classes):
            loss = language.number(losses[lowest])
            unlearned.setdefault(classes, []).append(
                language("say.unlearned.row", row=_names([row], language), loss=loss)
            )
        elif lowest == len(losses) - 1:
            falling.append(row)
        else:
            turned.setdefault((lowest + 1, len(losses)), []).append(row)
    said = []
    if turned:
        places = [
            language(
                "say.turns.place",
                epoch=str(epoch),
                epochs=str(epochs),
                rows=_names(turned[epoch, epochs], language),
            )
            for epoch, epochs in sorted(turned)
        ]
        said.append(language("say.turns", places=language.listed(places)))
    if falling:
        said.append(language("say.falling", rows=_names(falling, language)))
    for classes, rows in unlearned.items():
        guess = language.number(math.log(classes))
        said.append(language("say.unlearned", guess=guess, classes=str(classes), rows=language.listed(rows)))
    return said


def gap(outcome: StudyOutcome, language: Language) -> list[str]:
    """How far validation loss lies above training loss at the end."""
    gaps = [(row.loss_gap, row) for row in outcome.finished if row.curve("loss") and row.curve("val_loss")]
    if not gaps:
        return []
    low, high = min(gap for gap, _ in gaps), max(gap for gap, _ in gaps)
    said = language(
        "say.gap.one" if low == high else "say.gap",
        low=language.number(low),
        low_rows=_names([row for gap, row in gaps if gap == low], language),
        high=language.number(high),
        high_rows=_names([row for gap, row in gaps if gap == high], language),
    )
    return [f"{said} {language('say.gap.memorized')}" if high >= MEMORIZED else said]


def original(outcome: StudyOutcome, language: Language) -> list[str]:
    """How the rows compare with what the original study reached with Keras."""
    compared = [
        (round(row.macro_f1 - row.row.reference, 4), row)
        for row in outcome.finished
        if row.row.reference is not None
    ]
    if not compared:
        return []
    changes = [change for change, _ in compared]
    low, high = min(changes), max(changes)
    if len(compared) == 1:
        (row,) = (row for _, row in compared)
        reference = row.row.reference or 0.0
        return [
            language(
                "say.original.one",
                reference=language.number(reference),
                row=_names([row], language),
                f1=language.number(row.macro_f1),
                mean=language.signed(high),
            )
        ]
    return [
        language(
            "say.original",
            above=str(sum(change > 0 for change in changes)),
            below=str(sum(change < 0 for change in changes)),
            count=str(len(changes)),
            mean=language.signed(fmean(changes)),
            low=language.signed(low),
            low_rows=_names([row for change, row in compared if change == low], language),
            high=language.signed(high),
            high_rows=_names([row for change, row in compared if change == high], language),
        )
    ]


def original_collapse(outcome: StudyOutcome, language: Language) -> list[str]:
    """The original study's figures that are what always answering one class comes to."""
    found: dict[tuple[float, str], list[RowOutcome]] = {}
    for row in outcome.finished:
        scores, reference = row.scores[0], row.row.reference
        for label, name in enumerate(scores.classes):
            if reference is not None and round(always_answering(label, scores.keras), 4) == round(
                reference, 4
            ):
                found.setdefault((reference, name), []).append(row)
    return [
        language(
            "say.original_one_class",
            reference=language.number(reference),
            rows=_names(rows, language),
            name=name,
        )
        for (reference, name), rows in found.items()
    ]


def original_from_scratch(outcome: StudyOutcome, language: Language) -> list[str]:
    """Where the original study's own code from scratch came to something else than its Keras model."""
    said = []
    for row in outcome.finished:
        reference, scratch = row.row.reference, row.row.reference_from_scratch
        if scratch is None or scratch == reference:
            continue
        names = _names([row], language)
        if isinstance(scratch, str):
            before = language(
                "say.original_scratch.word", row=names, word=language.known(f"word.{scratch}", scratch)
            )
        elif reference is not None:
            before = language(
                "say.original_scratch",
                row=names,
                scratch=language.number(scratch),
                reference=language.number(reference),
            )
        else:
            continue
        here = language("say.here_equal", agree=language.plain(row.agree), rows=language.plain(row.test_rows))
        said.append(f"{before} {here}")
    return said


def targets(outcome: StudyOutcome, language: Language) -> list[str]:
    """Which rows reach the macro-F1 that they are meant to reach."""
    said = []
    for row in outcome.finished:
        target = row.row.target
        if target is None:
            continue
        missed = round(target - row.macro_f1, 4)
        said.append(
            language(
                "say.target_missed" if missed > 0 else "say.target_reached",
                row=_names([row], language),
                target=language.plain(target),
                f1=language.number(row.macro_f1),
                by=language.number(missed),
            )
        )
    return said


def agreement(outcome: StudyOutcome, language: Language) -> list[str]:
    """Whether Keras and from scratch come to the same, on all rows of the study."""
    found = [(language.label(row.row), scores) for row in outcome.finished for scores in row.scores]
    return [agreement_of(found, language)] if found else []


def agreement_of(found: Sequence[tuple[str, Scores]], language: Language) -> str:
    """The same of any trainings, each with what to call it."""
    if not found:
        return language("say.no_agreement")
    different = dict.fromkeys(name for name, scores in found if not equal(scores))
    return language(
        "say.disagree" if different else "say.agree",
        agree=language.plain(sum(scores.agree for _, scores in found)),
        rows=language.plain(sum(scores.rows for _, scores in found)),
        difference=language.power(max(scores.max_difference for _, scores in found)),
        bound=language.power(TOLERANCE),
        where=language.quoted(list(different)),
    )


SENTENCES: tuple[Callable[[StudyOutcome, Language], list[str]], ...] = (
    best_and_worst,
    chance,
    collapse,
    masking,
    turning,
    gap,
    original,
    original_collapse,
    original_from_scratch,
    targets,
    agreement,
)


def _names(rows: Sequence[RowOutcome], language: Language) -> str:
    return language.quoted([language.label(row.row) for row in rows])


def _collapsed(row: RowOutcome) -> list[tuple[int, int, float]]:
    """The places of a row's seeds whose model collapsed, with the label it gives and that label's share."""
    found = [(number, *commonest_label(scores.keras)) for number, scores in enumerate(row.scores)]
    return [(number, label, share) for number, label, share in found if share >= COLLAPSED]
