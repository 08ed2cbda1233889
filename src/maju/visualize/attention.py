"""Attention weights: how much each query takes of each key, head by head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from maju.errors import InputError
from maju.layers.attention import AttentionLayer
from maju.layers.base import Array, Layer
from maju.layers.multi_head import HeadsAttention
from maju.models import Model
from maju.visualize.probe import first_or_named
from maju.visualize.sample import sample_of
from maju.visualize.style import NORMAL, colour_bar, colours, finish, headline, panels
from maju.visualize.tokens import Tokens, Vocabulary, call_and_tokens, draw_padding, label_steps, steps_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["AttentionWeights", "attends", "attention", "plot_attention"]

#: How many heads are drawn unless others are asked for.
MOST_HEADS = 16


@dataclass(frozen=True, eq=False)
class AttentionWeights:
    """What an attention layer looks at for one sample.

    Attributes:
        layer: its path.
        kind: its Keras class.
        weights: (heads, queries, keys); each row sums to 1, or is 0 where there is nothing to look at.
        tokens: those of the text.
        where: which row of the input it is of.
    """

    layer: str
    kind: str
    weights: Array
    tokens: Tokens | None
    where: str


def attention(
    model: Model,
    x: Any,
    layer: str | None = None,
    *,
    row: int = 0,
    vocabulary: Vocabulary | None = None,
) -> AttentionWeights:
    """The attention weights of a layer for row `row` of x.

    Args:
        layer: an Attention, AdditiveAttention, MultiHeadAttention or GroupQueryAttention; by default the
            first.
        vocabulary: what ids stand for, where the model does not hold it.

    Raises:
        InputError: the layer is none of these, or the model has none.
    """
    path, _ = first_or_named(model, layer, attends, "attention layer", "attention layer")
    sample = sample_of(model, x, row)
    call, tokens = call_and_tokens(model, sample, path, vocabulary)
    options = {**call.options, "return_attention_scores": True}
    _, weights = call.layer.forward(call.x, mask=call.mask, **options)
    weights = weights[0] if weights.ndim == 4 else weights
    if weights.ndim != 3:
        where = f"layer {path!r} ({call.layer.keras_class})"
        raise InputError(
            f"{where}: weights of shape {weights.shape}, along several axes; there is no picture of these"
        )
    return AttentionWeights(path, call.layer.keras_class, weights, tokens, sample.where)


def attends(layer: Layer) -> bool:
    """Whether a layer has attention weights."""
    return isinstance(layer, (AttentionLayer, HeadsAttention))


def plot_attention(
    model: Model,
    x: Any,
    layer: str | None = None,
    *,
    row: int = 0,
    heads: Sequence[int] | None = None,
    vocabulary: Vocabulary | None = None,
    ax: Axes | None = None,
    save: str | Path | None = None,
) -> Figure:
    """Draw how much each token takes of each, one panel for each head; padding is hatched.

    Args:
        layer, row, vocabulary: see `attention`.
        heads: which heads; by default the first 16.
        ax: where to draw; a new figure by default.
        save: a file to write, .png, .svg or .pdf.

    Raises:
        InputError: the layer has no such heads.
    """
    found = attention(model, x, layer, row=row, vocabulary=vocabulary)
    count, queries, keys = found.weights.shape
    chosen = list(range(min(count, MOST_HEADS))) if heads is None else list(heads)
    if not chosen or not all(0 <= head < count for head in chosen):
        raise InputError(f"heads={heads!r}: layer {found.layer!r} has the heads 0 to {count - 1}")
    down, along = steps_of(queries, found.tokens), steps_of(keys, found.tokens)
    columns = next((n for n in (4, 3, 2) if len(chosen) % n == 0 and len(chosen) != 4), min(4, len(chosen)))
    columns = 2 if len(chosen) == 4 else columns
    rows = -(-len(chosen) // columns)
    wide, tall = max(1.8, 0.7 * along.width), max(1.6, 0.7 * down.width)
    figure, grid = panels(ax, rows, columns, columns * wide + 2.0, rows * (tall + 0.3) + 1.7)
    largest = max(float(np.nan_to_num(found.weights).max()), 1e-6)
    drawn = None
    for place, axes in enumerate(grid):
        if place >= len(chosen):
            axes.set_axis_off()
            continue
        weights = found.weights[chosen[place]][np.ix_(down.places, along.places)]
        drawn = axes.imshow(
            np.ma.masked_invalid(weights),
            cmap=colours(False),
            vmin=0,
            vmax=largest,
            aspect="auto",
            interpolation="nearest",
        )
        draw_padding(axes, along, skipped=False)
        draw_padding(axes, down, skipped=False, axis="y")
        label_steps(axes, along, shown=place + columns >= len(chosen))
        label_steps(axes, down, "y", shown=place % columns == 0)
        if place % columns == 0:
            axes.set_ylabel(f"query {down.what}", fontsize=NORMAL)
        if place + columns >= len(chosen):
            axes.set_xlabel(f"key {along.what}", fontsize=NORMAL)
        if count > 1:
            axes.set_title(f"head {chosen[place]}", fontsize=NORMAL)
        if place % columns == columns - 1 or place == len(chosen) - 1:
            colour_bar(figure, drawn, axes, "weight")
    notes = [
        f"{len(chosen)} of {count} heads" if len(chosen) < count else "",
        found.where,
        "padding hatched" if along.padding.any() or down.padding.any() else "",
    ]
    text = f"{found.layer} ({found.kind}): weights of {queries} queries × {keys} keys"
    headline(figure, ax, text, *notes)
    return finish(figure, save)
