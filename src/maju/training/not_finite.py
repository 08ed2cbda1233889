"""Where the first number that is not finite came from, when a training has come to one."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from maju.errors import NotFiniteError
from maju.layers.base import Gradients
from maju.models.inputs import flat
from maju.models.model import Model
from maju.models.tape import Tape
from maju.training.batches import Batch
from maju.training.objective import Objective

__all__ = ["blame"]

WAYS_OUT = "a lower learning rate, clipnorm=1.0 in the optimizer or scaled inputs may help"


def blame(model: Model, objective: Objective, batch: Batch, loss: float, epoch: int, step: int) -> NoReturn:
    """Compute a batch again, and raise an error that names the first layer whose numbers were not finite.

    Raises:
        NotFiniteError: always.
    """
    when = f"epoch {epoch + 1}, batch {step + 1}"
    for ref, x in batch.x.items():
        if not _finite(x):
            raise NotFiniteError(f"{when}: the input {ref.layer!r} holds values that are not finite")
    for what, parts in (("targets", batch.y), ("sample weights", batch.weights)):
        if not all(_finite(part) for part in parts if part is not None):
            raise NotFiniteError(f"{when}: the {what} hold values that are not finite")
    for path, weight in model.weights.items():
        if not _finite(weight):
            raise NotFiniteError(f"{when}: the weight {path!r} was not finite before the step; {WAYS_OUT}")

    def watch(layer: Any, outputs: list[Any]) -> list[None]:
        if not all(map(_finite, outputs)):
            raise NotFiniteError(f"{when}: the output of {_named(layer)} is not finite; {WAYS_OUT}")
        return [None] * len(outputs)

    def watch_back(layer: Any, d_sources: Any, of_weights: Gradients) -> None:
        for name, gradient in of_weights.items():
            if not _finite(np.asarray(gradient)):
                raise NotFiniteError(
                    f"{when}: the gradient of {name!r} of {_named(layer)} is not finite; {WAYS_OUT}"
                )
        if not all(_finite(d) for d in flat(d_sources) if d is not None):
            raise NotFiniteError(
                f"{when}: the gradient that {_named(layer)} sends back is not finite; {WAYS_OUT}"
            )

    tape = Tape(to_inputs=False, watch=watch, watch_back=watch_back)
    with np.errstate(all="ignore"):
        values, masks = objective.model.run(batch.x, True, {}, tape=tape)
        value = objective(batch, values, masks)
        if np.isfinite(value.total):
            tape.back(dict(value.gradients))
    raise NotFiniteError(f"{when}: the loss is {loss}, though every layer's output is finite; {WAYS_OUT}")


def _finite(value: Any) -> bool:
    array = np.asarray(value)
    return array.dtype.kind not in "fc" or bool(np.isfinite(array).all())


def _named(layer: Any) -> str:
    return f"{layer.name!r} ({layer.keras_class})"
