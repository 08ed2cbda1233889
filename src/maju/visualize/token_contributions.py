"""What each token of a text adds to a prediction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array
from maju.layers.input_layer import InputLayer
from maju.layers.text_vectorization import TextVectorizationLayer
from maju.models import Model
from maju.visualize.integrated_gradients import AT_ONCE, integrated_gradients
from maju.visualize.probe import find_layer, values_of
from maju.visualize.sample import Sample, sample_of
from maju.visualize.style import COLOURS, NORMAL, SMALL, finish, headline, panel_title, panels
from maju.visualize.target import Index, Target, target_of
from maju.visualize.tokens import Tokens, Vocabulary, draw_padding, label_steps, required_tokens, steps_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Method", "TokenContributions", "plot_token_contributions", "token_contributions"]

Method: TypeAlias = Literal["gradients", "leave_out"]


@dataclass(frozen=True, eq=False)
class TokenContributions:
    """What each token adds to an output.

    Attributes:
        tokens: the tokens.
        method: how it was found.
        target: what they add to.
        values: (time,). Left out, padding adds nothing that could be measured: NaN.
        whole: the output for the whole text.
        nothing: the output for embeddings of zeros, which with the sum of the values is `whole`; None for
            "leave_out".
        sample: what it was computed for.
    """

    tokens: Tokens
    method: Method
    target: Target
    values: Array
    whole: float
    nothing: float | None
    sample: Sample


def token_contributions(
    model: Model,
    x: Any,
    *,
    method: Method = "gradients",
    target: Index = None,
    output: int | str | None = None,
    row: int = 0,
    steps: int | None = None,
    logits: bool = False,
    vocabulary: Vocabulary | None = None,
) -> TokenContributions:
    """What each token of row `row` of x adds to an output.

    With "gradients", integrated gradients through the embedding, from vectors of zeros to the tokens' own,
    summed over each vector. With "leave_out", the output less that for the text without the token: those
    behind it move up, and padding takes the place that is left over.

    Args:
        target: the class; by default the one that the model finds.
        output: which of several outputs; by default the first.
        steps: see `integrated_gradients`.
        logits: whether to explain what goes into the last softmax or sigmoid.
        vocabulary: what ids stand for, where the model does not hold it.

    Raises:
        InputError: the model reads no tokens, or the text has none.
    """
    if method not in get_args(Method):
        raise InputError(f"method={method!r}; expected {' or '.join(map(repr, get_args(Method)))}")
    sample = sample_of(model, x, row)
    tokens = required_tokens(model, sample, vocabulary)
    options: dict[str, Any] = {"target": target, "output": output, "row": row, "logits": logits}
    if method == "gradients":
        found = integrated_gradients(model, x, tokens.readers[0], steps=steps, **options)
        sums = found.values.sum(axis=-1)
        return TokenContributions(tokens, method, found.target, sums, found.at_x, found.at_baseline, sample)
    aim = target_of(model, sample, target, output)
    seen, score = aim.before_activation(model) if logits else (model, aim)
    real = np.flatnonzero(~tokens.padding)
    given = tokens.ids[np.newaxis]
    whole = float(_outputs(seen, sample, tokens, score, given)[0]) if logits else aim.value
    without = np.stack([_without(tokens, place, _open(model, tokens)) for place in real.tolist()])
    values = np.full(len(tokens.ids), np.nan)
    values[real] = whole - _outputs(seen, sample, tokens, score, without)
    return TokenContributions(tokens, method, aim, values, whole, None, sample)


def _open(model: Model, tokens: Tokens) -> bool:
    """Whether a text may be shorter, and this one shows no padding that the model might know."""
    _, source = find_layer(model, tokens.source)
    if tokens.padding.any() or len(tokens.ids) == 1:
        return False
    if isinstance(source, TextVectorizationLayer):
        return source.output_sequence_length is None
    return isinstance(source, InputLayer) and source.batch_shape[1] is None


def _without(tokens: Tokens, place: int, shorter: bool) -> Array:
    """The ids without one of them, padded on the side where the text is."""
    rest = np.delete(tokens.ids, place)
    if shorter:
        return rest
    in_front = tokens.padding[0] and not tokens.padding[-1]
    return np.insert(rest, 0 if in_front else len(rest), 0)


def _outputs(model: Model, sample: Sample, tokens: Tokens, score: Target, ids: Array) -> Array:
    """The output for each row of ids."""
    entry = {ref.layer: value for ref, value in sample.inputs.items()}.get(tokens.source)
    rows = ids if entry is None else ids.astype(entry.dtype)
    found = []
    for begin in range(0, len(rows), AT_ONCE):
        part = rows[begin : begin + AT_ONCE]
        found.append(score.of(values_of(model, sample.repeated(len(part)), tokens.source, part)))
    return np.concatenate(found).astype(np.float64)


NAMES = {"gradients": "integrated gradients through the embedding", "leave_out": "left out"}


def plot_token_contributions(
    model: Model,
    x: Any,
    *,
    method: Method | Sequence[Method] = ("gradients", "leave_out"),
    target: Index = None,
    output: int | str | None = None,
    row: int = 0,
    steps: int | None = None,
    logits: bool = False,
    vocabulary: Vocabulary | None = None,
    classes: Sequence[str] | None = None,
    ax: Axes | None = None,
    save: str | Path | None = None,
) -> Figure:
    """Draw what each token adds to a prediction as bars, upwards what speaks for it; padding is hatched.

    Args:
        method: one way of finding it, or several below each other.
        target, output, row, steps, logits, vocabulary: see `token_contributions`.
        classes: the classes' names.
        ax: where to draw; a new figure by default.
        save: a file to write, .png, .svg or .pdf.
    """
    methods = (method,) if isinstance(method, str) else tuple(method)
    options: dict[str, Any] = {
        "target": target,
        "output": output,
        "row": row,
        "steps": steps,
        "logits": logits,
        "vocabulary": vocabulary,
    }
    found = [token_contributions(model, x, method=each, **options) for each in methods]
    if not found:
        raise InputError("method: expected at least one")
    first = found[0]
    layout = steps_of(len(first.tokens.ids), first.tokens)
    figure, grid = panels(ax, len(found), 1, layout.width + 1.6, 1.9 * len(found) + 1.6)
    for axes, each in zip(grid, found, strict=True):
        values = layout.totals(np.nan_to_num(each.values))
        shades = [COLOURS[1] if value > 0 else COLOURS[0] for value in values]
        axes.bar(np.arange(len(values)), values, color=shades, width=0.8)
        axes.axhline(0, color="black", linewidth=0.6)
        draw_padding(axes, layout, skipped=False)
        label_steps(axes, layout, shown=each is found[-1])
        axes.set_ylabel("adds", fontsize=NORMAL)
        axes.tick_params(axis="y", labelsize=SMALL)
        axes.grid(axis="y", alpha=0.3)
        note = (
            ""
            if each.nothing is None
            else f" (sum {each.values.sum():.3g}, and {each.nothing:.3g} without any)"
        )
        panel_title(axes, f"{NAMES[each.method]}{note}")
    kind = "before the activation" if logits else f"{first.target.value:.3g}"
    text = f"What each token adds to {first.target.name(classes)} ({kind}), at {first.tokens.source}"
    unknown = any(word.startswith("[") for word in first.tokens.words)
    notes = [
        first.sample.where,
        "padding hatched" if layout.padding.any() else "",
        "[…]: not in the vocabulary" if unknown else "",
    ]
    headline(figure, ax, text, *notes)
    return finish(figure, save)
