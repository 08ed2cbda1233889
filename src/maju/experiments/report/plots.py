"""The plots of the report, as SVG: losses, confusion matrices, and all rows together.

Colours are those of Okabe and Ito, which colour-blind readers can tell apart; line styles and markers say
the same without colour. Text stays text, so that a plot is small and can be searched.
"""

from __future__ import annotations

import io
import math
import textwrap
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import stdev
from typing import TYPE_CHECKING, Any

import numpy as np

from maju.experiments.report.outcomes import RowOutcome, StudyOutcome, pairs
from maju.experiments.report.svg import compact
from maju.experiments.report.words import Language

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

__all__ = ["Plot", "confusion_plots", "loss_plots", "overview_plot"]

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
LINES = ("-", "--", "-.", ":")

BEHIND_TEXT = {"facecolor": "white", "edgecolor": "none", "pad": 1}

WIDTH = 4.3  # inches; two stand side by side on a page, and one fills a phone
#: From how many classes on a confusion matrix needs the whole width.
MANY_CLASSES = 6


@dataclass(frozen=True)
class Plot:
    """A plot with the path of its file, below the folder of plots, and what it shows in words."""

    path: str
    svg: str
    alt: str
    wide: bool = True


def loss_plots(outcome: StudyOutcome, language: Language) -> list[Plot]:
    """Training loss and validation loss over the epochs, a line a row; none without any history."""
    rows = [row for row in outcome.rows if row.curve("loss") and row.curve("val_loss")]
    if not rows:
        return []
    styles = _styles(outcome)
    both = [value for row in rows for name in ("loss", "val_loss") for value in row.curve(name)]
    top = 1.05 * max(both)
    found = []
    for name, metric in (("training", "loss"), ("validation", "val_loss")):
        with _figure(WIDTH, 3.0 + 0.16 * math.ceil(len(rows) / 2)) as (figure, drawn):
            axes = figure.subplots()
            lines = [_draw_curve(axes, row, metric, styles[row.row.name]) for row in rows]
            axes.set_ylim(0, top)
            _label_epochs(axes, max(len(row.curve(metric)) for row in rows))
            axes.set_title(language(f"plot.{name}"))
            axes.set_xlabel(language("plot.epoch"))
            axes.set_ylabel(language("plot.loss"))
            _localize(axes.yaxis, language)
            axes.grid(alpha=0.3)
            _legend(figure, lines, [language.label(row.row) for row in rows])
        path = f"{outcome.study.name}/{name}-loss.svg"
        found.append(Plot(path, drawn(), language(f"alt.{name}", values=_values(rows, metric, language))))
    return found


def _values(rows: Sequence[RowOutcome], metric: str, language: Language) -> str:
    """The numbers that a reader of the plot would look for."""
    parts = []
    for row in rows:
        curve, label = row.curve(metric), f"“{language.label(row.row)}”"
        if metric == "loss":
            parts.append(language("alt.at_end", row=label, loss=language.number(curve[-1], 3)))
        else:
            lowest = min(curve)
            epoch = str(curve.index(lowest) + 1)
            parts.append(language("alt.lowest", row=label, loss=language.number(lowest, 3), epoch=epoch))
    return ", ".join(parts)


def _styles(outcome: StudyOutcome) -> dict[str, dict[str, Any]]:
    """A line's look for each row: rows that differ in the mask alone share a colour."""
    halves = pairs(outcome)
    unmasked = {masked.row.name: without.row.name for without, masked in halves}
    found: dict[str, dict[str, Any]] = {}
    number = 0
    for row in outcome.rows:
        name = row.row.name
        if name in unmasked:
            continue
        found[name] = {
            "color": COLOURS[number % len(COLOURS)],
            "marker": MARKERS[number % len(MARKERS)],
            "linestyle": "--" if name in unmasked.values() else LINES[number % (1 if halves else len(LINES))],
        }
        number += 1
    for masked, without in unmasked.items():
        found[masked] = {**found[without], "linestyle": "-"}
    return found


