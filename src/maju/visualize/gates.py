"""The gates of an LSTM or a GRU over the steps of a sequence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array, Layer
from maju.layers.bidirectional import BidirectionalLayer
from maju.layers.cell import AnyCell, Cell, States
from maju.layers.gru_cell import GRUCell
from maju.layers.lstm_cell import LSTMCell
from maju.layers.recurrent import RecurrentLayer
from maju.layers.sweep import swept
from maju.models import Model
from maju.visualize.probe import Call, first_or_named
from maju.visualize.sample import sample_of
from maju.visualize.style import NORMAL, colour_bar, colours, finish, headline, limits, panel_title, panels
from maju.visualize.tokens import (
    Steps,
    Tokens,
    Vocabulary,
    call_and_tokens,
    draw_padding,
    label_steps,
    steps_of,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "GATES",
    "Gates",
    "draw_tracks",
    "gates",
    "halves_of",
    "has_gates",
    "kind_of",
    "plot_gates",
    "tracks_of",
]

#: The names of what lies between 0 and 1, and those of all that there is, from above to below.
GATES = ("input gate i", "forget gate f", "output gate o", "update gate z", "reset gate r")
ORDER = (*GATES, "candidate", "memory c", "state h", "output")


@dataclass(frozen=True, eq=False)
class Gates:
    """What goes on in a recurrent layer for one sample.

    Attributes:
        layer: its path.
        kind: its Keras class; of a bidirectional one those of both.
        tracks: for each direction, "" or "forward" and "backward", each quantity by its name, (time, units),
            at the step of the sequence that it belongs to. States at steps that were left out are those
            before; gates there are NaN.
        read: (time,) of bool: the steps that the mask does not leave out.
        tokens: those of the sequence, if it is one of tokens.
        where: which row of the input it is of.
    """

    layer: str
    kind: str
    tracks: Mapping[str, Mapping[str, Array]]
    read: Array
    tokens: Tokens | None
    where: str


def gates(
    model: Model,
    x: Any,
    layer: str | None = None,
    *,
    row: int = 0,
    vocabulary: Vocabulary | None = None,
) -> Gates:
    """The gates and states of an LSTM or GRU, or of both halves of a Bidirectional one, over the steps.

    Args:
        layer: by default the first.
        row: which row of x.
        vocabulary: what ids stand for, where the model does not hold it.

    Raises:
        InputError: the layer is none of these, or the model has none.
    """
    none, other = "LSTM or GRU, so there are no gates to show", "LSTM or GRU: it has no gates"
    path, _ = first_or_named(model, layer, has_gates, none, other)
    sample = sample_of(model, x, row)
    call, tokens = call_and_tokens(model, sample, path, vocabulary)
    tracks, read = tracks_of(call, path)
    return Gates(path, kind_of(call.layer), tracks, read, tokens, sample.where)


def has_gates(layer: Layer) -> bool:
    """Whether a layer is an LSTM or a GRU, or a Bidirectional one of these."""
    return any(type(half.cell) in (LSTMCell, GRUCell) for half in halves_of(layer).values())


def halves_of(layer: Layer) -> dict[str, RecurrentLayer]:
    """The recurrent layers in a layer: itself, or both halves, by their direction; none in others."""
    if isinstance(layer, BidirectionalLayer):
        return {"forward": layer.forward_layer, "backward": layer.backward_layer}
    return {"": layer} if isinstance(layer, RecurrentLayer) else {}


def kind_of(layer: Layer) -> str:
    """The Keras class of a layer, and of a bidirectional one that of its halves too."""
    inside = {half.keras_class for half in halves_of(layer).values()} - {layer.keras_class}
    return f"{layer.keras_class} {', '.join(sorted(inside))}" if inside else layer.keras_class


def tracks_of(call: Call, path: str) -> tuple[dict[str, dict[str, Array]], Array]:
    """What goes on in a recurrent layer in one call, by direction and quantity, and which steps it reads.

    Raises:
        InputError: its states are no vectors.
    """
    layer, initial = call.layer, call.options.get("initial_state")
    x, mask, starts = call.x, call.mask, [initial]
    if isinstance(layer, BidirectionalLayer):
        x, mask, both = layer._given(x, mask, initial)
        starts = list(both)
    found = {}
    for (direction, half), start in zip(halves_of(layer).items(), starts, strict=True):
        sequence, steps_mask, states = half._checked(x, mask, start)
        if any(state.ndim != 2 for state in states):
            raise InputError(f"layer {path!r} ({layer.keras_class}): its states are no vectors but maps")
        read = np.ones(sequence.shape[1], bool) if steps_mask is None else steps_mask[0]
        found[direction] = _track(half, sequence[:1], read, tuple(state[:1] for state in states))
    return found, read


def _track(layer: RecurrentLayer, x: Array, read: Array, states: States) -> dict[str, Array]:
    """Each quantity at each step, for one row: x (1, time, inputs)."""
    order = slice(None, None, -1 if layer.go_backwards else 1)  # and back from it
    taken, kept = x[0, order], read[order]
    over_time = _states_over_time(layer.cell, taken, kept, states)
    gates = _gates_at(layer.cell, taken, tuple(track[:-1] for track in over_time[: len(states)]))
    found = {name: np.where(kept[:, np.newaxis], value, np.nan) for name, value in gates.items()}
    if type(layer.cell) is LSTMCell:
        found["memory c"] = over_time[1][1:]
    shown = np.logical_or.accumulate(kept)[:, np.newaxis]  # before the first output there is none
    found["state h"] = np.where(shown, over_time[layer.cell.output_state][1:], 0)
    return {name: value[order].astype(x.dtype, copy=False) for name, value in found.items()}


def _states_over_time(cell: AnyCell, x: Array, read: Array, states: States) -> list[Array]:
    """Each state before the first step and after every one, (1 + time, units); behind them other outputs.

    Args:
        x: the steps as they are taken, (time, inputs).
        read: which of them the mask does not leave out.
    """
    if cell.sweep is not None and isinstance(cell, Cell):
        off = None if read.all() else ~read[:, np.newaxis, np.newaxis]
        run = swept(cell.sweep, cell, np.ascontiguousarray(x[:, np.newaxis]), states, off)
        return [track[:, 0] for track in run.states]
    nothing = np.zeros((1, *(n or 0 for n in cell.output_shape(x.shape[1:]))), x.dtype)
    after = [(*states, nothing)]
    for x_t, is_read in zip(x, read, strict=True):
        after.append(cell.step(x_t[np.newaxis], states) if is_read else after[-1])
        states = after[-1][: len(states)]
    return [np.concatenate(track) for track in zip(*after, strict=False)]


def _gates_at(cell: AnyCell, x: Array, states: States) -> dict[str, Array]:
    """The gates of one step, as `LSTMCell` and `GRUCell` say; none of other cells."""
    if type(cell) is LSTMCell:
        zi, zf, zc, zo = np.split(cell.sums(x, states[0]), 4, axis=-1)
        sigma = cell.sigma
        return {
            "input gate i": sigma(zi),
            "forget gate f": sigma(zf),
            "output gate o": sigma(zo),
            "candidate": cell.phi(zc),
        }
    if type(cell) is GRUCell:
        (h,) = states
        (bz, br, bh), (bz2, br2, bh2) = cell._biases()
        z = cell.sigma(x @ cell.Wz + bz + h @ cell.Uz + bz2)
        r = cell.sigma(x @ cell.Wr + br + h @ cell.Ur + br2)
        past = r * (h @ cell.Uh + bh2) if cell.reset_after else (r * h) @ cell.Uh
        return {"update gate z": z, "reset gate r": r, "candidate": cell.phi(x @ cell.Wh + bh + past)}
    return {}


def plot_gates(
    model: Model,
    x: Any,
    layer: str | None = None,
    *,
    row: int = 0,
    vocabulary: Vocabulary | None = None,
    ax: Axes | None = None,
    save: str | Path | None = None,
) -> Figure:
    """Draw each gate, the candidate and the states of an LSTM or a GRU over the tokens: a line for each unit.

    Padding is hatched: grey where the mask leaves it out, over the colours where the layer reads it.

    Args:
        layer, row, vocabulary: see `gates`.
        ax: where to draw; a new figure by default.
        save: a file to write, .png, .svg or .pdf.
    """
    found = gates(model, x, layer, row=row, vocabulary=vocabulary)
    return draw_tracks(found, "gates", ax, save)


def draw_tracks(found: Gates, what: str, ax: Axes | None, save: str | Path | None) -> Figure:
    """Draw quantities below one another, and directions beside one another."""
    steps = steps_of(len(found.read), found.tokens)
    directions = list(found.tracks)
    names = [name for name in ORDER if any(name in track for track in found.tracks.values())]
    counts = {track[names[-1]].shape[1]: None for track in found.tracks.values()}  # a set in order
    tall = 1.15 if len(names) > 1 else min(5.0, 1.8 + 0.02 * max(counts))
    width = len(directions) * (steps.width + 1.6)
    figure, grid = panels(ax, len(names), len(directions), width, tall * len(names) + 1.6)
    for place, axes in enumerate(grid):
        name, direction = names[place // len(directions)], directions[place % len(directions)]
        if name not in found.tracks[direction]:  # the halves are of different kinds
            axes.set_axis_off()
            continue
        heading = f"{name}, {direction}" if direction else name
        units = found.tracks[direction][name].T[:, steps.places]  # (units, shown)
        draw_units(figure, axes, units, steps, found.read, heading, name in GATES)
        label_steps(axes, steps, shown=place >= len(grid) - len(directions))
    notes = [f"{' and '.join(map(str, counts))} units", found.where, padding_note(steps, found.read)]
    text = f"{found.layer} ({found.kind}): {what} over the {steps.what}s"
    headline(figure, ax, text, *notes)
    return finish(figure, save)


def padding_note(steps: Steps, read: Array) -> str:
    """What a picture's hatches mean, in words."""
    if not steps.padding.any():
        return ""
    return "padding hatched" + (", and read by the layer" if read[steps.places][steps.padding].any() else "")


def draw_units(
    figure: Figure, axes: Axes, units: Array, steps: Steps, read: Array, heading: str, gate: bool = False
) -> None:
    """Draw units over steps.

    Args:
        units: (units, shown steps).
        read: which steps of the whole sequence the layer reads.
        gate: whether they are numbers from 0 to 1.
    """
    seen = read[steps.places]
    low, high, signed = (0.0, 1.0, False) if gate else limits(units[:, seen], signed=True)
    values = np.ma.masked_invalid(np.where(seen, units.astype(np.float64), np.nan))
    drawn = axes.imshow(
        values, cmap=colours(signed), vmin=low, vmax=high, aspect="auto", interpolation="nearest"
    )
    skipped = Steps(steps.places, steps.labels, ~seen, steps.what)
    draw_padding(axes, skipped, skipped=True)
    draw_padding(axes, Steps(steps.places, steps.labels, steps.padding & seen, steps.what), skipped=False)
    panel_title(axes, heading)
    axes.set_ylabel("unit", fontsize=NORMAL)
    axes.tick_params(axis="y", labelsize=7)
    axes.locator_params(axis="y", nbins=4, integer=True)
    colour_bar(figure, drawn, axes, "")
