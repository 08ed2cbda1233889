"""What the working of one output value is made of, and which function works out which layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from maju.layers.base import Array, Layer
from maju.visualize.probe import Call

__all__ = [
    "Explanation",
    "Grid",
    "Group",
    "Line",
    "Note",
    "Place",
    "Products",
    "Windowed",
    "Working",
    "explain",
    "explanation_of",
    "products",
    "work_out",
]

#: How many products of a sum are told one by one, and of how many channels all places of a window.
MOST_TERMS, MOST_CHANNELS = 40, 24

#: Where a value stands in what a layer gives for a row.
Index: TypeAlias = tuple[int, ...]


@dataclass(frozen=True)
class Place:
    """Which value is worked out.

    Attributes:
        at: its place in the layer's output, without the batch axis; with `step` the unit alone.
        step: of a recurrent layer, at which step of the sequence.
        direction: of a Bidirectional one, in which half: "forward" or "backward"; "" for what it gives.
    """

    at: Index
    step: int | None = None
    direction: str = ""


@dataclass(frozen=True)
class Line:
    """One line of arithmetic: ``symbol = formula = numbers = value``.

    Attributes:
        numbers: what stands in the formula: numbers, and the signs between them as text.
    """

    symbol: str
    formula: str
    numbers: Sequence[float | str]
    value: float
    kind: str = "line"


@dataclass(frozen=True)
class Products:
    """A sum of products Σ left · right, the largest of them one by one.

    Attributes:
        left, right: what the factors are called.
        terms: the place along the sum, both factors and their product, the largest products first.
        others: how many products are left, and what they sum to.
    """

    symbol: str
    formula: str
    left: str
    right: str
    terms: Sequence[tuple[str, float, float, float]]
    others: tuple[int, float]
    value: float
    kind: str = "products"


@dataclass(frozen=True)
class Grid:
    """What a window sees of one channel.

    Attributes:
        channel: which.
        x: the values, in rows; None where the window looks beyond the edge.
        k: the kernel there; None for a pooling.
        kept: the place, (row, column), of the value that was kept; None where all count.
        value: what comes of it.
    """

    channel: int
    x: Sequence[Sequence[float | None]]
    k: Sequence[Sequence[float]] | None
    kept: tuple[int, int] | None
    value: float


@dataclass(frozen=True)
class Windowed:
    """What a window sees, channel by channel, and what comes of all.

    Attributes:
        origin: the place of the window's first element in the input; below 0 in the padding.
        fill: what stands beyond the edge; None where nothing does.
        grids: the channels that weigh most, the most first.
        others: how many channels are left, and what they sum to.
    """

    symbol: str
    formula: str
    origin: Index
    fill: float | None
    grids: Sequence[Grid]
    others: tuple[int, float]
    value: float
    kind: str = "window"


@dataclass(frozen=True)
class Group:
    """Several steps that make one quantity, as those of a gate."""

    title: str
    symbol: str
    parts: Sequence[Part]
    value: float
    kind: str = "group"


@dataclass(frozen=True)
class Note:
    """Something to be said; the page has its words in each language under the key.

    Attributes:
        values: what the words have gaps for.
    """

    key: str
    values: Mapping[str, Any] = field(default_factory=dict)
    kind: str = "note"


Part: TypeAlias = Line | Products | Windowed | Group | Note


@dataclass(frozen=True)
class Working:
    """How one value comes about, in the order in which it is computed; the last part ends in it."""

    value: float
    parts: Sequence[Part]


@dataclass(frozen=True)
class Explanation:
    """What a layer computes.

    Attributes:
        formula: in plain text, where ``_{…}`` and ``^{…}`` stand for what is set lower and higher.
        words: a sentence on it by language.
    """

    formula: str
    words: Mapping[str, str]


WorkOut: TypeAlias = Callable[[Call, Place], Working]
#: The formula of a layer, or what tells it where it depends on the layer.
Formula: TypeAlias = str | Callable[[Any], str]


@dataclass(frozen=True)
class _Known:
    formula: Formula
    words: Mapping[str, str]
    work_out: WorkOut


_known: dict[type[Layer], _Known] = {}


def explain(
    *kinds: type[Layer], formula: Formula, english: str, indonesian: str
) -> Callable[[WorkOut], WorkOut]:
    """Let a function work out the values of some kinds of layers, and say what these compute."""

    def known(function: WorkOut) -> WorkOut:
        for kind in kinds:
            _known[kind] = _Known(formula, {"en": english, "id": indonesian}, function)
        return function

    return known


def _of(layer: Layer) -> _Known | None:
    return next((_known[kind] for kind in type(layer).__mro__ if kind in _known), None)


def explanation_of(layer: Layer) -> Explanation | None:
    """What a layer computes; None where it is not said here."""
    found = _of(layer)
    if found is None:
        return None
    formula = found.formula if isinstance(found.formula, str) else found.formula(layer)
    return Explanation("\n".join([formula, *_functions(layer, formula)]), found.words)


def _functions(layer: Layer, formula: str) -> list[str]:
    """A line on what φ and σ are in a layer's formula; none where it has neither."""
    part = getattr(layer, "cell", None) or getattr(getattr(layer, "forward_layer", None), "cell", layer)
    names = {"φ": getattr(part, "activation", None), "σ": getattr(part, "recurrent_activation", None)}
    meant = [f"{sign} = {name}" for sign, name in names.items() if sign in formula and isinstance(name, str)]
    return [",  ".join(meant)] if meant else []


def work_out(call: Call, place: Place) -> Working | None:
    """How one value of what a layer gave comes about; None for layers whose values are not worked out.

    Args:
        call: of one row.
    """
    found = _of(call.layer)
    return None if found is None else found.work_out(call, place)


def products(
    symbol: str,
    formula: str,
    names: tuple[str, str],
    left: Array,
    right: Array,
    labels: Sequence[str] | None = None,
) -> Products:
    """The sum of the products of two vectors, the largest of them one by one.

    Args:
        names: what the factors are called.
        labels: what each place is called; by default its number.
    """
    a, b = left.astype(np.float64), right.astype(np.float64)
    each = a * b
    order = np.argsort(-np.abs(np.nan_to_num(each)), kind="stable")
    shown = order[:MOST_TERMS]
    terms = [
        (str(i) if labels is None else labels[i], float(a[i]), float(b[i]), float(each[i]))
        for i in shown.tolist()
    ]
    rest = each[order[MOST_TERMS:]]
    return Products(symbol, formula, *names, terms, (len(rest), float(rest.sum())), float(each.sum()))
