"""The reliability diagram: whether a model is as often right as it is sure."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array
from maju.visualize.predictions import classes_of, probabilities_of
from maju.visualize.style import COLOURS, NORMAL, finish, panels, title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Reliability", "plot_reliability", "reliability"]


@dataclass(frozen=True, eq=False)
class Reliability:
    """Predictions by how sure they are.

    Attributes:
        edges: of the bins of the probability of the predicted class, (bins + 1,).
        counts: how many rows are in each, (bins,).
        sure: the mean probability of each; NaN in empty ones.
        right: the share of right predictions in each; NaN in empty ones.
        error: the expected calibration error, the mean of |right − sure| over all rows.
    """

    edges: Array
    counts: Array
    sure: Array
    right: Array
    error: float


def reliability(truth: Any, probabilities: Any, bins: int = 10) -> Reliability:
    """Sort predictions into bins of equal width by the probability of the class that is predicted.

    Args:
        truth: the true class of each row.
        probabilities: (rows, classes), or (rows,) or (rows, 1) of class 1.

    Raises:
        InputError: these are no probabilities, or the two do not go together.

    Source: Guo et al., 2017.
    """
    if bins < 1:
        raise InputError(f"bins={bins}; expected at least 1")
    table = probabilities_of(probabilities)
    true = classes_of(truth, *table.shape)
    confidence, hits = table.max(axis=1), table.argmax(axis=1) == true
    edges = np.linspace(0, 1, bins + 1)
    places = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)  # (low, high], as Guo et al.
    counts = np.bincount(places, minlength=bins)
    with np.errstate(invalid="ignore"):
        sure = np.bincount(places, confidence, bins) / counts
        right = np.bincount(places, hits, bins) / counts
    error = float(np.nansum(counts * np.abs(right - sure)) / counts.sum())
    return Reliability(edges, counts, sure, right, error)


def plot_reliability(
    truth: Any,
    probabilities: Any,
    *,
    bins: int = 10,
    ax: Axes | None = None,
    save: str | Path | None = None,
) -> Figure:
    """Draw how often a model is right where it is so sure, and below how often it is so sure.

    Args:
        truth, probabilities, bins: see `reliability`.
        ax: where to draw; a new figure by default.
        save: a file to write, .png, .svg or .pdf.
    """
    found = reliability(truth, probabilities, bins)
    figure, (upper, lower) = panels(ax, 2, 1, 4.8, 5.4, ratios=(3, 1))
    middles, width = (found.edges[:-1] + found.edges[1:]) / 2, 1 / bins
    upper.bar(
        middles,
        np.nan_to_num(found.right),
        width,
        color=COLOURS[5],
        edgecolor="white",
        label="share that is right",
    )
    upper.plot([0, 1], [0, 1], "--", color="black", linewidth=1, label="as often right as sure")
    filled = found.counts > 0
    upper.plot(
        found.sure[filled], found.right[filled], "o", color=COLOURS[0], markersize=4, label="mean of the bin"
    )
    upper.set(xlim=(0, 1), ylim=(0, 1))
    upper.set_ylabel("share that is right", fontsize=NORMAL)
    upper.legend(fontsize=7.5, loc="upper left")
    upper.grid(alpha=0.3)
    lower.bar(middles, found.counts, width, color=COLOURS[0], edgecolor="white")
    lower.set_xlim(0, 1)
    lower.set_xlabel("probability of the predicted class", fontsize=NORMAL)
    lower.set_ylabel("rows", fontsize=NORMAL)
    heading = f"Reliability: {found.counts.sum():,} rows"
    title(upper if ax is None else ax, heading, f"expected calibration error {found.error:.3f}")
    return finish(figure, save)
