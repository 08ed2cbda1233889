"""The symbolic tensors of a model that is there already, for another that takes a part of it."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from maju.errors import InputError
from maju.formats.specification import ModelSpec, TensorRef, map_refs, refs_in
from maju.layers.base import Layer, Shape
from maju.layers.operations import Operation
from maju.models.graph import in_order
from maju.models.symbolic import Call, SymbolicTensor

if TYPE_CHECKING:
    from maju.models.model import Model

__all__ = ["Calls", "calls_of", "given_by", "given_to", "settle"]

#: Each call of a graph by the name of its layer and by which call of it this is.
Calls: TypeAlias = dict[tuple[str, int], Call]

#: The model that each layer was put in first, as long as it is there.
_homes: weakref.WeakKeyDictionary[Layer, weakref.ref[Model]] = weakref.WeakKeyDictionary()


def settle(model: Model, *, anew: bool = False) -> None:
    """Let the `input` and `output` of the layers be those in this model, unless they are in another one.

    Args:
        anew: whether it takes its layers over from another one.
    """
    for layer in model.layers:
        if anew or _home(layer) is None:
            _homes[layer] = weakref.ref(model)


def _home(layer: Layer) -> Model | None:
    reference = _homes.get(layer)
    return None if reference is None else reference()


def calls_of(
    spec: ModelSpec,
    nodes: Mapping[str, Layer | Operation],
    shapes: Mapping[TensorRef, Shape | None],
) -> Calls:
    """The calls of a graph on symbolic tensors."""
    calls = {(ref.layer, ref.call): Call(nodes[ref.layer]) for ref in refs_in(spec.inputs)}

    def tensor(ref: TensorRef) -> SymbolicTensor:
        return SymbolicTensor(shapes[ref], calls[ref.layer, ref.call], ref.output)

    for step in in_order(spec):
        args, kwargs = map_refs([step.call.args, dict(step.call.kwargs)], tensor)
        calls[step.call.layer, step.index] = Call(nodes[step.call.layer], tuple(args), kwargs)
    return calls


def given_to(layer: Layer) -> Any:
    """What a layer's first call in its model is given: one symbolic tensor, or a list of them.

    Raises:
        InputError: it is in no model.
    """
    call = _model_of(layer).calls[layer.name, 0]
    if not call.args and not call.kwargs:
        return _model_of(layer)._tensor(TensorRef(layer.name))  # an input gives what it is
    return call.args[0] if len(call.args) == 1 else list(call.args)


def given_by(layer: Layer) -> Any:
    """What a layer's first call in its model gives: one symbolic tensor, or a list of them.

    Raises:
        InputError: it is in no model.
    """
    model = _model_of(layer)
    refs = [ref for ref in model.shapes if (ref.layer, ref.call) == (layer.name, 0)]
    tensors = [SymbolicTensor(model.shapes[ref], model.calls[ref.layer, 0], ref.output) for ref in refs]
    return tensors[0] if len(tensors) == 1 else tensors


def _model_of(layer: Layer) -> Model:
    model = _home(layer)
    if model is None or (layer.name, 0) not in model.calls:
        raise InputError(f"layer {layer.name!r} is in no model, so that it has neither input nor output")
    return model
