"""The metrics of a model's outputs, gathered over the batches of an epoch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from maju import metrics as known
from maju.errors import InputError
from maju.layers.base import Array
from maju.metrics import Mean, Metric
from maju.models.model import Model
from maju.training.batches import Batch
from maju.training.objective import Objective, Value
from maju.training.outputs import names_of

__all__ = ["Scores"]


class Scores:
    """The loss and the metrics over an epoch, under Keras's names.

    Args:
        metrics: names, metrics or functions; for several outputs a list or a dict of them for each.
        weighted_metrics: the same, of metrics that heed the weights of the samples.
        objective: whose losses they stand beside.
        batch: a batch, whose shapes tell what ``"accuracy"`` means.

    Attributes:
        on_logits: for a metric that Keras computes from what went into the last softmax or sigmoid (by its
            id), one that does so.
    """

    def __init__(
        self, model: Model, metrics: Any, weighted_metrics: Any, objective: Objective, batch: Batch
    ) -> None:
        shapes = [
            (None if y is None else y.shape, model.shapes.get(ref) or (None,))
            for y, ref in zip(batch.y, objective.refs, strict=True)
        ]
        self.loss = Mean(name="loss")
        several = sum(loss is not None for loss in objective.losses) > 1
        self.parts = [Mean(name=f"{name}_loss") if several else None for name in objective.names]
        self.plain = _by_output(model, metrics, shapes, "metrics")
        self.weighted = _by_output(model, weighted_metrics, shapes, "weighted_metrics")
        self.names = objective.names if len(objective.names) > 1 else [""]
        self.on_logits: dict[int, Metric] = {}
        for place, activation in enumerate(objective.left_out):
            shape = shapes[place][1]
            given = np.broadcast_to(np.float32(0), [1 if n is None else n for n in shape])
            for metric in (*self.plain[place], *self.weighted[place]):
                twin = metric.on_logits(activation, batch.y[place], given)
                if twin is not None:
                    self.on_logits[id(metric)] = twin

    def reset(self) -> None:
        """Forget what was gathered."""
        for metric in self.all():
            metric.reset_state()

    def all(self) -> list[Metric]:
        """Every metric, those of the losses first."""
        parts = [part for part in self.parts if part is not None]
        return [self.loss, *parts, *(m for group in (*self.plain, *self.weighted) for m in group)]

    def update(self, batch: Batch, value: Value, penalty: float) -> None:
        """Take in what was computed for a batch.

        Args:
            penalty: what regularizers add to the loss.
        """
        self.loss.update_state(value.total + penalty, batch.rows)
        for part, of_part in zip(value.parts, self.parts, strict=True):
            if of_part is not None and part is not None:
                of_part.update_state(part, batch.rows)
        for place, y in enumerate(batch.y):
            for metric in self.plain[place]:
                self._update(metric, y, value, None, place)
            for metric in self.weighted[place]:
                self._update(metric, y, value, batch.weights[place], place)

    def _update(self, metric: Metric, y: Array | None, value: Value, weights: Any, place: int) -> None:
        if y is None:
            raise InputError(f"metric {metric.name!r} is of an output without targets")
        twin = self.on_logits.get(id(metric))
        if twin is None:
            metric.update_state(y, value.predictions[place], weights, value.masks[place])
            return
        twin.set_state(metric.get_state())
        twin.update_state(y, value.outputs[place], weights, value.masks[place])
        metric.set_state(twin.get_state())

    def names_in_list(self) -> list[str]:
        """The names of the results in the order in which Keras gives them in a list."""
        names = list(self.by_name())
        if len(self.plain) == 1:
            return names
        losses = 1 + sum(part is not None for part in self.parts)
        return names[:losses] + sorted(names[losses:])

    def logs(self) -> dict[str, float]:
        """Each result by its name."""
        return {name: metric.result() for name, metric in self.by_name().items()}

    def by_name(self) -> dict[str, Metric]:
        """Each metric by the name that its result has in the logs."""
        found: dict[str, Metric] = {"loss": self.loss}
        found |= {part.name: part for part in self.parts if part is not None}
        counts: dict[str, int] = {}
        for groups, heeds_weights in ((self.plain, False), (self.weighted, True)):
            for name, group in zip(self.names, groups, strict=True):
                for metric in group:
                    key = f"{name}_{metric.name}" if name else metric.name
                    if heeds_weights and key in counts:
                        key = f"{name}_weighted_{metric.name}" if name else f"weighted_{metric.name}"
                    count = counts[key] = counts.get(key, -1) + 1
                    found[f"{key}_{count}" if count else key] = metric
        return found


def _by_output(model: Model, given: Any, shapes: list[Any], what: str) -> list[list[Metric]]:
    """The metrics of each output."""
    names = names_of(model)
    if given is None:
        return [[] for _ in names]
    if not isinstance(given, (list, tuple, Mapping)):
        raise InputError(f"{what}: expected a list or a dict, got {given!r}")
    if len(names) == 1:
        groups = [list(_flat(given))]
    elif isinstance(given, Mapping):
        unknown = [str(name) for name in given if name not in names]
        if unknown:
            raise InputError(f"{what}: no output {', '.join(unknown)}; the outputs are {', '.join(names)}")
        groups = [list(_flat(given.get(name, []))) for name in names]
    elif len(given) == len(names):
        groups = [list(_flat(part)) for part in given]
    else:
        raise InputError(
            f"{what}: expected a list for each of the {len(names)} outputs, or a dict of them by name "
            f"({', '.join(names)}); got a list of {len(given)}"
        )
    made = []
    for group, (y_shape, shape) in zip(groups, shapes, strict=True):
        each = [known.for_shapes(part, y_shape or (), shape) for part in group if part is not None]
        made.append([metric for metric in each if metric is not None])
    return made


def _flat(given: Any) -> Any:
    if isinstance(given, Mapping):
        given = list(given.values())
    if isinstance(given, (list, tuple)):
        for part in given:
            yield from _flat(part)
    else:
        yield given
