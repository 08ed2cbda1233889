"""How often a model calls layers: nested models, each called twice by the next, could do so without end."""

from __future__ import annotations

from maju.errors import ModelFormatError
from maju.formats.specification import ModelSpec

__all__ = ["check_calls"]

#: How many calls of layers a model may make, those of nested models counted as often as these are called.
MAX_CALLS = 50_000


def check_calls(spec: ModelSpec, what: str) -> None:
    """Raise ModelFormatError for a model that makes more calls than any that is meant to be run."""
    if _count_calls(spec) > MAX_CALLS:
        raise ModelFormatError(f"{what}: layers are called more than {MAX_CALLS:,} times")


def _count_calls(spec: ModelSpec) -> int:
    within = {layer.name: _count_calls(layer.model) for layer in spec.layers if layer.model is not None}
    return sum(1 + within.get(call.layer, 0) for call in spec.calls)
