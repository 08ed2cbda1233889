"""What training makes small: the losses of all outputs, each with its weight."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from maju import losses
from maju.errors import InputError
from maju.formats.specification import TensorRef
from maju.layers.base import Array
from maju.losses import Loss
from maju.models.model import Model
from maju.training.batches import Batch
from maju.training.logits import activation_at, finish, without_activations
from maju.training.outputs import names_of, output_refs, per_output

__all__ = ["Objective", "Value"]


@dataclass(frozen=True)
class Value:
    """What the objective says of a batch.

    Attributes:
        total: the sum of the losses, each times its weight.
        parts: the loss of each output, unweighted; None where there is none.
        predictions: what the model gives at each output.
        masks: which of it counts; None where all does.
        gradients: of each output of `Objective.model`, by its place.
    """

    total: float
    parts: list[float | None]
    predictions: list[Array]
    masks: list[Any]
    gradients: dict[TensorRef, Array]


class Objective:
    """The losses of a model's outputs, for targets of certain shapes.

    A cross-entropy after a softmax or a sigmoid is computed from what goes into these, as in Keras: no
    logarithm of a rounded probability is taken, and the gradient is p − y.

    Args:
        loss: one for all outputs, or a list or a dict of one for each (None: none).
        loss_weights: by which each counts in the total; None for 1.
        batch: a batch, whose shapes tell what a loss such as ``"crossentropy"`` means.

    Attributes:
        model: what is to be run: the model, or its twin that gives logits.
    """

    def __init__(self, model: Model, loss: Any, loss_weights: Any, batch: Batch) -> None:
        self.names = names_of(model)
        self.refs = output_refs(model)
        one_for_all = isinstance(loss, (str, Loss, type)) or callable(loss)
        given = [loss] * len(self.refs) if one_for_all else per_output(model, loss, "loss", complete=False)
        weights = [None] * len(self.refs) if loss_weights is None else _weights(model, loss_weights)
        self.weights = [1.0 if weight is None else float(weight) for weight in weights]
        if all(part is None for part in given):
            raise InputError("the model was compiled without a loss: compile(optimizer, loss) first")
        self.losses: list[Loss | None] = []
        self.finish = []
        fused = []
        for ref, said, y in zip(self.refs, given, batch.y, strict=True):
            if said is not None and y is None:
                raise InputError(f"output {ref.layer!r} has a loss and no targets")
            loss_here, activation = None, "linear"
            if said is not None and y is not None:
                shape = _shape(model, ref, y)
                loss_here = losses.for_shapes(said, y.shape, shape)
                assert loss_here is not None
                last = activation_at(model, ref)
                on_logits = loss_here.on_logits(last, y, np.broadcast_to(np.float32(0), shape))
                if on_logits is not None:
                    loss_here, activation = on_logits, last
                    fused.append(ref)
            self.losses.append(loss_here)
            self.finish.append(finish(activation))
        self.model = without_activations(model, fused) if fused else model

    def __call__(
        self, batch: Batch, values: Mapping[TensorRef, Array], masks: Mapping[TensorRef, Any]
    ) -> Value:
        """The losses for what `model` gave, and their gradients."""
        total, parts, gradients = 0.0, list[float | None](), dict[TensorRef, Array]()
        for place, (ref, loss) in enumerate(zip(self.refs, self.losses, strict=True)):
            y = batch.y[place]
            if loss is None or y is None:
                parts.append(None)
                continue
            value, backward = loss.vjp(y, values[ref], batch.weights[place], masks.get(ref))
            if np.ndim(value):
                raise InputError(
                    f"loss {loss.name!r} has reduction={loss.reduction!r}: training needs one number"
                )
            parts.append(float(value))
            total += self.weights[place] * float(value)
            own = backward(self.weights[place])
            gradients[ref] = gradients[ref] + own if ref in gradients else own
        predictions = [done(values[ref]) for done, ref in zip(self.finish, self.refs, strict=True)]
        return Value(total, parts, predictions, [masks.get(ref) for ref in self.refs], gradients)


def _weights(model: Model, loss_weights: Any) -> list[Any]:
    weights = per_output(model, loss_weights, "loss_weights", complete=False)
    for weight in weights:
        if weight is not None and (
            isinstance(weight, bool) or not isinstance(weight, (int, float, np.number))
        ):
            raise InputError(f"loss_weights: expected numbers, got {weight!r}")
    return weights


def _shape(model: Model, ref: TensorRef, y: Array) -> tuple[int, ...]:
    """The shape of an output for the rows of its targets; lengths that the model leaves open are theirs."""
    shape = model.shapes.get(ref)
    if shape is None:
        return y.shape
    told = [*y.shape, *[1] * len(shape)]
    return tuple(told[axis] if axis == 0 or n is None else n for axis, n in enumerate(shape))
