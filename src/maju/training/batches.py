"""Samples and targets, batch by batch: from arrays, or from whatever gives batches one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

import numpy as np

from maju.errors import InputError
from maju.formats.specification import TensorRef
from maju.layers.base import Array
from maju.models.inputs import bind
from maju.models.model import Model
from maju.training.outputs import per_output

__all__ = ["ArrayBatches", "Batch", "Batches", "StreamBatches", "batches_of"]

BATCH_SIZE = 32  # Keras's


@dataclass(frozen=True)
class Batch:
    """Some rows of everything.

    Attributes:
        x: each input tensor's rows.
        y: the targets of each output; None for an output without a loss.
        weights: the weight of each row (or step) for each output; None where all count the same.
    """

    x: Mapping[TensorRef, Array]
    y: list[Array | None]
    weights: list[Array | None]

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(next(iter(self.x.values())))


class Batches:
    """Where the batches of an epoch come from.

    Attributes:
        steps: how many there are; None where that shows only when they end.
    """

    steps: int | None

    def epoch(self, rng: np.random.Generator | None) -> Iterator[Batch]:
        """The batches of one epoch, in an order that `rng` draws where it is given and there is a choice."""
        raise NotImplementedError

    def sample(self) -> Batch:
        """A batch to tell shapes by; it will be among those of the next epoch."""
        raise NotImplementedError

    def sizes(self) -> dict[str, str]:
        """How much there is, in words."""
        return {"batches": str(self.steps)}

    def pass_over(self, epochs: int) -> None:
        """Leave out the batches of some epochs, where those of an epoch come once."""


class ArrayBatches(Batches):
    """Batches cut out of arrays that hold all rows."""

    def __init__(self, whole: Batch, batch_size: int, steps: int | None = None) -> None:
        self.whole = whole
        self.batch_size = batch_size
        every = -(-whole.rows // batch_size)
        self.steps = every if steps is None else min(steps, every)

    def epoch(self, rng: np.random.Generator | None) -> Iterator[Batch]:
        rows = self.whole.rows
        order = None if rng is None else rng.permutation(rows)
        assert self.steps is not None
        for start in range(0, self.steps * self.batch_size, self.batch_size):
            stop = min(start + self.batch_size, rows)
            place: Any = slice(start, stop) if order is None else order[start:stop]
            yield _rows(self.whole, place)

    def sample(self) -> Batch:
        return _rows(self.whole, slice(None, self.batch_size))

    def sizes(self) -> dict[str, str]:
        return {**super().sizes(), "rows": str(self.whole.rows), "batch size": str(self.batch_size)}

    def in_batches_of(self, batch_size: int | None) -> ArrayBatches:
        """The same rows in batches of another size; None for the size that they have."""
        return ArrayBatches(self.whole, batch_size or self.batch_size)

    def split(self, share: float) -> tuple[ArrayBatches, ArrayBatches]:
        """The first rows and, as large a share as told, the last ones.

        Raises:
            InputError: one of them would be empty.
        """
        rows = self.whole.rows
        first = int(rows * (1 - share)) if 0 < share < 1 else 0
        if not 0 < first < rows:
            raise InputError(
                f"validation_split={share!r} of {rows} rows leaves one side empty; give a share from 0 to 1"
            )
        parts = (_rows(self.whole, slice(None, first)), _rows(self.whole, slice(first, None)))
        return ArrayBatches(parts[0], self.batch_size), ArrayBatches(parts[1], self.batch_size)


class StreamBatches(Batches):
    """Batches that an iterable gives as ``(x, y)`` or ``(x, y, sample_weight)``.

    One that can be gone through again starts anew in every epoch. A generator goes on where it stood, so
    that it needs `steps`, the number of batches in an epoch.
    """

    def __init__(
        self,
        model: Model,
        stream: Any,
        class_weight: Mapping[int, float] | None,
        steps: int | None,
        what: str,
    ) -> None:
        self.model = model
        self.stream = stream
        self.class_weight = class_weight
        self.what = what
        self.runs_out = iter(stream) is stream if isinstance(stream, Iterable) else False
        self.steps = steps if steps is not None or not hasattr(stream, "__len__") else len(stream)

    def epoch(self, rng: np.random.Generator | None) -> Iterator[Batch]:
        given = 0
        for item in islice(self._items(), self.steps):
            given += 1
            if not isinstance(item, (tuple, list)) or not 2 <= len(item) <= 3:
                raise InputError(f"{self.what}: expected batches (x, y) or (x, y, sample_weight)")
            yield whole_batch(self.model, *item, class_weight=self.class_weight)
        if not given:
            again = "; a generator gives its batches once: give steps_per_epoch" if self.runs_out else ""
            raise InputError(f"{self.what}: expected batches, got none{again}")

    def sample(self) -> Batch:
        items = self._items()
        first = next(items, None)
        if self.runs_out and first is not None:
            self.stream = chain([first], items)
        return next(
            StreamBatches(self.model, [] if first is None else [first], None, None, self.what).epoch(None)
        )

    def pass_over(self, epochs: int) -> None:
        if self.runs_out and self.steps is not None:
            for _ in islice(self._items(), self.steps * epochs):
                pass

    def _items(self) -> Iterator[Any]:
        if isinstance(self.stream, Iterable):
            return iter(self.stream)
        return (self.stream[index] for index in range(len(self.stream)))


def batches_of(
    model: Model,
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    *,
    batch_size: int | None = None,
    steps: int | None = None,
    class_weight: Mapping[int, float] | None = None,
    what: str = "x",
) -> Batches:
    """The batches of what a user gave to be trained with or evaluated on.

    Raises:
        InputError: it does not fit the model, or one another.
    """
    for name, count in (("batch_size", batch_size), ("steps", steps)):
        if count is not None and (not isinstance(count, (int, np.integer)) or count < 1):
            raise InputError(f"{name} must be a whole number of at least 1, got {count!r}")
    if y is None and not isinstance(x, (np.ndarray, Mapping, list, tuple)):
        if not isinstance(x, Iterable) and not (hasattr(x, "__getitem__") and hasattr(x, "__len__")):
            raise InputError(f"{what}: expected arrays, or an iterable of batches, got a {type(x).__name__}")
        if batch_size is not None:
            raise InputError(f"{what} comes in batches already; leave batch_size out")
        return StreamBatches(model, x, class_weight, steps, what)
    if y is None:
        raise InputError(f"{what} came without targets: give y, or an iterable of batches (x, y)")
    whole = whole_batch(model, x, y, sample_weight, class_weight=class_weight)
    return ArrayBatches(whole, int(batch_size or BATCH_SIZE), steps)


def whole_batch(
    model: Model,
    x: Any,
    y: Any,
    sample_weight: Any = None,
    *,
    class_weight: Mapping[int, float] | None = None,
) -> Batch:
    """Inputs, targets and weights of the same rows, as arrays.

    Raises:
        InputError: they do not fit the model, or one another.
    """
    bound = bind(model.spec, x)
    targets = [None if part is None else _array(part, "y") for part in per_output(model, y, "y")]
    weights: list[Array | None] = [None] * len(targets)
    if class_weight is not None:
        if sample_weight is not None:
            raise InputError("give sample_weight or class_weight, not both")
        if len(targets) > 1 or targets[0] is None:
            raise InputError("class_weight is for models of one output; give sample_weight")
        weights = [class_weights(targets[0], class_weight)]
    elif sample_weight is not None:
        several = isinstance(sample_weight, (Mapping, list, tuple)) and len(targets) > 1
        given = (
            per_output(model, sample_weight, "sample_weight") if several else [sample_weight] * len(targets)
        )
        weights = [None if part is None else _array(part, "sample_weight") for part in given]
    batch = Batch(bound, targets, weights)
    lengths = [(f"input {ref.layer!r}", len(value)) for ref, value in bound.items()]
    lengths += [("y", len(part)) for part in targets if part is not None]
    lengths += [("sample_weight", len(part)) for part in weights if part is not None]
    if len({count for _, count in lengths}) > 1:
        shown = ", ".join(f"{name} {count}" for name, count in lengths)
        raise InputError(f"expected the same number of rows everywhere, got {shown}")
    if not batch.rows:
        raise InputError("expected at least one row, got none")
    return batch


def class_weights(y: Array, class_weight: Mapping[int, float]) -> Array:
    """The weight of each row's class, for whole-number labels or rows of 0 and 1; 1 for a class left out."""
    labels = y.argmax(axis=-1) if y.ndim > 1 and y.shape[-1] > 1 else y.reshape(len(y))
    if not isinstance(class_weight, Mapping) or not all(_is_number(key) for key in class_weight):
        raise InputError(f"class_weight: expected a dict of a weight for each class, got {class_weight!r}")
    weights = np.ones(len(labels), np.float32)
    for label, weight in class_weight.items():
        if not _is_number(weight) or not weight >= 0:
            raise InputError(f"class_weight of class {label} must be a number of at least 0, got {weight!r}")
        weights[labels == label] = weight
    return weights


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool)


def _array(value: Any, what: str) -> Array:
    try:
        array = np.asarray(value)
    except (ValueError, TypeError) as error:
        raise InputError(f"{what}: not an array ({error})") from None
    if array.ndim == 0 or array.dtype.kind not in "biuf":
        raise InputError(f"{what}: expected an array of numbers, a row for each sample, got {_shown(array)}")
    return array


def _shown(array: Array) -> str:
    return f"one value of {array.dtype}" if array.ndim == 0 else f"shape {array.shape} of {array.dtype}"


def _rows(whole: Batch, place: Any) -> Batch:
    def of(part: Array | None) -> Array | None:
        return None if part is None else part[place]

    return Batch(
        {ref: value[place] for ref, value in whole.x.items()},
        [of(part) for part in whole.y],
        [of(part) for part in whole.weights],
    )
