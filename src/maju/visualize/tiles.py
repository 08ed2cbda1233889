"""Many small pictures in one: each with its number above it, all in the same colours."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from maju.layers.base import Array
from maju.visualize.style import columns_for, figure_around

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

__all__ = ["draw_tiles", "tiles_size"]

#: The smallest side that a tile is drawn with, and how many dots all of them may have.
SMALLEST, MOST_DOTS = 32, 4_000_000
#: The space between tiles, and that for the number above one, in parts of a tile's longer side.
GAP, BAND = 0.08, 0.26


def tiles_size(count: int, height: int, width: int) -> tuple[float, float]:
    """The size in inches of a figure with so many tiles of these sides."""
    columns = columns_for(count, width / height)
    rows = math.ceil(count / columns)
    longer = max(height, width)
    side = min(1.3, 8.6 / (columns * (width / longer + GAP)))
    figure_height = rows * side * (height / longer + GAP + BAND) + 0.7
    return max(4.2, columns * side * (width / longer + GAP) + 1.2), max(1.8, figure_height)


def draw_tiles(
    axes: Axes,
    tiles: Array,
    labels: Sequence[str],
    colours: Colormap | None = None,
    low: float = 0.0,
    high: float = 1.0,
    crossed: Collection[int] = (),
) -> Any:
    """Draw tiles row by row, and give what a colour bar is made of.

    Args:
        tiles: (tiles, height, width), or with colours of their own (tiles, height, width, 3).
        labels: what stands above each.
        crossed: the tiles that are crossed out.
    """
    count, height, width = tiles.shape[:3]
    step = math.ceil(math.sqrt(tiles.size / MOST_DOTS))
    tiles = tiles[:, ::step, ::step]
    larger = math.ceil(SMALLEST / max(tiles.shape[1:3]))
    tiles = tiles.repeat(larger, axis=1).repeat(larger, axis=2)
    tall, wide = tiles.shape[1:3]
    longer = max(tall, wide)
    gap, band = max(1, round(GAP * longer)), round(BAND * longer)
    columns = columns_for(count, width / height)
    rows = math.ceil(count / columns)
    colour = tiles.shape[3:]
    canvas = np.full((rows * (tall + gap + band), columns * (wide + gap), *colour), 1.0 if colour else np.nan)
    corners = [
        (row * (tall + gap + band) + band, column * (wide + gap))
        for row, column in (divmod(place, columns) for place in range(count))
    ]
    for tile, (top, left) in zip(tiles, corners, strict=True):
        canvas[top : top + tall, left : left + wide] = tile
    drawn = axes.imshow(
        np.ma.masked_invalid(canvas), cmap=colours, vmin=low, vmax=high, interpolation="nearest"
    )
    inches = axes.get_window_extent().width / figure_around(axes).dpi
    size = min(8.0, max(3.5, 72 * inches / columns * BAND * longer / (wide + gap) * 0.8))
    longest = max(map(len, labels))
    size = min(size, 72 * inches / columns / (0.68 * longest))
    for place, ((top, left), label) in enumerate(zip(corners, labels, strict=True)):
        axes.text(left, top - 0.04 * longer, label, fontsize=size, va="bottom", parse_math=False)
        if place in crossed:
            for ends in ((top, top + tall - 1), (top + tall - 1, top)):
                axes.plot((left, left + wide - 1), ends, color="white", linewidth=0.8)
    axes.set_axis_off()
    return drawn