def _draw_curve(axes: Axes, row: RowOutcome, metric: str, style: dict[str, Any]) -> Line2D:
    """Draw a row's curve, ring its lowest validation loss, and give the line for the legend."""
    curves, mean = row.curves(metric), row.curve(metric)
    epochs = np.arange(1, len(mean) + 1)
    (line,) = axes.plot(epochs, mean, markersize=3.5, linewidth=1.4, **style)
    if len(curves) > 1:
        deviation = np.array([stdev(values) for values in zip(*curves, strict=True)])
        low, high = np.array(mean) - deviation, np.array(mean) + deviation
        axes.fill_between(epochs, low, high, color=style["color"], alpha=0.15, linewidth=0)
    if metric == "val_loss":
        lowest = int(np.argmin(mean))
        ring = {"markerfacecolor": "none", "markeredgecolor": style["color"], "markeredgewidth": 1.4}
        axes.plot(epochs[lowest], mean[lowest], "o", markersize=10, **ring)
    return line


def confusion_plots(outcome: StudyOutcome, language: Language) -> list[list[Plot]]:
    """A confusion matrix for each row: one for Keras and from scratch, and two where they differ.

    Returns:
        Lines of plots: rows without a mask above those that differ from them in the mask alone.
    """
    masked = {masked.row.name for _, masked in pairs(outcome)}
    lines: list[list[Plot]] = [[], []]
    for row in outcome.finished:
        lines[row.row.name in masked] += _confusions(outcome, row, language)
    return [line for line in lines if line]


def _confusions(outcome: StudyOutcome, row: RowOutcome, language: Language) -> Iterator[Plot]:
    keras = np.sum([scores.keras.confusion for scores in row.scores], axis=0)
    scratch = np.sum([scores.scratch.confusion for scores in row.scores], axis=0)
    same = np.array_equal(keras, scratch)
    classes, label = row.scores[0].classes, language.label(row.row)
    shown = [("both", keras)] if same else [("keras", keras), ("scratch", scratch)]
    for program, counts in shown:
        wide = len(classes) >= MANY_CLASSES
        size = WIDTH if wide else 2.5
        subtitle = [language(f"plot.{program}")]
        if len(row.scores) > 1:
            subtitle.append(language("plot.sum", seeds=str(len(row.scores))))
        heading = [*textwrap.wrap(label, 60 if wide else 34), *subtitle]
        with _figure(size, size - 0.15 + 0.15 * len(heading)) as (figure, drawn):
            axes = figure.subplots()
            _draw_confusion(axes, counts, classes, language)
            axes.set_title("\n".join(heading), fontsize=8.5, parse_math=False)
        right = [
            language("alt.right", right=str(counts[i, i]), count=str(counts[i].sum()), name=name)
            for i, name in enumerate(classes)
        ]
        suffix = "" if program == "both" else f"-{program}"
        yield Plot(
            f"{outcome.study.name}/confusion-{row.row.name}{suffix}.svg",
            drawn(),
            language("alt.confusion", row=f"“{label}”", program=", ".join(subtitle), values=", ".join(right)),
            wide,
        )


