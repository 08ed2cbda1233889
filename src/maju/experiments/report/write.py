"""Writing the report: an HTML page that needs nothing else, the same in Markdown, a CSV, pages of models."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from maju.errors import MajuError
from maju.experiments.report import markdown
from maju.experiments.report.conditions import differing, shared
from maju.experiments.report.model_pages import ModelPages, Progress, page_of
from maju.experiments.report.outcomes import StudyOutcome, pairs, read_outcomes
from maju.experiments.report.plots import Plot, confusion_plots, loss_plots, overview_plot
from maju.experiments.report.sentences import failures, missing, sentences
from maju.experiments.report.spreadsheet import as_csv
from maju.experiments.report.summary import facts, quick_studies
from maju.experiments.report.svg import within_page
from maju.experiments.report.tables import (
    Table,
    halves_table,
    loss_table,
    overview_table,
    per_class_tables,
    results_table,
    seeds_table,
    with_pages,
)
from maju.experiments.report.trained import comparisons, trained_sentences, trained_table
from maju.experiments.report.words import LANGUAGES, Language
from maju.experiments.results import TOLERANCE
from maju.formats.atomic import replacing

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["Written", "write_report"]

CSV = "results.csv"


@dataclass(frozen=True)
class Written:
    """The files of a report, what it says, and the reasons why models have no page, each with how many."""

    html: Path
    markdown: Path
    csv: Path
    plots: tuple[Path, ...]
    outcomes: tuple[StudyOutcome, ...]
    models: tuple[Path, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Section:
    """A study in the report."""

    name: str
    title: str
    question: str
    failures: list[str]
    missing: list[str]
    sentences: list[str]
    results: Table
    trained: Table | None
    halves: Table | None
    losses: Table | None
    loss_plots: list[Plot]
    plot_notes: list[str]
    confusion_plots: list[list[Plot]]
    per_class: list[Table]
    per_seed: Table | None
    conditions: list[tuple[str, str]]
    differs: str


def write_report(
    folder: Path,
    out: Path | None = None,
    language: Literal["en", "id"] = "en",
    *,
    models: bool = False,
    data_dir: str | Path | None = None,
    progress: Progress | None = None,
) -> Written:
    """Write the report of a folder that ``maju reproduce`` wrote.

    Args:
        out: the folder that it goes into, by default the same; or the path of its HTML or Markdown file, the
            other of which then has the same name.
        models: whether each model whose file and data are there gets a page of its own, with pictures.
        data_dir: the only folder to look for data in; by default MAJU_DATA_DIR, then the cache.
        progress: is told of each of these pages before it is drawn.

    Raises:
        MajuError: the folder holds no results, one is damaged, or the report cannot be written.
    """
    words = LANGUAGES[language]
    outcomes = read_outcomes(folder)
    target, stem = _target(out or folder, words)
    pages = ModelPages(folder, outcomes, words, data_dir)
    if models:
        template = _html().get_template("model.html.jinja")
        for page in pages.draw(progress):
            _write(target / page.path, template.render(t=words, page=page, report=f"{stem}.html"))
    plots_folder = "plots" if language == "en" else f"plots.{language}"
    sections = [_section(outcome, words, pages.paths) for outcome in outcomes]
    overview = overview_plot(outcomes, words)
    plots = [
        overview,
        *(plot for one in sections for plot in (*one.loss_plots, *chain(*one.confusion_plots))),
    ]
    quick = quick_studies(outcomes)
    notes = ["f1", "agreement", "seconds", "states", "csv"]
    if any(row.row.reference is not None for outcome in outcomes for row in outcome.rows):
        notes.insert(3, "original")
    if any(outcome.trained for outcome in outcomes):
        notes.insert(2, "trained")
    content = {
        "t": words,
        "facts": facts(outcomes, words),
        "quick": words("quick", studies=words.quoted([words.title(one) for one in quick])) if quick else "",
        "overview": overview_table(outcomes, words),
        "overview_plot": overview,
        "sections": sections,
        "notes": [words(f"note.{note}", bound=words.power(TOLERANCE), file=CSV) for note in notes],
        "plots_folder": plots_folder,
    }
    files = {f"{plots_folder}/{plot.path}": plot.svg for plot in plots} | {
        CSV: as_csv(outcomes),
        f"{stem}.md": _markdown().get_template("report.md.jinja").render(content),
        f"{stem}.html": _html().get_template("report.html.jinja").render(content),
    }
    for name, text in files.items():
        _write(target / name, text)
    return Written(
        html=target / f"{stem}.html",
        markdown=target / f"{stem}.md",
        csv=target / CSV,
        plots=tuple(target / plots_folder / plot.path for plot in plots),
        outcomes=tuple(outcomes),
        models=tuple(target / path for path in pages.paths.values()),
        left_out=pages.left_out,
    )


def _target(out: Path, language: Language) -> tuple[Path, str]:
    """The folder, and what the pages are called without their endings."""
    if out.suffix in (".html", ".md") and not out.is_dir():
        return out.parent, out.stem
    return out, "report" if language.code == "en" else f"report.{language.code}"


def _section(outcome: StudyOutcome, language: Language, pages: Mapping[str, str]) -> Section:
    notes = ["plot.note"]
    if pairs(outcome):
        notes.append("plot.note.mask")
    if any(len(row.runs) > 1 for row in outcome.rows):
        notes.append("plot.note.band")
    trained = trained_table(outcome, language)
    return Section(
        name=outcome.study.name,
        title=language.title(outcome.study),
        question=language.question(outcome.study),
        failures=failures(outcome, language),
        missing=missing(outcome, language),
        sentences=[*sentences(outcome, language), *trained_sentences(comparisons([outcome]), language)],
        results=with_pages(
            results_table(outcome, language),
            [page_of(row.runs, pages) or page_of(row.by_maju, pages) for row in outcome.rows],
        ),
        trained=trained and with_pages(trained, [page_of(row.by_maju, pages) for row in outcome.trained]),
        halves=halves_table(outcome, language),
        losses=loss_table(outcome, language),
        loss_plots=loss_plots(outcome, language),
        plot_notes=[language(note) for note in notes],
        confusion_plots=confusion_plots(outcome, language),
        per_class=per_class_tables(outcome, language),
        per_seed=seeds_table(outcome, language),
        conditions=shared(outcome.study, language),
        differs=differing(outcome.study, language),
    )


def _environment(**options: Any) -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("maju.experiments.report"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        **options,
    )


def _html() -> Environment:
    from markupsafe import Markup

    environment = _environment(autoescape=True)

    def inline(plot: Plot) -> str:
        name = re.sub(r"\W", "-", plot.path.removesuffix(".svg"))
        return Markup(within_page(plot.svg, name, plot.alt))

    environment.filters["inline"] = inline
    return environment


def _markdown() -> Environment:
    environment = _environment(autoescape=False, finalize=markdown.escaped)
    environment.filters["table"] = markdown.table
    return environment


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary:
            temporary.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise MajuError(f"{path} cannot be written: {error.strerror}") from error
