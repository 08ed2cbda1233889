"""Hidden states: what a layer has made of a sequence at each of its steps."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array
from maju.models import Model
from maju.visualize.gates import Gates, draw_tracks, halves_of, kind_of, tracks_of
from maju.visualize.probe import Call, find_layer, layers_in
from maju.visualize.sample import sample_of
from maju.visualize.tokens import Vocabulary, call_and_tokens

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["hidden_states", "plot_hidden_states"]


def hidden_states(
    model: Model,
    x: Any,
    layer: str | None = None,
    *,
    row: int = 0,
    vocabulary: Vocabulary | None = None,
) -> Gates:
    """The state of a recurrent layer after each step, or what another layer gives at each.

    Of a recurrent layer all states are there, whether or not it gives more than the last; those of an LSTM's
    memory too. Any other layer will do that gives (batch, time, features).

    Args:
        layer: by default the first recurrent layer.
        row: which row of x.
        vocabulary: what ids stand for, where the model does not hold it.

    Returns:
        `Gates` with the states alone: "state h" and "memory c", or "output".

    Raises:
        InputError: the layer has no steps, or the model has no recurrent layer.
    """
    if layer is None:
        recurrent = [path for path, each in layers_in(model) if halves_of(each)]
        if not recurrent:
            raise InputError(f"{model.name!r} has no recurrent layer; name another layer that gives steps")
        path = recurrent[0]
    else:
        path = find_layer(model, layer)[0]
    sample = sample_of(model, x, row)
    call, tokens = call_and_tokens(model, sample, path, vocabulary)
    found: dict[str, dict[str, Array]]
    if halves_of(call.layer):
        tracks, read = tracks_of(call, path)
        found = {
            direction: {name: track[name] for name in ("memory c", "state h") if name in track}
            for direction, track in tracks.items()
        }
    else:
        found = {"": {"output": _steps(call, path)}}
        read = _mask(call, len(found[""]["output"]))
    return Gates(path, kind_of(call.layer), found, read, tokens, sample.where)


def _steps(call: Call, path: str) -> Array:
    if not isinstance(call.y, np.ndarray) or call.y.ndim != 3 or call.y.dtype.kind not in "biuf":
        gives = f"shape {call.y.shape}" if isinstance(call.y, np.ndarray) else f"{len(call.y)} outputs"
        raise InputError(
            f"layer {path!r} ({call.layer.keras_class}) has no states: it gives {gives}, not "
            "(batch, time, features)"
        )
    steps: Array = call.y[0]
    return steps


def _mask(call: Call, length: int) -> Array:
    """Which steps of a layer's output count."""
    mask = call.layer.output_mask(call.x, call.mask, call.options)
    fits = isinstance(mask, np.ndarray) and mask.shape[1:] == (length,)
    return mask[0].astype(bool) if fits else np.ones(length, bool)


def plot_hidden_states(
    model: Model,
    x: Any,
    layer: str | None = None,
    *,
    row: int = 0,
    vocabulary: Vocabulary | None = None,
    ax: Axes | None = None,
    save: str | Path | None = None,
) -> Figure:
    """Draw the states of a layer over the tokens: a line for each unit.

    Padding is hatched: grey where the mask leaves it out, over the colours where the layer reads it.

    Args:
        layer, row, vocabulary: see `hidden_states`.
        ax: where to draw; a new figure by default.
        save: a file to write, .png, .svg or .pdf.
    """
    found = hidden_states(model, x, layer, row=row, vocabulary=vocabulary)
    return draw_tracks(found, "states", ax, save)
