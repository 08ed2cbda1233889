"""What opens the report: what was compared, on what, and what it came to."""

from __future__ import annotations

from collections.abc import Sequence

from maju.errors import ExperimentError
from maju.experiments.report.conditions import described_data
from maju.experiments.report.outcomes import Run, StudyOutcome, runs_by_maju, runs_of
from maju.experiments.report.sentences import agreement_of
from maju.experiments.report.trained import comparisons, trained_sentences
from maju.experiments.report.words import DASH, LANGUAGES, Language
from maju.experiments.results import Scores
from maju.experiments.study import Study, load_study, shipped_studies

__all__ = ["facts", "outline", "quick_studies"]


def facts(outcomes: Sequence[StudyOutcome], language: Language) -> list[tuple[str, str]]:
    """Each fact under its heading."""
    runs = runs_of(outcomes)
    scored = [run.scores for run in runs if run.scores]
    rows = sum(len(outcome.rows) for outcome in outcomes)
    compared = language.counted(
        "fact.compared.text", len(outcomes), rows=language.plain(rows), studies=str(len(outcomes))
    )
    data = {described_data(row.row.data, language): None for outcome in outcomes for row in outcome.rows}
    seconds = sum(scores.train_seconds for scores in scored)
    seeds = sorted({run.seed for run in runs})
    return [
        (language("fact.compared"), compared),
        (language("fact.data"), "; ".join(data)),
        (language("fact.trainings"), _trainings(runs, rows, language)),
        (language("fact.agreement"), agreement_of(_named_scores(outcomes, language), language)),
        *_trained(outcomes, language),
        (language("fact.time"), language.duration(seconds) if scored else DASH),
        (language("fact.seeds"), ", ".join(map(str, seeds))),
        (language("fact.versions"), _versions([*runs, *runs_by_maju(outcomes)]) or DASH),
    ]


def _trained(outcomes: Sequence[StudyOutcome], language: Language) -> list[tuple[str, str]]:
    """What maju's own trainings came to, if there are any."""
    runs = runs_by_maju(outcomes)
    if not runs:
        return []
    sentences = trained_sentences(comparisons(outcomes), language)
    return [
        (language("fact.trained"), " ".join([f"{_counted(runs, language)}.", *sentences])),
    ]


def outline(outcomes: Sequence[StudyOutcome]) -> str:
    """All of it in one line, for a terminal."""
    english = LANGUAGES["en"]
    rows = [row for outcome in outcomes for row in outcome.rows]
    counts = {state: sum(row.state == state for row in rows) for state in ("finished", "failed", "missing")}
    return (
        f"{len(rows)} rows: {counts['finished']} finished, {counts['failed']} failed, "
        f"{counts['missing']} not run yet. {agreement_of(_named_scores(outcomes, english), english)}"
    )


def quick_studies(outcomes: Sequence[StudyOutcome]) -> list[Study]:
    """The studies whose rows saw a part of the data, or that are a shipped study's quick form."""
    return [outcome.study for outcome in outcomes if _is_quick(outcome.study)]


def _is_quick(study: Study) -> bool:
    if any(
        part
        for row in study.rows
        for part in (row.data.train_rows, row.data.validation_rows, row.data.test_rows)
    ):
        return True
    if study.name not in shipped_studies():
        return False
    try:
        shipped = load_study(study.name)
    except ExperimentError:
        return False
    # How many seeds were asked for, and what was to train, makes no study quick.
    one, whole, quick = (each.seeded(1).trained_with("keras") for each in (study, shipped, shipped.quick()))
    return one != whole and one == quick


def _trainings(runs: Sequence[Run], rows: int, language: Language) -> str:
    text = _counted(runs, language)
    return f"{text} ({language('fact.trainings.shared')})" if len(runs) < rows else text


def _counted(runs: Sequence[Run], language: Language) -> str:
    finished = sum(run.scratch is not None for run in runs)
    failed = sum(run.error is not None for run in runs)
    return language(
        "fact.trainings.text",
        trainings=language.plain(len(runs)),
        finished=language.plain(finished),
        failed=language.plain(failed),
        missing=language.plain(len(runs) - finished - failed),
    )


def _named_scores(outcomes: Sequence[StudyOutcome], language: Language) -> list[tuple[str, Scores]]:
    """The scores of each training once, with the first row that it belongs to."""
    found: dict[str, tuple[str, Scores]] = {}
    for outcome in outcomes:
        for row in outcome.rows:
            for run in row.runs:
                if run.scores:
                    name = f"{language.title(outcome.study)}, {language.label(row.row)}"
                    found.setdefault(run.experiment.name, (name, run.scores))
    return list(found.values())


def _versions(runs: Sequence[Run]) -> str:
    """Every version of each package that any training was run with."""
    found: dict[str, dict[str, None]] = {}
    for run in runs:
        if run.result:
            for package, version in run.result.versions.items():
                found.setdefault(package, {})[version] = None
    return ", ".join(f"{package} {' / '.join(versions)}" for package, versions in found.items())
