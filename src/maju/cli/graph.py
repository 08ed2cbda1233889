"""What surrounds the ends of a model's graph: what reads an input, and which layers there are inside."""

from __future__ import annotations

from collections.abc import Iterator

from maju.formats.specification import TensorRef, refs_in
from maju.layers.base import Layer
from maju.models import Model
from maju.models.inputs import flat
from maju.models.model import MOVES_VALUES

__all__ = ["layers_inside", "layers_reading"]


def layers_reading(model: Model, ref: TensorRef) -> Iterator[Layer]:
    """The layers that compute with a tensor, those in nested models and after mere reshaping too."""
    made = {layer.name: layer for layer in model.layers}
    calls: dict[str, int] = {}
    for call in model.spec.calls:
        index = calls[call.layer] = calls.get(call.layer, -1) + 1
        layer = made.get(call.layer)
        for place, taken in enumerate(refs_in(call.args)):
            if taken != ref or layer is None:
                continue
            if isinstance(layer, Model):
                yield from layers_reading(layer, flat(layer.spec.inputs)[place])
            elif layer.keras_class in MOVES_VALUES:
                yield from layers_reading(model, TensorRef(call.layer, index))
            else:
                yield layer


def layers_inside(model: Model) -> Iterator[Layer]:
    """Every layer, with those of nested models in the place of the models."""
    for layer in model.layers:
        if isinstance(layer, Model):
            yield from layers_inside(layer)
        else:
            yield layer
