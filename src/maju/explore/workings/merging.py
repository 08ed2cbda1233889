"""Layers that merge several tensors element by element."""

from __future__ import annotations

from typing import Any

import numpy as np

from maju.explore.workings.working import Line, Note, Part, Place, Working, explain
from maju.layers.add import AddLayer
from maju.layers.average import AverageLayer
from maju.layers.maximum import MaximumLayer
from maju.layers.minimum import MinimumLayer
from maju.layers.multiply import MultiplyLayer
from maju.layers.subtract import SubtractLayer
from maju.visualize.probe import Call

__all__: list[str] = []


def _values(call: Call, place: Place) -> tuple[list[float], list[Part]]:
    """What each tensor has at a place, as the layer sees it, and a word on masks where there are any."""
    layer: Any = call.layer
    seen, _ = layer._seen(layer._aligned(list(call.x)), call.mask)
    shape = np.shape(call.y)
    values = [float(np.broadcast_to(tensor, shape)[0][place.at]) for tensor in seen]
    masks = call.mask if isinstance(call.mask, (list, tuple)) else []
    return values, [Note("merged_masks")] if any(mask is not None for mask in masks) else []


def _joined(values: list[float], sign: str) -> list[float | str]:
    """The values with a sign between each two."""
    found: list[float | str] = []
    for value in values:
        found += [sign, value] if found else [value]
    return found


@explain(
    AddLayer,
    formula="y = x_{1} + x_{2} + …",
    english="Adds several inputs.",
    indonesian="Menjumlahkan beberapa masukan.",
)
def added(call: Call, place: Place) -> Working:
    """Of an Add."""
    values, notes = _values(call, place)
    line = Line("y", "x_{1} + x_{2} + …", _joined(values, " + "), sum(values))
    return Working(line.value, [*notes, line])


@explain(
    SubtractLayer,
    formula="y = x_{1} − x_{2}",
    english="Takes the second input from the first.",
    indonesian="Mengurangkan masukan kedua dari yang pertama.",
)
def subtracted(call: Call, place: Place) -> Working:
    """Of a Subtract."""
    values, notes = _values(call, place)
    line = Line("y", "x_{1} − x_{2}", _joined(values, " − "), values[0] - values[1])
    return Working(line.value, [*notes, line])


@explain(
    MultiplyLayer,
    formula="y = x_{1} · x_{2} · …",
    english="Multiplies several inputs.",
    indonesian="Mengalikan beberapa masukan.",
)
def multiplied(call: Call, place: Place) -> Working:
    """Of a Multiply."""
    values, notes = _values(call, place)
    line = Line("y", "x_{1} · x_{2} · …", _joined(values, " · "), float(np.prod(values)))
    return Working(line.value, [*notes, line])


@explain(
    AverageLayer,
    formula="y = (x_{1} + x_{2} + … + x_{k}) / k",
    english="Takes the mean of several inputs.",
    indonesian="Mengambil rata-rata beberapa masukan.",
)
def averaged(call: Call, place: Place) -> Working:
    """Of an Average."""
    values, notes = _values(call, place)
    numbers: list[float | str] = ["(", *_joined(values, " + "), ") / ", float(len(values))]
    line = Line("y", "(x_{1} + x_{2} + …) / k", numbers, sum(values) / len(values))
    return Working(line.value, [*notes, line])


@explain(
    MaximumLayer,
    formula="y = max(x_{1}, x_{2}, …)",
    english="Keeps the largest of several inputs.",
    indonesian="Menyimpan yang terbesar dari beberapa masukan.",
)
def greatest(call: Call, place: Place) -> Working:
    """Of a Maximum."""
    values, notes = _values(call, place)
    line = Line("y", "max(x_{1}, x_{2}, …)", ["max(", *_joined(values, ", "), ")"], max(values))
    return Working(line.value, [*notes, line])


@explain(
    MinimumLayer,
    formula="y = min(x_{1}, x_{2}, …)",
    english="Keeps the smallest of several inputs.",
    indonesian="Menyimpan yang terkecil dari beberapa masukan.",
)
def least(call: Call, place: Place) -> Working:
    """Of a Minimum."""
    values, notes = _values(call, place)
    line = Line("y", "min(x_{1}, x_{2}, …)", ["min(", *_joined(values, ", "), ")"], min(values))
    return Working(line.value, [*notes, line])
