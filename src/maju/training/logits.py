"""A model without its last softmax or sigmoid, so that the loss can be computed from what went into it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from maju.formats.specification import TensorRef, refs_in
from maju.layers import activations
from maju.layers.base import Array, Layer
from maju.layers.identity import IdentityLayer
from maju.layers.operations import Operation
from maju.layers.recurrent import RecurrentLayer
from maju.layers.softmax import SoftmaxLayer
from maju.models.inputs import flat
from maju.models.model import Model

__all__ = ["activation_at", "finish", "without_activations"]


def activation_at(model: Model, ref: TensorRef) -> str:
    """The activation that a layer ends in, where nothing but an output of the model takes what it gives.

    Returns:
        its name; ``"linear"`` where it has none, or where others take its output too.
    """
    node = model.nodes[ref.layer]
    calls = [call for call in model.spec.calls if call.layer == ref.layer]
    taken = any(
        ref.layer == other.layer for call in model.spec.calls for other in refs_in([call.args, call.kwargs])
    )
    outputs = [other for other in flat(model.spec.outputs) if other.layer == ref.layer]
    if len(calls) != 1 or taken or len(outputs) != 1:
        return "linear"
    if isinstance(node, Operation):
        return node.activation if node.hyper_parameters.get("axis", -1) == -1 else "linear"
    if isinstance(node, Model):
        return activation_at(node, flat(node.spec.outputs)[ref.output])
    if isinstance(node, SoftmaxLayer):
        return "softmax" if node.axis == -1 and not calls[0].kwargs else "linear"
    if isinstance(node, RecurrentLayer) or node.extra_config.get("activity_regularizer") is not None:
        return "linear"
    return str(getattr(node, "activation", "linear"))


def without_activations(model: Model, refs: Iterable[TensorRef]) -> Model:
    """The same model, of the same weights, whose layers at these outputs leave their activation out."""
    twin = copy.copy(model)
    twin.held = dict(model.nodes)
    for ref in refs:
        node = twin.held[ref.layer]
        if isinstance(node, Model):
            twin.held[ref.layer] = without_activations(node, [flat(node.spec.outputs)[ref.output]])
        elif isinstance(node, (Operation, SoftmaxLayer)):
            twin.held[ref.layer] = IdentityLayer(name=node.name)
        else:
            assert isinstance(node, Layer)
            linear: Any = copy.copy(node)
            linear.activation = "linear"
            twin.held[ref.layer] = linear
    return twin


def finish(activation: str) -> Callable[[Any], Array]:
    """What makes the model's output of what its twin gives."""
    function = activations.get(activation)
    return lambda logits: np.asarray(function(logits))
