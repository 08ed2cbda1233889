"""The examples that a model is most wrong about."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array
from maju.visualize.image import as_picture, draw_picture
from maju.visualize.predictions import class_names, classes_of, probabilities_of
from maju.visualize.style import axes_for, columns_for, finish, headline, panels, short, title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Mistakes", "mistakes", "plot_mistakes"]


@dataclass(frozen=True, eq=False)
class Mistakes:
    """Rows whose class was not found, the worst first.

    Attributes:
        rows: which rows.
        truth, predicted: their classes.
        of_truth, of_predicted: the probabilities of these.
        total: how many rows were wrong, of how many.
        count: how many rows there are.
    """

    rows: Array
    truth: Array
    predicted: Array
    of_truth: Array
    of_predicted: Array
    total: int
    count: int


def mistakes(truth: Any, probabilities: Any, most: int = 12) -> Mistakes:
    """The rows whose true class was given the smallest probability, of those that were predicted wrong.

    Args:
        truth: the true class of each row.
        probabilities: (rows, classes), or (rows,) or (rows, 1) of class 1.
        most: how many rows at most.

    Raises:
        InputError: these are no probabilities, or the two do not go together.
    """
    if most < 1:
        raise InputError(f"most={most}; expected at least 1")
    table = probabilities_of(probabilities)
    true = classes_of(truth, *table.shape)
    predicted = table.argmax(axis=1)
    of_truth = table[np.arange(len(true)), true]
    wrong = np.flatnonzero(predicted != true)
    worst = wrong[np.argsort(of_truth[wrong], kind="stable")][:most]
    return Mistakes(
        worst,
        true[worst],
        predicted[worst],
        of_truth[worst],
        table[worst, predicted[worst]],
        len(wrong),
        len(true),
    )


def plot_mistakes(
    x: Any,
    truth: Any,
    probabilities: Any,
    *,
    most: int = 12,
    classes: Sequence[str] | None = None,
    channels_first: bool = False,
    ax: Axes | None = None,
    save: str | Path | None = None,
) -> Figure:
    """Draw the examples that a model is most wrong about: images as tiles, texts as lines.

    Args:
        x: the inputs: images, (rows, height, width, channels), or texts.
        truth, probabilities, most: see `mistakes`.
        classes: the classes' names.
        channels_first: whether the images have their channels before the places.
        ax: where to draw; a new figure by default.
        save: a file to write, .png, .svg or .pdf.

    Raises:
        InputError: x is neither images nor texts, or has another number of rows.
    """
    found = mistakes(truth, probabilities, most)
    names = [short(name) for name in class_names(classes, probabilities_of(probabilities).shape[1])]
    rows = np.asarray(x)
    if len(rows) != found.count:
        raise InputError(f"{len(rows)} inputs for {found.count} predictions")
    texts = rows.dtype.kind in "USOT"
    if not texts and not (rows.dtype.kind in "biuf" and rows.ndim in (3, 4)):
        raise InputError(f"expected images or texts to show, got values of shape {rows.shape[1:]} each")
    heading = f"Most wrong: {len(found.rows)} of {found.total:,} mistakes in {found.count:,} rows"
    verdicts = [
        f"row {row}: {names[guess]} {p:.2f}, truly {names[true]} {q:.2f}"
        for row, guess, p, true, q in zip(
            found.rows, found.predicted, found.of_predicted, found.truth, found.of_truth, strict=True
        )
    ]
    if texts or not len(found.rows):
        shown = [_text(rows.reshape(len(rows), -1)[row, 0]) for row in found.rows]
        return _draw_texts(heading, verdicts, shown, ax, save)
    columns = min(6, columns_for(len(found.rows)))
    lines = -(-len(found.rows) // columns)
    figure, grid = panels(ax, lines, columns, max(5.0, 1.75 * columns), 2.1 * lines + 0.8)
    for place, axes in enumerate(grid):
        if place >= len(found.rows):
            axes.set_axis_off()
            continue
        first, second = verdicts[place].split(", ")
        draw_picture(axes, as_picture(rows[found.rows[place]], channels_first), f"{first}\n{second}")
        axes.title.set_fontsize(7.5)
    headline(figure, ax, heading)
    return finish(figure, save)


def _text(value: Any) -> str:
    return value.decode("utf-8", errors="replace") if isinstance(value, bytes) else str(value)


def _draw_texts(
    heading: str, verdicts: Sequence[str], texts: Sequence[str], ax: Axes | None, save: str | Path | None
) -> Figure:
    """Draw texts below one another, each under what was said of it."""
    wrapped = [textwrap.wrap(short(text, 300), 105) or ["(an empty text)"] for text in texts]
    lines = sum(map(len, wrapped)) + 1.6 * len(wrapped)
    figure, axes = axes_for(ax, 8, max(1.2, 0.17 * lines + 0.6))
    axes.set(xlim=(0, 1), ylim=(max(lines, 1), 0))
    axes.set_axis_off()
    down = 0.0
    for verdict, parts in zip(verdicts, wrapped, strict=True):
        axes.text(0, down, verdict, fontsize=8, weight="bold", va="top", parse_math=False)
        axes.text(0.015, down + 1.05, "\n".join(parts), fontsize=8, va="top", parse_math=False)
        down += len(parts) + 1.6
    if not verdicts:
        axes.text(0, 0.2, "no mistakes", fontsize=9, va="top")
    title(axes, heading)
    return finish(figure, save)
