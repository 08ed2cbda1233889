"""The confusion matrix: what is taken for what."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array
from maju.visualize.predictions import class_names, classes_of, probabilities_of
from maju.visualize.style import NORMAL, SMALL, axes_for, finish, short, title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["confusion", "draw_confusion", "plot_confusion"]

#: From how many classes on the counts are left to the colours.
MOST_COUNTED = 30


def confusion(truth: Any, predicted: Any, count: int | None = None) -> Array:
    """How many rows of each true class were predicted as each, (true, predicted).

    Args:
        truth: the true class of each row.
        predicted: the predicted one, or probabilities, (rows, classes).
        count: how many classes there are, if `predicted` does not say.

    Raises:
        InputError: the two do not go together.
    """
    found = np.asarray(predicted)
    if found.ndim == 2:
        table = probabilities_of(found)
        count, found = table.shape[1], table.argmax(axis=1)
    if count is None:
        largest = max((int(np.max(part)) for part in (truth, found) if np.size(part)), default=0)
        count = largest + 1
    if np.size(found) == 0:
        raise InputError("expected at least one row, got none")
    true, guessed = classes_of(truth, len(found), count), classes_of(found, len(found), count)
    counts = np.zeros((count, count), np.int64)
    np.add.at(counts, (true, guessed), 1)
    return counts


def draw_confusion(
    axes: Axes,
    counts: Array,
    classes: Sequence[str],
    true: str = "true class",
    predicted: str = "predicted class",
) -> None:
    """Draw a confusion matrix: each row's shares as colour, and the counts as numbers.

    Args:
        true, predicted: what the axes are called.
    """
    total = np.maximum(counts.sum(axis=1, keepdims=True), 1)
    shares = counts / total  # of the true class
    axes.pcolormesh(shares, cmap="Blues", vmin=0, vmax=1, edgecolors="white", linewidth=0.5)
    axes.invert_yaxis()
    axes.set_aspect("equal")
    count = len(classes)
    size = 9.0 if count < 6 else max(4.0, min(7.5, 90 / count))
    if count <= MOST_COUNTED:
        for (row, column), number in np.ndenumerate(counts):
            colour = "white" if shares[row, column] > 0.5 else "black"
            axes.text(
                column + 0.5, row + 0.5, str(number), ha="center", va="center", color=colour, fontsize=size
            )
    ticks = np.arange(count) + 0.5
    names = [short(name) for name in classes]
    axes.set_xticks(ticks, names, fontsize=size, parse_math=False)
    if count >= 6 or max(map(len, names)) > 9:
        for tick in axes.get_xticklabels():
            tick.set(rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(ticks, names, fontsize=size, parse_math=False)
    axes.tick_params(length=0)
    axes.set_xlabel(predicted, fontsize=NORMAL)
    axes.set_ylabel(true, fontsize=NORMAL)
    for spine in axes.spines.values():
        spine.set_visible(False)


def plot_confusion(
    truth: Any,
    predicted: Any,
    *,
    classes: Sequence[str] | None = None,
    ax: Axes | None = None,
    save: str | Path | None = None,
) -> Figure:
    """Draw the confusion matrix of predictions; the colours are shares of each true class.

    Args:
        truth, predicted: see `confusion`.
        classes: the classes' names.
        ax: where to draw; a new figure by default.
        save: a file to write, .png, .svg or .pdf.
    """
    counts = confusion(truth, predicted, None if classes is None else len(classes))
    names = class_names(classes, len(counts))
    side = max(3.6, min(11.0, 2.2 + 0.42 * len(counts)))
    figure, axes = axes_for(ax, side + 0.4, side)
    draw_confusion(axes, counts, names)
    right = np.trace(counts) / counts.sum()
    title(axes, f"Confusion matrix: {counts.sum():,} rows, {right:.1%} right")
    axes.tick_params(labelsize=max(SMALL - 2, min(8, 120 / len(counts))))
    return finish(figure, save)
