"""The one number of a model's output that is to be explained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np

from maju.errors import InputError
from maju.formats.specification import TensorRef
from maju.layers.base import Array
from maju.layers.policies import plain
from maju.models import Model
from maju.models.inputs import flat
from maju.training.logits import activation_at, without_activations
from maju.visualize.probe import values_of
from maju.visualize.sample import Sample

__all__ = ["Index", "Target", "target_of"]

#: Which number of an output: a class, or for an output of several axes a place along each.
Index: TypeAlias = int | tuple[int, ...] | None


@dataclass(frozen=True)
class Target:
    """One number of a model's output for a sample.

    Attributes:
        ref: the output.
        index: the place in it, without the batch axis.
        opposite: whether it is 1 − p of a single sigmoid's p, the probability of class 0.
        class_id: the class; None where the output is no table of classes.
        activation: what the output ends in; where that was left out, ``"linear"``.
        value: what the model gives there, activation and all.
    """

    ref: TensorRef
    index: tuple[int, ...]
    opposite: bool
    class_id: int | None
    activation: str
    value: float

    def of(self, values: Mapping[TensorRef, Any]) -> Array:
        """The number in each row, given the tensors of a run."""
        y: Any = plain(values[self.ref])
        found: Array = y[(slice(None), *self.index)]
        if not self.opposite:
            return found
        return 1 - found if self.activation == "sigmoid" else -found

    def back_from(self, values: Mapping[TensorRef, Any]) -> dict[TensorRef, Array]:
        """The gradient of the outputs where that of this number is 1, in each row."""
        dy: Any = np.zeros_like(plain(values[self.ref]))
        dy[(slice(None), *self.index)] = -1 if self.opposite else 1
        return {self.ref: dy}

    def name(self, classes: Sequence[str] | None = None) -> str:
        """What it is called in a title.

        Args:
            classes: the classes' names.
        """
        if self.class_id is None:
            return f"{self.ref.layer}{list(self.index) if self.index != (0,) else ''}"
        if classes is None:
            return f"class {self.class_id}"
        if self.class_id >= len(classes):
            raise InputError(f"{len(classes)} names of classes, and class {self.class_id} is to be named")
        return classes[self.class_id]

    def before_activation(self, model: Model) -> tuple[Model, Target]:
        """The model without its last softmax or sigmoid, and the number that goes into that one."""
        if self.activation not in ("softmax", "sigmoid"):
            return model, self
        return without_activations(model, [self.ref]), replace(self, activation="linear")


def target_of(model: Model, sample: Sample, target: Index = None, output: int | str | None = None) -> Target:
    """The number of a model's output that `target` names; for an output of classes by default the best.

    Args:
        target: the class; for an output of several axes a place along each.
        output: which of several outputs, by place or by its layer's name; the first by default.

    Raises:
        InputError: there is no such output, or no such place in it; or the output is no finite number.
    """
    ref = _output(model, output)
    y = np.asarray(values_of(model, sample.inputs)[ref])[0]
    if not np.isfinite(y).all():
        raise InputError(f"output {ref.layer!r} holds values that are not finite for this input")
    activation = activation_at(model, ref)
    binary = y.shape == (1,) and activation == "sigmoid"
    classes = 2 if binary else y.shape[0] if y.ndim == 1 else 0
    if target is None and y.ndim != 1:
        example = "()" if y.ndim == 0 else f"({', '.join('0' for _ in y.shape)})"
        reason = f"name one number of it, as target={example}"
        raise InputError(f"output {ref.layer!r} has shape {y.shape} for each row: {reason}")
    if target is None:
        index: tuple[int, ...] = (int(y[0] > 0.5) if binary else int(np.argmax(y)),)
    else:
        index = tuple(target) if isinstance(target, (tuple, list)) else (target,)
    lengths = (2,) if binary else y.shape
    if len(index) != len(lengths) or not all(
        isinstance(i, (int, np.integer)) and 0 <= i < n for i, n in zip(index, lengths, strict=True)
    ):
        has = f"the classes 0 to {classes - 1}" if y.ndim == 1 else f"the shape {y.shape}"
        raise InputError(f"target={target!r}: output {ref.layer!r} has {has}")
    opposite = binary and index == (0,)
    place = (0,) if binary else tuple(map(int, index))
    value = float(1 - y[0] if opposite else y[place])
    return Target(ref, place, opposite, index[0] if classes > 1 else None, activation, value)


def _output(model: Model, output: int | str | None) -> TensorRef:
    refs: list[TensorRef] = flat(model.spec.outputs)
    if output is None:
        return refs[0]
    keys = model.spec.outputs if isinstance(model.spec.outputs, Mapping) else {}
    named: dict[Any, Any] = {**{ref.layer: ref for ref in refs}, **keys, **dict(enumerate(refs))}
    chosen = named.get(output)
    if isinstance(chosen, TensorRef):
        return chosen
    raise InputError(f"output={output!r}: the model's outputs are {', '.join(ref.layer for ref in refs)}")
