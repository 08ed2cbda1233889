"""TextVectorization: the working of a token's id."""

from __future__ import annotations

from typing import Any

from maju.explore.workings.working import Line, Note, Place, Working, explain
from maju.layers.text_vectorization import TextVectorizationLayer
from maju.visualize.probe import Call

__all__: list[str] = []


@explain(
    TextVectorizationLayer,
    formula="x_{t} = id of token t;  0 is padding, 1 is any unknown word",
    english="Splits a text into words, and gives the id that each has in the vocabulary.",
    indonesian="Memecah teks menjadi kata dan memberi id setiap kata dalam kosakata.",
)
def token_id(call: Call, place: Place) -> Working:
    """Of a TextVectorization."""
    layer: Any = call.layer
    value = float(call.y[0][place.at])
    vocabulary = layer.vocabulary or ()
    if layer.vectorizer.output_mode != "int":
        return Working(value, [Note("token_count", {}), Line("y", "count", [value], value)])
    known = str(vocabulary[int(value)]) if int(value) < len(vocabulary) else "?"
    key = {0: "token_padding", 1: "token_unknown"}.get(int(value), "token_known")
    note = Note(key, {"word": known, "id": int(value), "count": len(vocabulary)})
    return Working(value, [note, Line("x", "id", [value], value)])
