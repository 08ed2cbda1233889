"""The tokens that a text model reads, and how a picture shows them beside one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array
from maju.layers.embedding import EmbeddingLayer
from maju.layers.text_vectorization import TextVectorizationLayer
from maju.models import Model
from maju.text.tokens import ngrams, standardize, text_array
from maju.text.vectorizer import SPLIT, TextVectorizer
from maju.visualize.probe import Call, first_call, watched_calls
from maju.visualize.sample import Sample
from maju.visualize.style import HATCH, PADDING, SMALL, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "Steps",
    "Tokens",
    "Vocabulary",
    "call_and_tokens",
    "draw_padding",
    "label_steps",
    "required_tokens",
    "steps_of",
    "tokens_of",
]

#: What ids stand for: a list by id, or a mapping.
Vocabulary: TypeAlias = Sequence[str] | Mapping[int, str]

#: The layers that tell what the tokens are.
READERS = (EmbeddingLayer, TextVectorizationLayer)
#: How many steps of padding are shown where there are more.
KEPT = 3


@dataclass(frozen=True, eq=False)
class Tokens:
    """The tokens of a text, as a model reads them.

    Attributes:
        words: a word for each step; in brackets where the vocabulary does not have it, and "" for padding.
        ids: (time,).
        padding: (time,) of bool.
        source: the path of the layer that the ids come out of: an input, or a TextVectorization.
        readers: the paths of the embeddings that read them.
    """

    words: tuple[str, ...]
    ids: Array
    padding: Array
    source: str
    readers: tuple[str, ...]


def tokens_of(model: Model, sample: Sample, vocabulary: Vocabulary | None = None) -> Tokens | None:
    """The tokens of a sample; None where the model reads none. `tokens_in` says what tokens are."""
    calls = watched_calls(model, sample.inputs, lambda _, layer: isinstance(layer, READERS))
    return tokens_in(calls, sample, vocabulary)


def call_and_tokens(
    model: Model, sample: Sample, path: str, vocabulary: Vocabulary | None = None
) -> tuple[Call, Tokens | None]:
    """A layer's first call for a sample, and the sample's tokens, by one run."""
    calls = watched_calls(
        model, sample.inputs, lambda each, layer: each == path or isinstance(layer, READERS)
    )
    return first_call(calls, path), tokens_in(calls, sample, vocabulary)


def tokens_in(
    calls: Mapping[str, Sequence[Call]], sample: Sample, vocabulary: Vocabulary | None = None
) -> Tokens | None:
    """The tokens that the watched layers of a run have read; None where they have read none.

    Tokens are ids that an Embedding looks up, right from a TextVectorization or from an input. Padding is the
    id 0: every one where a vocabulary or ``mask_zero`` says so, else those at both ends.

    Args:
        vocabulary: what ids stand for, where the model does not hold it.
    """
    made = {path: own[0] for path, own in calls.items() if isinstance(own[0].layer, TextVectorizationLayer)}
    lookups = {path: own[0] for path, own in calls.items() if isinstance(own[0].layer, EmbeddingLayer)}
    entries = {ref.layer: value for ref, value in sample.inputs.items() if value.dtype.kind in "biuf"}
    sources = {**{path: call.y for path, call in made.items()}, **entries}
    for source, ids in sources.items():
        if np.ndim(ids) != 2:
            continue
        readers = tuple(path for path, call in lookups.items() if np.array_equal(call.x, ids))
        if not readers:
            continue
        row = ids[0].astype(np.int64)
        zero = row == 0
        if source in made:
            layer = made[source].layer
            assert isinstance(layer, TextVectorizationLayer)
            return Tokens(_words(layer.vectorizer, made[source].x[0], row), row, zero, source, readers)
        masks = any(getattr(lookups[path].layer, "mask_zero", False) for path in readers)
        padding = zero if masks or vocabulary is not None else _ends(zero)
        return Tokens(_named(row, padding, vocabulary), row, padding, source, readers)
    return None


def _ends(zero: Array) -> Array:
    """Those of the True values that no False stands before, or none behind."""
    return np.asarray(np.logical_and.accumulate(zero) | np.logical_and.accumulate(zero[::-1])[::-1])


def _named(ids: Array, padding: Array, vocabulary: Vocabulary | None) -> tuple[str, ...]:
    if vocabulary is None:
        return tuple("" if off else str(i) for i, off in zip(ids.tolist(), padding, strict=True))
    known = vocabulary if isinstance(vocabulary, Mapping) else dict(enumerate(vocabulary))
    return tuple(
        "" if off else str(known.get(i, f"[{i}]")) for i, off in zip(ids.tolist(), padding, strict=True)
    )


def _words(vectorizer: TextVectorizer, text: Array, ids: Array) -> tuple[str, ...]:
    """The tokens of a text before they were looked up; those that the vocabulary lacks in brackets."""
    parts = [standardize(part, vectorizer.standardize) for part in text_array(np.atleast_1d(text)).tolist()]
    split = SPLIT[vectorizer.split]
    tokens = parts if split is None else split(parts[0])
    widths = vectorizer.ngrams
    if widths is not None:
        tokens = ngrams(tokens, range(1, widths + 1) if isinstance(widths, int) else widths)
    words = [token.decode("utf-8", errors="replace") for token in tokens[: len(ids)]]
    words += [""] * (len(ids) - len(words))
    return tuple(f"[{word}]" if i == 1 else word for word, i in zip(words, ids.tolist(), strict=True))


def required_tokens(model: Model, sample: Sample, vocabulary: Vocabulary | None = None) -> Tokens:
    """The tokens of a sample.

    Raises:
        InputError: the model reads none, or the sample has none.
    """
    found = tokens_of(model, sample, vocabulary)
    if found is None:
        reason = "no Embedding reads ids from a TextVectorization or from an input"
        raise InputError(f"{model.name!r} reads no tokens: {reason}")
    if found.padding.all():
        raise InputError(f"row {sample.row} holds no tokens, only padding")
    return found


# Beside one another


@dataclass(frozen=True, eq=False)
class Steps:
    """The steps of a sequence that a picture shows: of much padding only the beginning and the end.

    Attributes:
        places: which steps, (shown,); the last of much padding stands for those left out before it.
        labels: what stands below each.
        padding: (shown,) of bool.
        what: what the steps are: "token" or "step".
    """

    places: Array
    labels: tuple[str, ...]
    padding: Array
    what: str

    def totals(self, values: Array) -> Array:
        """The values of all steps, with what was left out added to the step that stands for it."""
        begins = np.concatenate([[0], self.places[:-1] + 1])
        return np.add.reduceat(values, begins) if len(self.places) else values

    @property
    def width(self) -> float:
        """How many inches they need beside one another."""
        return min(30.0, max(5.0, 0.2 * len(self.places)))

    @property
    def size(self) -> float:
        """How large their letters may be, in points."""
        return min(SMALL + 1, 72 * 0.8 * self.width / max(len(self.places), 1))


def steps_of(length: int, tokens: Tokens | None) -> Steps:
    """The steps of a sequence of some length; tokens of another length are none of its own."""
    if tokens is None or len(tokens.words) != length:
        places = np.arange(length)
        return Steps(places, tuple(map(str, places)), np.zeros(length, bool), "step")
    kept: list[int] = []
    labels: list[str] = []
    run = 0
    for place, (word, off) in enumerate(zip(tokens.words, tokens.padding, strict=True)):
        run = run + 1 if off else 0
        if run > KEPT:
            kept[-1], labels[-1] = place, f"+{run - KEPT + 1} padding"
            continue
        kept.append(place)
        labels.append("padding" if off else short(word) or "?")
    places = np.array(kept, np.int64)
    return Steps(places, tuple(labels), tokens.padding[places], "token")


def label_steps(axes: Axes, steps: Steps, axis: str = "x", shown: bool = True) -> None:
    """Write the steps below the axes, or at their left."""
    where, limits = (axes.xaxis, axes.set_xlim) if axis == "x" else (axes.yaxis, axes.set_ylim)
    ends = (-0.5, len(steps.places) - 0.5)
    limits(*(ends if axis == "x" else ends[::-1]))
    every = 1 if steps.what == "token" else max(1, len(steps.places) // 25)
    ticks = range(0, len(steps.places), every)
    if not shown:
        where.set_ticks([])
        return
    where.set_ticks(ticks, [steps.labels[tick] for tick in ticks], fontsize=steps.size, parse_math=False)
    for label, tick in zip(where.get_ticklabels(), ticks, strict=True):
        label.set_color("#777777" if steps.padding[tick] else "black")
        if axis == "x" and steps.what == "token":
            label.set(rotation=90)
    where.set_tick_params(length=2)


def draw_padding(axes: Axes, steps: Steps, skipped: bool, axis: str = "x") -> None:
    """Hatch the steps that are padding.

    Args:
        skipped: whether the layer leaves them out, so that there is nothing to see below the hatches.
    """
    span = axes.axvspan if axis == "x" else axes.axhspan
    for place in np.flatnonzero(steps.padding):
        span(
            place - 0.5,
            place + 0.5,
            facecolor=PADDING if skipped else "none",
            edgecolor="#9A9A9A",
            hatch=HATCH,
            linewidth=0,
        )
