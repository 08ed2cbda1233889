"""Histograms of weights and activations, in which dead ReLUs and saturated gates are named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array, Layer
from maju.models import Model
from maju.visualize.gates import GATES, halves_of, has_gates, kind_of, tracks_of
from maju.visualize.probe import Call, find_layer, layers_in, watched_calls
from maju.visualize.sample import rows_of
from maju.visualize.style import COLOURS, LARGEST, SMALL, finish, headline, panels, shape_text, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "Histogram",
    "activation_histograms",
    "plot_activation_histograms",
    "plot_weight_histograms",
    "weight_histograms",
]

BINS = 50
#: How many rows the gates are looked at for, and how many histograms a picture has.
MOST_ROWS, MOST_PANELS = 32, 48
#: A gate is saturated where it is so near to 0 or to 1, and a unit where so large a share of its values are.
NEAR, MOSTLY = 0.05, 0.95
#: How many units a picture names.
NAMED = 8


@dataclass(frozen=True, eq=False)
class Histogram:
    """How the numbers of an array are spread.

    Attributes:
        name: the array's: ``"layer/weight"``, a layer's path, or that and a gate's name.
        kind: the layer's Keras class.
        shape: of the array; of activations that of one row.
        edges, counts: of the bins, (51,) and (50,).
        mean, deviation: of all finite numbers.
        zeros: the share that is 0.
        not_finite: how many are not finite.
        units: how many units or channels there are.
        dead: those of a ReLU that are 0 for every row at every place.
        saturated: those of a gate that are nearly always nearly 0 or nearly 1.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    edges: Array
    counts: Array
    mean: float
    deviation: float
    zeros: float
    not_finite: int
    units: int = 0
    dead: tuple[int, ...] = ()
    saturated: tuple[int, ...] = ()

    @property
    def finding(self) -> str:
        """What is wrong with it, in words; nothing if nothing is."""
        parts = []
        for what, units in (("dead", self.dead), ("saturated", self.saturated)):
            if units:
                more = f", … {len(units) - NAMED} more" if len(units) > NAMED else ""
                named = ", ".join(map(str, units[:NAMED]))
                parts.append(f"{len(units)} of {self.units} {what}: {named}{more}")
        if self.not_finite:
            parts.append(f"{self.not_finite} not finite")
        return "; ".join(parts)


def _histogram(name: str, kind: str, values: Array, shape: tuple[int, ...], **found: Any) -> Histogram:
    flat = np.asarray(values, np.float64).ravel()
    finite = flat[np.isfinite(flat)].clip(-LARGEST, LARGEST)
    scale = float(np.abs(finite).max(initial=0)) or 1.0  # so that squares do not overflow
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)
    if high - low <= 1e-12 * scale:  # all the same
        low, high = low - scale / 2, high + scale / 2
    counts, edges = np.histogram(finite, BINS, (low, high))
    size = max(len(finite), 1)
    return Histogram(
        name,
        kind,
        shape,
        edges,
        counts,
        float(finite.sum() / size) if len(finite) else float("nan"),
        float((finite / scale).std() * scale) if len(finite) else float("nan"),
        float((finite == 0).sum() / size),
        len(flat) - len(finite),
        **found,
    )


def weight_histograms(model: Model, layer: str | None = None) -> list[Histogram]:
    """How each weight array of a model is spread, or those of one layer.

    Raises:
        InputError: there are no weights.
    """
    chosen = list(layers_in(model)) if layer is None else [find_layer(model, layer)]
    found = [
        _histogram(f"{path}/{name}", each.keras_class, weight, weight.shape)
        for path, each in chosen
        for name, weight in each.weights.items()
        if weight.size
    ]
    if not found:
        raise InputError(f"{model.name if layer is None else layer!r} has no weights")
    return found


def activation_histograms(model: Model, x: Any, layer: str | None = None) -> list[Histogram]:
    """How what each layer gives for x is spread, or what one layer gives; then each gate of LSTMs and GRUs.

    The more rows x has, the surer it is that a unit is dead. Steps that a mask leaves out do not count. Gates
    are computed for the first 32 rows.

    Raises:
        InputError: x does not fit the model.
    """
    inputs = rows_of(model, x)
    chosen = None if layer is None else find_layer(model, layer)[0]
    calls = watched_calls(
        model, inputs, lambda path, each: _wanted(each) if chosen is None else path == chosen
    )
    found = []
    for path, made in calls.items():
        call = made[0]
        outputs = call.y if isinstance(call.y, list) else [call.y]
        y = outputs[0]
        if not isinstance(y, np.ndarray) or y.dtype.kind != "f" or not y.size:
            continue
        units = _by_unit(call, y)
        dead = np.flatnonzero(~units.any(axis=1)) if is_relu(call.layer) and units.size else ()
        found.append(
            _histogram(
                path, kind_of(call.layer), units, y.shape[1:], units=len(units), dead=tuple(map(int, dead))
            )
        )
        if has_gates(call.layer):
            found += _gate_histograms(path, call)
    if not found:
        raise InputError(f"{model.name if layer is None else layer!r} gives no floating-point numbers for x")
    return found


def _wanted(layer: Layer) -> bool:
    """Whether a layer computes new numbers."""
    return layer.keras_class not in ("Dropout", "Flatten", "InputLayer", "Reshape", "TextVectorization")


