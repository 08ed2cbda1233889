"""Embeddings: vectors of many dimensions drawn in two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np

from maju.errors import InputError, MissingExtraError
from maju.layers.base import Array
from maju.layers.embedding import EmbeddingLayer
from maju.layers.text_vectorization import TextVectorizationLayer
from maju.models import Model
from maju.visualize.probe import call_at, find_layer, layers_in
from maju.visualize.sample import rows_of
from maju.visualize.style import COLOURS, MARKERS, SMALL, axes_for, figure_around, finish, short, title
from maju.visualize.tokens import Vocabulary

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Embeddings", "Projection", "embeddings", "plot_embeddings", "word_embeddings"]

Projection: TypeAlias = Literal["pca", "tsne"]

#: How many words are drawn unless others are asked for.
MOST_WORDS = 150


@dataclass(frozen=True, eq=False)
class Embeddings:
    """Vectors in two dimensions.

    Attributes:
        layer: the path of the layer that gives them.
        points: (vectors, 2).
        names: what each is called; none where nobody said.
        labels: the class of each; none where nobody said.
        method: how they were projected.
        shares: how much of the variance each dimension tells; None for t-SNE.
        length: of the vectors, before.
    """

    layer: str
    points: Array
    names: tuple[str, ...]
    labels: tuple[Any, ...]
    method: Projection
    shares: tuple[float, float] | None
    length: int


def word_embeddings(
    model: Model,
    layer: str | None = None,
    *,
    words: Sequence[str] | None = None,
    method: Projection = "pca",
    vocabulary: Vocabulary | None = None,
) -> Embeddings:
    """The vectors of words in an Embedding's table, in two dimensions.

    Args:
        layer: by default the first Embedding.
        words: which words; by default the 150 first of the vocabulary, which are the most frequent.
        method: "pca", the two directions of the largest variance, or "tsne", which keeps neighbours together.
        vocabulary: what ids stand for, where the model does not hold it.

    Raises:
        InputError: the layer is no Embedding, or the vocabulary does not have a word.
    """
    tables = [path for path, each in layers_in(model) if isinstance(each, EmbeddingLayer)]
    if layer is None and not tables:
        raise InputError(f"{model.name!r} has no Embedding; give inputs, and name a layer")
    path, found = find_layer(model, tables[0] if layer is None else layer)
    if not isinstance(found, EmbeddingLayer):
        raise InputError(f"layer {path!r} ({found.keras_class}) is no Embedding: it has no table of vectors")
    known = _vocabulary(model, vocabulary)
    if words is None:
        special = {"", "[UNK]"}
        ids = [i for i in range(found.input_dim) if known.get(i, str(i)) not in special][:MOST_WORDS]
    else:
        places = {word: i for i, word in known.items()}
        missing = [word for word in words if places.get(word, found.input_dim) >= found.input_dim]
        if missing:
            raise InputError(f"the vocabulary does not have {', '.join(map(repr, missing))}")
        ids = [places[word] for word in words]
    names = tuple(known.get(i, str(i)) for i in ids)
    points, shares = _projected(found.embeddings[ids], method)
    return Embeddings(path, points, names, (), method, shares, found.output_dim)


def _vocabulary(model: Model, given: Vocabulary | None) -> dict[int, str]:
    if given is not None:
        return dict(given) if not isinstance(given, Sequence) else dict(enumerate(given))
    for _, layer in layers_in(model):
        if isinstance(layer, TextVectorizationLayer) and layer.vocabulary:
            return dict(enumerate(layer.vocabulary))
    return {}


def embeddings(
    model: Model,
    x: Any,
    layer: str,
    *,
    labels: Sequence[Any] | Array | None = None,
    method: Projection = "pca",
) -> Embeddings:
    """What a layer gives for each row of x, in two dimensions; of more axes than one each row is flattened.

    Args:
        labels: the class of each row, which becomes its colour.
        method: "pca", the two directions of the largest variance, or "tsne", which keeps neighbours together.

    Raises:
        InputError: fewer than two rows, other than one label for each, or values that are not finite.
    """
    path = find_layer(model, layer)[0]
    y = call_at(model, rows_of(model, x), path).y
    if not isinstance(y, np.ndarray) or y.dtype.kind not in "biuf":
        raise InputError(f"layer {path!r} gives no vectors")
    vectors = y.reshape(len(y), -1)
    given = () if labels is None else tuple(np.asarray(labels).tolist())
    if given and len(given) != len(vectors):
        raise InputError(f"{len(given)} labels for {len(vectors)} rows")
    points, shares = _projected(vectors, method)
    return Embeddings(path, points, (), given, method, shares, vectors.shape[1])


def _projected(vectors: Array, method: Projection) -> tuple[Array, tuple[float, float] | None]:
    """Vectors in two dimensions, the same at every call; and what share of the variance each tells."""
    if method not in get_args(Projection):
        raise InputError(f"method={method!r}; expected {' or '.join(map(repr, get_args(Projection)))}")
    if len(vectors) < 2:
        raise InputError(f"expected at least two vectors to compare, got {len(vectors)}")
    if not np.isfinite(vectors).all():
        raise InputError("the vectors hold values that are not finite")
    try:
        from sklearn.decomposition import PCA
        from sklearn.manifold import TSNE
    except ImportError as error:
        raise MissingExtraError("drawing embeddings", "visualize") from error
    vectors = vectors.astype(np.float64)
    if method == "tsne":
        near = min(30.0, (len(vectors) - 1) / 3)
        if near <= 0 or not np.ptp(vectors, axis=0).any():
            raise InputError("t-SNE needs vectors that differ")
        points = TSNE(perplexity=near, init="random", random_state=0).fit_transform(vectors)
        return points.astype(np.float64), None
    centred = vectors - vectors.mean(axis=0)
    if not centred.any() or vectors.shape[1] == 1:
        flat = np.zeros((len(vectors), 2))
        flat[:, 0] = centred[:, 0]
        return flat, (float(centred.any()), 0.0)
    pca = PCA(2, svd_solver="full")
    points = pca.fit_transform(vectors)
    first, second = map(float, pca.explained_variance_ratio_)
    return points, (first, second)


def plot_embeddings(
    model: Model,
    x: Any = None,
    layer: str | None = None,
    *,
    labels: Sequence[Any] | Array | None = None,
    classes: Sequence[str] | None = None,
    words: Sequence[str] | None = None,
    method: Projection = "pca",
    vocabulary: Vocabulary | None = None,
    ax: Axes | None = None,
    save: str | Path | None = None,
) -> Figure:
    """Draw vectors in two dimensions: the words of an Embedding, or what a layer gives for each row of x.

    Args:
        x: inputs; without any, the words of the table are drawn.
        layer: the Embedding, by default the first; with x, any layer.
        labels, method: see `embeddings`.
        classes: the classes' names, by their numbers.
        words, vocabulary: see `word_embeddings`.
        ax: where to draw; a new figure by default.
        save: a file to write, .png, .svg or .pdf.
    """
    if x is None:
        found = word_embeddings(model, layer, words=words, method=method, vocabulary=vocabulary)
    elif layer is None:
        raise InputError("name the layer whose output for x is to be drawn")
    else:
        found = embeddings(model, x, layer, labels=labels, method=method)
    figure, axes = axes_for(ax, 7.5, 6)
    kinds = list(dict.fromkeys(sorted(found.labels, key=str))) or [None]
    for place, kind in enumerate(kinds):
        of_kind = [i for i in range(len(found.points)) if kind is None or found.labels[i] == kind]
        named = classes is not None and isinstance(kind, int) and 0 <= kind < len(classes)
        axes.scatter(
            found.points[of_kind, 0],
            found.points[of_kind, 1],
            s=14 if found.names else 22,
            color=COLOURS[place % len(COLOURS)],
            marker=MARKERS[place % len(MARKERS)],
            alpha=0.75,
            linewidth=0,
            label=f" {classes[kind] if named and classes is not None and kind is not None else kind}",
        )
    hidden = _write_names(axes, found)
    if found.labels:
        outside = (
            figure.legend(loc="outside right upper", fontsize=SMALL + 1) if ax is None else axes.legend()
        )
        for text in outside.get_texts():
            text.set_parse_math(False)
    dimension = "component" if found.method == "pca" else "t-SNE dimension"
    told = [f" ({share:.0%} of the variance)" for share in found.shares or ()] or ["", ""]
    axes.set_xlabel(f"{dimension} 1{told[0]}")
    axes.set_ylabel(f"{dimension} 2{told[1]}")
    axes.grid(alpha=0.3)
    what = "words" if found.names else "rows"
    kind_of_plot = "PCA" if found.method == "pca" else "t-SNE"
    heading = f"{found.layer}: {len(found.points)} {what}, {found.length} numbers each, by {kind_of_plot}"
    title(axes, heading, f"{hidden} names left out for want of room" if hidden else "")
    return finish(figure, save)


def _write_names(axes: Axes, found: Embeddings) -> int:
    """Write each point's name where no other stands already, and give how many were left out."""
    if not found.names:
        return 0
    box = axes.get_window_extent()
    dpi = figure_around(axes).dpi
    inches = (box.width / dpi, box.height / dpi)
    spans = np.maximum(np.ptp(found.points, axis=0), 1e-30) * 1.1
    places = found.points / spans * inches * 72  # in points of letters
    size = SMALL - 1
    taken: list[tuple[float, float, float]] = []  # left, right, bottom
    for name, place, (across, up) in zip(map(short, found.names), places, found.points, strict=True):
        left, right, bottom = place[0], place[0] + 0.6 * size * len(name) + 3, place[1]
        if any(left < end and start < right and abs(bottom - at) <= size for start, end, at in taken):
            continue
        taken.append((left, right, bottom))
        axes.annotate(name, (across, up), (2, 2), textcoords="offset points", fontsize=size, parse_math=False)
    return len(found.names) - len(taken)
