"""What the layers' configs say about training: regularizers, constraints, and what is frozen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Self

import numpy as np

from maju import constraints, regularizers
from maju.constraints import Constraint
from maju.errors import MajuError, Problem, UnsupportedModelError
from maju.layers.base import Array, Gradients, Layer, Part
from maju.models.model import Model
from maju.regularizers import Regularizer

__all__ = ["ActivityPenalty", "WeightRules"]

#: Weights whose settings go by a shorter name than their own.
SHORTER = {"depthwise_kernel": "depthwise", "pointwise_kernel": "pointwise", "recurrent_kernel": "recurrent"}


class WeightRules:
    """The regularizers and the constraints of a model's trainable weights.

    Raises:
        UnsupportedModelError: maju does not have one that a config names.
    """

    def __init__(self, model: Model) -> None:
        self.regularizers: dict[str, Regularizer] = {}
        self.constraints: dict[str, Constraint] = {}
        problems: list[Problem] = []
        for path, holders in _weights(model):
            weight = path.rpartition("/")[2]
            for kind, get, found in (
                ("regularizer", regularizers.get, self.regularizers),
                ("constraint", constraints.get, self.constraints),
            ):
                said = _setting(holders, f"{SHORTER.get(weight, weight)}_{kind}")
                if said is None:
                    continue
                try:
                    found[path] = get(said)  # type: ignore[assignment]
                except MajuError as error:
                    problems.append(Problem(f"weight {path!r}", f"its {kind}: {error}"))
        if problems:
            raise UnsupportedModelError(problems)

    def penalty(self, weights: Mapping[str, Array]) -> float:
        """What the regularizers add to the loss."""
        return float(sum(rule(weights[path]) for path, rule in self.regularizers.items()))

    def add_gradients(self, gradients: Gradients, weights: Mapping[str, Array]) -> None:
        """Add the gradient of the penalty to those of the weights."""
        for path, rule in self.regularizers.items():
            own = rule.gradient(weights[path])
            gradients[path] = own if gradients.get(path) is None else gradients[path] + own

    def constrain(self, weights: Mapping[str, Array]) -> None:
        """Bring each weight back to where its constraint allows it to be."""
        for path, rule in self.constraints.items():
            if path in weights:
                weights[path][...] = rule(weights[path])


def _weights(model: Model) -> Iterator[tuple[str, list[Part]]]:
    """The path of each trainable weight with the parts that hold it, the innermost last."""
    for layer in model.layers if model.trainable else []:
        if isinstance(layer, Model):
            yield from ((f"{layer.name}/{path}", parts) for path, parts in _weights(layer))
        else:
            yield from ((f"{layer.name}/{path}", layer.holders(path)) for path in layer.trainable_weights)


def _setting(holders: list[Part], key: str) -> Any:
    """What the innermost part that says anything says."""
    for part in reversed(holders):
        if part.extra_config.get(key) is not None:
            return part.extra_config[key]
    return None


class ActivityPenalty:
    """What activity regularizers add to the loss: for each row, what they say of a layer's output.

    Called with every layer's output in turn; gives the gradient of the penalty there, or None.
    """

    def __init__(self, model: Model) -> None:
        self.rules = dict(_activity_rules(model))
        self.total = 0.0

    def anew(self) -> Self | None:
        """The same for the next batch; None where no layer has such a regularizer."""
        self.total = 0.0
        return self if self.rules else None

    def __call__(self, layer: Any, outputs: list[Any]) -> list[Array | None]:
        rule = self.rules.get(id(layer))
        if rule is None:
            return [None] * len(outputs)
        self.total += sum(float(rule(y)) / max(len(y), 1) for y in outputs)
        return [np.asarray(rule.gradient(y) / max(len(y), 1), y.dtype) for y in outputs]


def _activity_rules(model: Model) -> Iterator[tuple[int, Regularizer]]:
    problems = []
    for layer in model.layers:
        if isinstance(layer, Model):
            yield from _activity_rules(layer)
            continue
        for part in _inside(layer):
            if part.extra_config.get("activity_regularizer") is not None:
                where = f"layer {layer.name!r} ({layer.keras_class})"
                problems.append(Problem(where, f"an activity_regularizer of its {part.keras_class}"))
        said: Any = layer.extra_config.get("activity_regularizer")
        if layer.keras_class == "ActivityRegularization":
            said = {"class_name": "L1L2", "config": {"l1": layer.l1, "l2": layer.l2}}  # type: ignore[attr-defined]
        if said is not None:
            rule = regularizers.get(said)
            if rule is not None:
                yield id(layer), rule
    if problems:
        raise UnsupportedModelError(problems)


def _inside(layer: Layer) -> Iterator[Part]:
    """The parts that a layer holds, and those that they hold."""
    for value in vars(layer).values():
        for part in value if isinstance(value, (list, tuple)) else [value]:
            if isinstance(part, Part) and not isinstance(part, Model):
                yield part
                yield from _inside(part)  # type: ignore[arg-type]
