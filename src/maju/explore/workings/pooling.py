"""Poolings: the working of one number out of a window."""

from __future__ import annotations

from typing import Any

import numpy as np

from maju.explore.workings.convolution import Letters, rows_of, seen_at, split_place
from maju.explore.workings.working import Grid, Line, Note, Part, Place, Windowed, Working, explain, products
from maju.layers.average_pooling import AveragePooling
from maju.layers.global_average_pooling import GlobalAveragePooling
from maju.layers.global_average_pooling1d import GlobalAveragePooling1DLayer
from maju.layers.global_max_pooling import GlobalMaxPooling
from maju.layers.max_pooling import MaxPooling
from maju.layers.windows import channels_last
from maju.visualize.probe import Call

__all__: list[str] = []


def _window(call: Call, place: Place) -> tuple[Any, Any, tuple[int, ...], int]:
    layer: Any = call.layer
    where, channel = split_place(layer, place.at)
    x = channels_last(call.x, layer.data_format)[0]
    seen, inside, origin = seen_at(x, layer.windows, where, -np.inf)
    return seen[..., channel], inside, origin, channel


def _largest(layer: Any) -> str:
    at = Letters.of(layer, dilated=False)
    return f"y_{{{at.where},c}} = max_{{{at.inside}}} x_{{{at.seen}, c}}"


def _mean(layer: Any) -> str:
    at = Letters.of(layer, dilated=False)
    return f"y_{{{at.where},c}} = {at.sums} x_{{{at.seen}, c}} / n"


@explain(
    MaxPooling,
    formula=_largest,
    english="Keeps the largest value under each window.",
    indonesian="Menyimpan nilai terbesar di bawah setiap jendela.",
)
def largest(call: Call, place: Place) -> Working:
    """Of a MaxPooling1D, MaxPooling2D or MaxPooling3D."""
    seen, inside, origin, channel = _window(call, place)
    value = float(seen[inside].max())
    rows = rows_of(seen, inside)
    kept = next((r, c) for r, row in enumerate(rows) for c, v in enumerate(row) if v == value)
    grid = Grid(channel, rows, None, kept, value)
    return Working(value, [Windowed("y", "max x", origin, None, [grid], (0, 0.0), value)])


@explain(
    AveragePooling,
    formula=_mean,
    english="Keeps the mean under each window; padding does not count.",
    indonesian="Menyimpan rata-rata di bawah setiap jendela; padding tidak dihitung.",
)
def mean(call: Call, place: Place) -> Working:
    """Of an AveragePooling1D, AveragePooling2D or AveragePooling3D."""
    seen, inside, origin, channel = _window(call, place)
    total, count = float(seen[inside].sum()), int(inside.sum())
    grid = Grid(channel, rows_of(seen, inside), None, None, total)
    parts: list[Part] = [
        Windowed("Σ", "Σ x", origin, None, [grid], (0, 0.0), total),
        Line("y", "Σ / n", [total, " / ", float(count)], total / count),
    ]
    return Working(total / count, parts)


@explain(
    GlobalMaxPooling,
    formula="y_{c} = max_{i,j} x_{i,j,c}",
    english="Keeps the largest value of each channel.",
    indonesian="Menyimpan nilai terbesar dari setiap kanal.",
)
def largest_of_all(call: Call, place: Place) -> Working:
    """Of a GlobalMaxPooling."""
    x, channel = _channel(call, place)
    where = np.unravel_index(int(np.argmax(x)), x.shape)
    value = float(x[where])
    return Working(
        value,
        [
            Note("largest_of", {"count": x.size, "place": ", ".join(str(int(i)) for i in where)}),
            Line("y", f"max x_{{…,{channel}}}", [value], value),
        ],
    )


@explain(
    GlobalAveragePooling,
    formula="y_{c} = Σ_{i,j} x_{i,j,c} / n",
    english="Keeps the mean of each channel.",
    indonesian="Menyimpan rata-rata dari setiap kanal.",
)
def mean_of_all(call: Call, place: Place) -> Working:
    """Of a GlobalAveragePooling; steps that a mask leaves out do not count in that of sequences."""
    x, channel = _channel(call, place)
    counts = np.ones(x.shape)
    if call.mask is not None and isinstance(call.layer, GlobalAveragePooling1DLayer):
        counts = np.asarray(call.mask)[0].astype(np.float64)
    total = products("Σ", "Σ x", ("x", "m"), x.ravel(), counts.ravel(), _places(x.shape))
    n = float(counts.sum())
    line = Line("y", f"Σ / n, c = {channel}", [total.value, " / ", n], total.value / n if n else float("nan"))
    return Working(line.value, [total, line])


def _channel(call: Call, place: Place) -> tuple[Any, int]:
    """All values of the channel that a value of the output is of, and which channel that is."""
    layer: Any = call.layer
    first = layer.keepdims and layer.data_format == "channels_first"
    channel = place.at[0 if first else -1]
    return channels_last(call.x, layer.data_format)[0][..., channel], channel


def _places(shape: tuple[int, ...]) -> list[str]:
    return [", ".join(map(str, place)) for place in np.ndindex(*shape)]
