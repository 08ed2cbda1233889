"""Embedding: the working of a look-up."""

from __future__ import annotations

from typing import Any

from maju.explore.workings.working import Line, Note, Place, Working, explain
from maju.layers.embedding import EmbeddingLayer
from maju.visualize.probe import Call

__all__: list[str] = []


@explain(
    EmbeddingLayer,
    formula="y_{t} = E_{x_{t}}",
    english="Looks up the vector of each id in a table that was learned.",
    indonesian="Mencari vektor untuk setiap id dalam tabel yang dipelajari.",
)
def lookup(call: Call, place: Place) -> Working:
    """Of an Embedding."""
    layer: Any = call.layer
    *step, column = place.at
    row = int(layer._ids(call.x)[0][tuple(step)])
    value = float(layer.embeddings[row, column])
    shape = " × ".join(map(str, layer.embeddings.shape))
    note = Note("lookup", {"id": row, "column": column, "shape": shape})
    return Working(value, [note, Line("y", f"E_{{{row}, {column}}}", [value], value)])
