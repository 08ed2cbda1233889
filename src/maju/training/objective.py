"""What training makes small: the losses of all outputs, each with its weight."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from maju import losses
from maju.errors import InputError
from maju.formats.specification import TensorRef
from maju.layers.base import Array
from maju.losses import ElementwiseLoss, Loss
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
        outputs: what `Objective.model` gives at each output: logits, where the loss takes them.
        predictions: what the model gives there.
        masks: which of it counts; None where all does.
        gradients: of each output of `Objective.model`, by its place.
    """

    total: float
    parts: list[float | None]
    outputs: list[Array]
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
        left_out: the activation of each output that this leaves out; None where it leaves none out.
    """

    def __init__(self, model: Model, loss: Any, loss_weights: Any, batch: Batch) -> None:
        self.names = names_of(model)
        self.refs = output_refs(model)
        given = _for_each(model, loss, "loss")
        weights = _for_each(model, loss_weights, "loss_weights")
        self.weights = [1.0 if weight is None else float(weight) for weight in weights]
        if all(part is None for part in given):
            raise InputError("the model was compiled without a loss: compile(optimizer, loss) first")
        self.losses: list[Loss | None] = []
        self.finish = []
        self.left_out: list[str | None] = []
        fused = []
        for ref, said, y in zip(self.refs, given, batch.y, strict=True):
            if said is not None and y is None:
                raise InputError(f"output {ref.layer!r} has a loss and no targets")
            loss_here, activation = None, None
            if said is not None and y is not None:
                shape = _shape(model, ref, y)
                loss_here = losses.for_shapes(said, y.shape, shape)
                assert loss_here is not None
                _warn_of_broadcast(loss_here, y.shape, shape)
                last = activation_at(model, ref)
                on_logits = loss_here.on_logits(last, y, np.broadcast_to(np.float32(0), shape))
                if on_logits is not None:
                    loss_here, activation = on_logits, last
                    fused.append(ref)
            self.losses.append(loss_here)
            self.left_out.append(activation)
            self.finish.append(finish(activation or "linear"))
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
        outputs = [values[ref] for ref in self.refs]
        return Value(total, parts, outputs, predictions, [masks.get(ref) for ref in self.refs], gradients)


def _for_each(model: Model, given: Any, what: str) -> list[Any]:
    """What each output has: one thing stands for all, or there is a list or a dict of them."""
    names = names_of(model)
    several = isinstance(given, (list, tuple)) or (isinstance(given, Mapping) and "class_name" not in given)
    if not several:
        return [given] * len(names)
    if isinstance(given, (list, tuple)) and len(names) == 1 != len(given):
        raise InputError(f"{what}: expected one for the output {names[0]!r}, got {len(given)}")
    return per_output(model, given, what, complete=False)


def _warn_of_broadcast(loss: Loss, y_shape: Sequence[int], shape: Sequence[int]) -> None:
    """Tell of one target that stands for all outputs of a row, which Keras takes without a word."""
    if isinstance(loss, ElementwiseLoss) and len(y_shape) == len(shape) and y_shape[-1] == 1 < shape[-1]:
        warnings.warn(
            f"loss {loss.name!r}: y has one number for each row, of which the model gives {shape[-1]}: all "
            "are compared with that one",
            stacklevel=2,
        )


def _shape(model: Model, ref: TensorRef, y: Array) -> tuple[int, ...]:
    """The shape of an output for the rows of its targets; lengths that the model leaves open are theirs."""
    shape = model.shapes.get(ref)
    if shape is None:
        return y.shape
    told = [*y.shape, *[1] * len(shape)]
    return tuple(told[axis] if axis == 0 or n is None else n for axis, n in enumerate(shape))