def is_relu(layer: Layer) -> bool:
    """Whether what a layer gives has gone through a ReLU, which gives 0 for all that is below."""
    return layer.keras_class == "ReLU" or getattr(layer, "activation", None) in ("relu", "relu6")


def _by_unit(call: Call, y: Array) -> Array:
    """An output as (units, all values of each that count)."""
    mask = call.layer.output_mask(call.x, call.mask, call.options)
    if isinstance(mask, np.ndarray) and mask.shape == y.shape[: mask.ndim] and mask.ndim < y.ndim:
        y = y[mask.astype(bool)]
    first = getattr(call.layer, "data_format", "") == "channels_first" and y.ndim > 2
    moved = np.moveaxis(y, 1 if first else -1, 0)
    return moved.reshape(len(moved), -1)


def _gate_histograms(path: str, call: Call) -> list[Histogram]:
    rows = len(call.y[0] if isinstance(call.y, list) else call.y)
    tracks: dict[str, list[Array]] = {}
    for row in range(min(rows, MOST_ROWS)):
        of_row, _ = tracks_of(_row(call, row), path)
        for direction, quantities in of_row.items():
            for name in (name for name in GATES if name in quantities):
                seen = quantities[name][~np.isnan(quantities[name]).all(axis=1)]
                tracks.setdefault(f"{path}, {f'{direction} ' if direction else ''}{name}", []).append(seen)
    found = []
    kind = "/".join(half.keras_class for half in dict.fromkeys(halves_of(call.layer).values()))
    for name, parts in tracks.items():
        values = np.concatenate(parts)  # (steps of all rows, units)
        if not len(values):
            continue
        near = ((values < NEAR) | (values > 1 - NEAR)).mean(axis=0)
        saturated = tuple(map(int, np.flatnonzero(near > MOSTLY)))
        units = values.shape[1]
        found.append(_histogram(name, kind, values, values.shape[1:], units=units, saturated=saturated))
    return found


def _row(call: Call, row: int) -> Call:
    """A call as if only one row had been given."""

    def pick(value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return [pick(part) for part in value]
        return value[row : row + 1] if isinstance(value, np.ndarray) else value

    options = {key: pick(value) for key, value in call.options.items()}
    return Call(call.layer, pick(call.x), pick(call.mask), options, pick(call.y))


def plot_weight_histograms(
    model: Model, layer: str | None = None, *, ax: Axes | None = None, save: str | Path | None = None
) -> Figure:
    """Draw how each weight array of a model is spread, the first 48 of more.

    Args:
        layer: draw those of one layer alone.
        ax: where to draw; a new figure by default.
        save: a file to write, .png, .svg or .pdf.
    """
    return _draw(weight_histograms(model, layer), f"{layer or model.name}: weights", ax, save)


def plot_activation_histograms(
    model: Model,
    x: Any,
    layer: str | None = None,
    *,
    ax: Axes | None = None,
    save: str | Path | None = None,
) -> Figure:
    """Draw how what each layer gives for x is spread, with dead ReLUs and saturated gates named.

    Args:
        layer: draw that of one layer alone.
        ax: where to draw; a new figure by default.
        save: a file to write, .png, .svg or .pdf.
    """
    rows = len(next(iter(rows_of(model, x).values())))
    heading = f"{layer or model.name}: activations for {rows} row{'s' if rows > 1 else ''}"
    return _draw(activation_histograms(model, x, layer), heading, ax, save)


def _draw(found: Sequence[Histogram], heading: str, ax: Axes | None, save: str | Path | None) -> Figure:
    shown = found[:MOST_PANELS]
    columns = min(3, len(shown))
    rows = -(-len(shown) // columns)
    figure, grid = panels(ax, rows, columns, max(4.2, 3.1 * columns), 1.9 * rows + 0.6)
    for place, axes in enumerate(grid):
        if place >= len(shown):
            axes.set_axis_off()
            continue
        histogram = shown[place]
        bad = bool(histogram.finding)
        axes.stairs(
            histogram.counts,
            histogram.edges,
            fill=True,
            color=COLOURS[1] if bad else COLOURS[0],
            hatch="..." if bad else None,
            edgecolor="white" if bad else None,
        )
        axes.set_yscale("symlog", linthresh=1)
        axes.set_ylim(bottom=0)
        axes.axvline(0, color="black", linewidth=0.5)
        if histogram.name.endswith(GATES):
            axes.set_xlim(0, 1)
        spread = (
            f"mean {histogram.mean:.2g}, deviation {histogram.deviation:.2g}, zeros {histogram.zeros:.0%}"
        )
        lines = [short(histogram.name, 56), f"{shape_text(histogram.shape)}: {spread}", histogram.finding]
        axes.set_title("\n".join(filter(None, lines)), fontsize=SMALL, parse_math=False)
        axes.tick_params(labelsize=SMALL - 1)
        axes.locator_params(axis="x", nbins=5)
        axes.xaxis.get_offset_text().set_fontsize(SMALL - 1)
        if place % columns == 0:
            axes.set_ylabel("how many", fontsize=SMALL)
    some = f"{len(shown)} of {len(found)} arrays" if len(shown) < len(found) else ""
    headline(figure, ax, heading, some)
    return finish(figure, save)
