"""How the pictures look: sizes, colours that colour-blind readers and grey print keep apart, and saving."""

from __future__ import annotations

import math
import textwrap
import warnings
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from maju.errors import InputError, MissingExtraError
from maju.formats.atomic import replacing
from maju.layers.base import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

__all__ = [
    "COLOURS",
    "HATCH",
    "LARGEST",
    "LINES",
    "MARKERS",
    "NORMAL",
    "PADDING",
    "SMALL",
    "axes_for",
    "colour_bar",
    "colours",
    "columns_for",
    "figure_around",
    "finish",
    "headline",
    "limits",
    "not_finite",
    "panel_title",
    "panels",
    "shape_text",
    "short",
    "title",
]

# From the palette of Okabe and Ito, which colour-blind readers can tell apart; so can they markers and lines.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", "*", ">")
LINES = ("-", "--", "-.", ":")
#: From below zero to above: of other hues, and of other greys at the ends.
DIVERGING = ("#08306B", "#4A90C4", "#F7F7F7", "#F4A65A", "#B35806")
#: What padding is drawn with.
PADDING, HATCH = "#E4E4E4", "////"
#: The sizes of letters, in points.
TITLE, NORMAL, SMALL = 10, 8.5, 7
DPI = 150
#: The most dots along a side; matplotlib draws no more than 65,535.
MOST_DOTS = 20_000
#: The largest number that matplotlib can still subtract its opposite from.
LARGEST = 1e300
FORMATS = ("png", "svg", "pdf")


def figure_of(width: float, height: float) -> Figure:
    """An empty figure of a size in inches, that no part of pyplot knows of."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError("maju.visualize", "visualize") from error

    figure = Figure(figsize=(width, height))
    figure.set_layout_engine("constrained", w_pad=0.1, h_pad=0.1)
    FigureCanvasAgg(figure)  # draws without a screen, and leaves the user's choice of backend alone
    return figure


def axes_for(ax: Axes | None, width: float, height: float) -> tuple[Figure, Axes]:
    """The axes to draw on, with their figure: the user's, or those of a new one of this size in inches."""
    if ax is None:
        figure = figure_of(width, height)
        return figure, figure.subplots()
    return figure_around(ax), ax


def figure_around(axes: Axes) -> Figure:
    """The whole figure that axes are in."""
    figure = axes.figure
    while getattr(figure, "figure", figure) is not figure:  # a part of a figure
        figure = figure.figure
    return cast("Figure", figure)


def panels(
    ax: Axes | None, rows: int, columns: int, width: float, height: float, ratios: Sequence[float] = ()
) -> tuple[Figure, list[Axes]]:
    """Axes in rows and columns, the first row first: in a new figure, or inside the user's axes.

    Args:
        width, height: of the whole in inches.
        ratios: how the height is shared among the rows; equally by default.
    """
    shares = list(ratios) or [1.0] * rows
    if ax is None:
        figure = figure_of(width, height)
        found = figure.subplots(rows, columns, squeeze=False, height_ratios=shares)
        return figure, list(found.ravel())
    ax.set_axis_off()
    gap, gap_across = 0.25, 0.4 if columns > 1 else 0.0
    inside = []
    tops = np.cumsum([0.0, *shares]) / sum(shares)
    for top, bottom in pairwise(tops):
        for column in range(columns):
            tall = bottom - top
            box = (column / columns, 1 - bottom, (1 - gap_across) / columns, (1 - gap) * tall)
            inside.append(ax.inset_axes(box))
    return figure_around(ax), inside


def finish(figure: Figure, save: str | Path | None) -> Figure:
    """The figure, and a file of it where one is asked for.

    Raises:
        InputError: the file's name does not end in .png, .svg or .pdf.
    """
    if save is None:
        return figure
    path = Path(save)
    kind = path.suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        raise InputError(f"{path}: pictures are saved as {', '.join(f'.{name}' for name in FORMATS)}")
    from matplotlib import rc_context

    metadata = {
        "png": {"Software": "maju"},
        "svg": {"Creator": "maju", "Date": None},
        "pdf": {"Creator": "maju"},
    }
    with warnings.catch_warnings(), rc_context({"svg.hashsalt": "maju"}), replacing(path) as temporary:
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        dpi = min(DPI, MOST_DOTS / max(figure.get_size_inches()))
        figure.savefig(temporary, format=kind, dpi=dpi, metadata=metadata[kind])
    return figure