def _draw_confusion(axes: Axes, counts: Any, classes: Sequence[str], language: Language) -> None:
    total = np.maximum(counts.sum(axis=1, keepdims=True), 1)
    shares = counts / total  # of the true class
    axes.pcolormesh(shares, cmap="Blues", vmin=0, vmax=1, edgecolors="white", linewidth=0.5)
    axes.invert_yaxis()
    axes.set_aspect("equal")
    small = 7.5 if len(classes) >= MANY_CLASSES else 9
    for (true, predicted), count in np.ndenumerate(counts):
        colour = "white" if shares[true, predicted] > 0.5 else "black"
        axes.text(
            predicted + 0.5, true + 0.5, str(count), ha="center", va="center", color=colour, fontsize=small
        )
    ticks = np.arange(len(classes)) + 0.5
    axes.set_xticks(ticks, classes, fontsize=7.5, parse_math=False)
    if len(classes) >= MANY_CLASSES:
        for tick in axes.get_xticklabels():
            tick.set(rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(ticks, classes, fontsize=7.5, parse_math=False)
    axes.tick_params(length=0)
    axes.set_xlabel(language("plot.predicted"), fontsize=8)
    axes.set_ylabel(language("plot.true"), fontsize=8)
    for spine in axes.spines.values():
        spine.set_visible(False)


def overview_plot(outcomes: Sequence[StudyOutcome], language: Language) -> Plot:
    """The macro-F1 of every row by Keras, trained from scratch, and the original study's, a line a row."""
    lines: list[tuple[str, RowOutcome | None]] = []
    for outcome in outcomes:
        lines.append((language.title(outcome.study), None))
        lines += [(language.label(row.row), row) for row in outcome.rows]
    with _figure(WIDTH, 0.9 + 0.19 * len(lines)) as (figure, drawn):
        axes = figure.subplots()
        for place, (_, row) in enumerate(lines):
            if row is not None:
                _draw_row(axes, place, row, language)
        axes.set_xlim(0, 1)
        axes.set_ylim(len(lines) - 0.5, -0.7)
        axes.set_yticks(range(len(lines)), [text for text, _ in lines], parse_math=False)
        for tick, (_, row) in zip(axes.get_yticklabels(), lines, strict=True):
            tick.set_fontweight("bold" if row is None else "normal")
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel(language("column.f1"))
        _localize(axes.xaxis, language)
        axes.grid(axis="x", alpha=0.3)
        for side in ("top", "right", "left"):
            axes.spines[side].set_visible(False)
        keras = axes.plot([], [], "o", color=COLOURS[0], label=language("plot.keras"))
        if any(outcome.trained for outcome in outcomes):
            keras += axes.plot([], [], "x", color=COLOURS[2], label=language("plot.trained"))
        reference = axes.plot(
            [],
            [],
            "D",
            markerfacecolor="none",
            markeredgecolor=COLOURS[1],
            label=language("plot.original"),
        )
        figure.legend(
            handles=[*keras, *reference], loc="outside upper center", ncols=3, frameon=False, fontsize=8
        )
    return Plot("overview.svg", drawn(), language("alt.overview"))


def _draw_row(axes: Axes, place: int, row: RowOutcome, language: Language) -> None:
    axes.axhline(place, color="#DDDDDD", linewidth=0.6, zorder=0)
    if row.row.reference is not None:
        axes.plot(
            row.row.reference, place, "D", markersize=6, markerfacecolor="none", markeredgecolor=COLOURS[1]
        )
    if row.trained_scores:
        measured = row.trained_f1
        error = measured.deviation or 0
        axes.errorbar(measured.mean, place + 0.2, xerr=error, fmt="x", markersize=5, color=COLOURS[2])
    if row.scores:
        measured = row.measured(lambda scores: scores.keras.macro_f1)
        axes.errorbar(
            measured.mean, place, xerr=measured.deviation or 0, fmt="o", markersize=5, color=COLOURS[0]
        )
    else:
        text = language(row.state)
        axes.text(0.01, place, text, va="center", fontsize=7.5, style="italic", bbox=BEHIND_TEXT)


def _label_epochs(axes: Axes, epochs: int) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_xlim(1 - 0.04 * max(epochs, 4), epochs + 0.04 * max(epochs, 4))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))


def _localize(axis: Any, language: Language) -> None:
    """Let an axis write its numbers as the language does."""
    from matplotlib.ticker import FuncFormatter

    axis.set_major_formatter(FuncFormatter(lambda value, _: language.plain(round(float(value), 6))))


def _legend(figure: Figure, lines: list[Line2D], labels: Sequence[str]) -> None:
    """A legend below the plot."""
    # A label that begins with an underscore would be left out.
    texts = [f" {label}" if label.startswith("_") else label for label in labels]
    columns = 2 if len(texts) > 1 and max(map(len, texts)) <= 28 else 1
    legend = figure.legend(
        lines, texts, loc="outside lower center", ncols=columns, frameon=False, fontsize=8, handlelength=3.2
    )
    for text in legend.get_texts():
        text.set_parse_math(False)


@contextmanager
def _figure(width: float, height: float) -> Iterator[tuple[Figure, Any]]:
    """A figure to draw on, and a function that gives it as SVG when the block is over."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    # The salt makes the same plot the same file.
    look = {
        "svg.fonttype": "none",
        "svg.hashsalt": "maju",
        "font.family": "sans-serif",
        "font.sans-serif": ["DejaVu Sans"],
        "font.size": 8.5,
        "axes.titlesize": 9.5,
    }
    file = io.StringIO()
    with rc_context(look):
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasSVG(figure)  # draws without a screen, and leaves the user's choice of backend alone
        yield figure, lambda: compact(file.getvalue())
        with warnings.catch_warnings():
            # The reader's own fonts draw the text, and may have the letters that matplotlib's lacks.
            warnings.filterwarnings("ignore", message="Glyph .* missing from font")
            figure.savefig(file, format="svg", metadata={"Date": None})
