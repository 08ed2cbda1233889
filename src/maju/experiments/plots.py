"""Plots of how training went, as PNG files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maju.formats.atomic import replacing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["plot_losses", "plot_losses_together"]

History = Mapping[str, Sequence[float]]

# From the palette of Okabe and Ito, which colour-blind readers can tell apart; so can they the markers.
LINES: dict[str, dict[str, Any]] = {
    "loss": {"color": "#0072B2", "marker": "o", "linestyle": "-"},
    "val_loss": {"color": "#D55E00", "marker": "s", "linestyle": "--"},
}


def plot_losses(history: History, title: str, path: Path) -> None:
    """Draw one model's training and validation loss over the epochs."""
    plot_losses_together({title: history}, path)


def plot_losses_together(histories: Mapping[str, History], path: Path) -> None:
    """Draw the losses of several models, each in a panel of its own under its title, two panels a line."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    columns = min(2, len(histories))
    lines = -(-len(histories) // columns)
    figure = Figure(figsize=(6 * columns, 3.8 * lines), layout="constrained")
    FigureCanvasAgg(figure)  # draws without a screen, and leaves the user's choice of backend alone
    panels = figure.subplots(lines, columns, squeeze=False).ravel()
    for axes, (title, history) in zip(panels, histories.items(), strict=False):
        _draw(axes, title, history)
    for axes in panels[len(histories) :]:
        axes.set_axis_off()
    _save(figure, path)


def _draw(axes: Axes, title: str, history: History) -> None:
    from matplotlib.ticker import MaxNLocator

    validation = history["val_loss"]
    best = min(range(len(validation)), key=validation.__getitem__)
    labels = {
        "loss": "training",
        "val_loss": f"validation (lowest: {validation[best]:.3f} in epoch {best + 1})",
    }
    for name, style in LINES.items():
        epochs = range(1, len(history[name]) + 1)
        axes.plot(epochs, history[name], label=labels[name], markersize=5, **style)
    colour = LINES["val_loss"]["color"]
    axes.plot(best + 1, validation[best], "o", markersize=13, markerfacecolor="none", markeredgecolor=colour)
    axes.set_title(title)
    axes.set_xlabel("epoch")
    axes.set_ylabel("loss (cross-entropy)")
    axes.set_ylim(0, 1.2 * max(*history["loss"], *validation))  # room for the legend
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.3)
    axes.legend()


def _save(figure: Figure, path: Path) -> None:
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=120)