# Text


def title(axes: Axes, *parts: str) -> None:
    """Set a title: the first part, and below it the others that say anything."""
    inches = axes.get_window_extent().width / figure_around(axes).dpi
    axes.set_title(_lines(parts, inches), fontsize=TITLE, parse_math=False)


def panel_title(axes: Axes, text: str) -> None:
    """Set the title of one panel, at its left, in as many lines as it needs."""
    inches = axes.get_window_extent().width / figure_around(axes).dpi
    axes.set_title(_lines([text], inches, NORMAL), fontsize=NORMAL, loc="left", pad=3, parse_math=False)


def headline(figure: Figure, ax: Axes | None, *parts: str) -> None:
    """Set the title of a picture of several panels: of the figure, or of the user's axes; as `title` does."""
    if ax is None:
        figure.suptitle(_lines(parts, figure.get_figwidth()), fontsize=TITLE, parse_math=False)
    else:
        title(ax, *parts)


def _lines(parts: Sequence[str], inches: float, size: float = TITLE) -> str:
    """The first part, and below it the others that say anything; each in as many lines as it needs."""
    first, *others = parts
    letters = max(30, int(inches * 72 / (0.54 * size)))
    texts = [first, ", ".join(part for part in others if part)]
    return "\n".join(line for text in texts for line in textwrap.wrap(text, letters))


def short(text: str, length: int = 18) -> str:
    """A text as one line of letters that show, cut where it is longer."""
    shown = "".join(c if c.isprintable() else "·" for c in " ".join(text.split()))
    return shown if len(shown) <= length else f"{shown[: length - 1]}…"


def shape_text(shape: Iterable[int | None]) -> str:
    """A shape as ``32 × 32 × 64``."""
    return " × ".join("?" if n is None else f"{n}" for n in shape) or "one value"


# Colours


def colours(signed: bool) -> Colormap:
    """The colours of numbers: from below 0 to above with white between, or from small to large."""
    import matplotlib as mpl
    from matplotlib.colors import LinearSegmentedColormap

    own = LinearSegmentedColormap.from_list("maju", DIVERGING)
    return (own if signed else mpl.colormaps["viridis"]).with_extremes(bad="white")


def limits(values: Array, signed: bool | None = None) -> tuple[float, float, bool]:
    """What the ends of the colours stand for, and whether the numbers have signs.

    Numbers that are not finite do not count. Where all are 0, or there are none, an end is 1.

    Args:
        signed: None to tell from the numbers.
    """
    finite = np.clip(np.asarray(values, np.float64)[np.isfinite(values)], -LARGEST, LARGEST)
    if signed is None:
        signed = bool((finite < 0).any())
    if signed:
        largest = float(np.abs(finite).max(initial=0)) or 1.0
        return -largest, largest, True
    low, high = float(finite.min(initial=0)), float(finite.max(initial=0))
    return low, high if high > low else low + 1.0, False


def not_finite(values: Array) -> str:
    """How many numbers are not finite, in words; nothing where all are."""
    count = int((~np.isfinite(values)).sum())
    return f"{count} value{'s' if count > 1 else ''} not finite, left white" if count else ""


def colour_bar(figure: Figure, drawn: Any, axes: Axes, label: str, extend: str = "neither") -> None:
    """A bar beside the axes that tells what the colours stand for.

    Args:
        extend: at which ends numbers may lie beyond it: "neither" or "both".
    """
    inside = figure.bbox_inches.width * axes.get_position().width  # the axes' width in inches
    bar = figure.colorbar(drawn, cax=axes.inset_axes((1 + 0.08 / inside, 0, 0.12 / inside, 1)), extend=extend)
    bar.set_label(label, fontsize=NORMAL, parse_math=False)
    bar.ax.tick_params(labelsize=SMALL)
    bar.ax.ticklabel_format(axis="y", scilimits=(-3, 4))
    bar.ax.yaxis.get_offset_text().set_fontsize(SMALL)


def columns_for(count: int, wide: float = 1.0) -> int:
    """Into how many columns so many pictures go, so that the whole is a little wider than high."""
    return max(1, min(count, math.ceil(math.sqrt(1.3 * count / wide))))
