"""How trainings went: the curves of several runs beside one another."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array
from maju.visualize.style import COLOURS, LINES, MARKERS, NORMAL, finish, headline, panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Curve", "curves", "plot_curves"]

#: How many runs can be told apart.
MOST_RUNS = 28


@dataclass(frozen=True, eq=False)
class Curve:
    """One run's metric after each epoch.

    Attributes:
        name: the run's.
        training, validation: (epochs,); validation may be empty.
    """

    name: str
    training: Array
    validation: Array


def curves(runs: Mapping[str, Any], metric: str = "loss") -> list[Curve]:
    """A metric of several runs.

    Args:
        runs: by name, what `fit` returned, its `history`, or a file with it: JSON, or CSV as `CSVLogger`
            writes it.

    Raises:
        InputError: there are no runs, or one has no such metric.
    """
    if not runs:
        raise InputError("expected at least one run")
    found = []
    for name, run in runs.items():
        history = _history(run)
        if metric not in history or not len(history[metric]):
            known = ", ".join(key for key in history if not key.startswith("val_"))
            raise InputError(f"run {name!r} has no {metric!r}, but {known or 'nothing at all'}")
        validation = np.asarray(history.get(f"val_{metric}", ()), np.float64)
        found.append(Curve(str(name), np.asarray(history[metric], np.float64), validation))
    return found


def _history(run: Any) -> Mapping[str, Sequence[float]]:
    if isinstance(run, (str, Path)):
        return _read(Path(run))
    history = getattr(run, "history", run)
    if not isinstance(history, Mapping):
        raise InputError(f"expected a history or a file with one, got {type(run).__name__}")
    return history


def _read(path: Path) -> Mapping[str, Sequence[float]]:
    """The history in a file; what is no number is left out."""
    try:
        text = path.read_text("utf-8-sig")
        if path.suffix.lower() == ".csv":
            rows = list(csv.DictReader(text.splitlines()))
            names = [name for name in (rows[0] if rows else ()) if name]
            return {name: [float(row[name]) for row in rows] for name in names}
        document = json.loads(text)
        return {key: value for key, value in document.items() if isinstance(value, list)}
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(f"{path}: no history, neither JSON nor the CSV that CSVLogger writes") from error


def plot_curves(
    runs: Mapping[str, Any],
    metric: str = "loss",
    *,
    ax: Axes | None = None,
    save: str | Path | None = None,
) -> Figure:
    """Draw a metric of several runs over the epochs: of the training, and beside it of the validation.

    The best epoch of the validation is ringed: the lowest of a loss or an error, the highest of others.

    Args:
        runs, metric: see `curves`.
        ax: where to draw; a new figure by default.
        save: a file to write, .png, .svg or .pdf.
    """
    found = curves(runs, metric)
    if len(found) > MOST_RUNS:
        raise InputError(f"{len(found)} runs; no more than {MOST_RUNS} can be told apart in one picture")
    kinds = ["training", "validation"] if any(len(curve.validation) for curve in found) else ["training"]
    figure, grid = panels(ax, 1, len(kinds), 4.4 * len(kinds) + 0.3, 3.2 + 0.17 * ((len(found) + 1) // 2))
    values = np.concatenate([part for curve in found for part in (curve.training, curve.validation)])
    finite = values[np.isfinite(values)]
    lowest = any(word in metric for word in ("loss", "error", "entropy"))
    handles = []
    for axes, kind in zip(grid, kinds, strict=True):
        for number, curve in enumerate(found):
            line = getattr(curve, kind)
            epochs = np.arange(1, len(line) + 1)
            style: dict[str, Any] = {
                "color": COLOURS[number % len(COLOURS)],
                "marker": MARKERS[number % len(MARKERS)],
                "linestyle": LINES[number // len(COLOURS) % len(LINES)],
            }
            (drawn,) = axes.plot(epochs, line, markersize=4, linewidth=1.4, **style)
            if kind == "training":
                handles.append(drawn)
            elif np.isfinite(line).any():
                best = int(np.nanargmin(line) if lowest else np.nanargmax(line))
                ring: dict[str, Any] = {
                    "markerfacecolor": "none",
                    "markeredgecolor": style["color"],
                    "markeredgewidth": 1.4,
                }
                axes.plot(epochs[best], line[best], "o", markersize=10, **ring)
        axes.set_title(kind, fontsize=NORMAL)
        axes.set_xlabel("epoch", fontsize=NORMAL)
        axes.set_ylabel(metric, fontsize=NORMAL, parse_math=False)
        axes.locator_params(axis="x", integer=True)
        axes.grid(alpha=0.3)
        if len(finite):
            room = 0.05 * (finite.max() - finite.min() or abs(finite.max()) or 1)
            axes.set_ylim(finite.min() - room, finite.max() + room)
    # A label that begins with an underscore would be left out.
    names = [f" {curve.name}" for curve in found]
    columns = 2 if len(names) > 1 and len(kinds) > 1 and max(map(len, names)) < 40 else 1
    place = {"loc": "outside lower center"} if ax is None else {"loc": "upper right"}
    legend = (figure if ax is None else grid[0]).legend(
        handles, names, ncols=columns, frameon=False, fontsize=8, handlelength=3.2, **place
    )
    for text in legend.get_texts():
        text.set_parse_math(False)
    heading = f"{metric} of {len(found)} run{'s' if len(found) > 1 else ''}"
    ring_note = f"the {'lowest' if lowest else 'highest'} of the validation ringed" if len(kinds) > 1 else ""
    headline(figure, ax, heading, ring_note)
    return finish(figure, save)
