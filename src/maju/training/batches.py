"""Samples and targets, batch by batch: from arrays, or from whatever gives batches one after the other."""

from __future__ import annotations

import warnings
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
from maju.training.arguments import finite_weights
from maju.training.outputs import output_refs, per_output

__all__ = [
    "ArrayBatches",
    "Batch",
    "Batches",
    "StreamBatches",
    "batches_of",
    "inputs_of",
    "is_stream",
    "refuse_unlike",
    "validation_batches_of",
    "whole_inputs",
]

#: How many rows make a batch, unless that is said: as in Keras.
BATCH_SIZE = 32
#: How many classes a message lists.
MOST_SHOWN = 10


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
        comes_once: whether there is one epoch and no more.
    """

    steps: int | None
    comes_once = False

    def epoch(self, rng: np.random.Generator | None, number: int = 0) -> Iterator[Batch]:
        """The batches of one epoch, in an order that `rng` draws where it is given and there is a choice.

        Args:
            number: that of the epoch, from 0: where an epoch is a part of all, the next goes on after it.
        """
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

    def __init__(self, whole: Batch, batch_size: int, steps: int | None = None, what: str = "x") -> None:
        self.whole = whole
        self.batch_size = batch_size
        self.every = -(-whole.rows // batch_size)
        self.asked = steps
        self.steps: int = self.every if steps is None else min(steps, self.every)
        if steps is not None and steps > self.every:
            warnings.warn(
                f"{what} has {self.every} batches of {batch_size} rows, and not the {steps} steps asked for",
                stacklevel=4,
            )

    def epoch(self, rng: np.random.Generator | None, number: int = 0) -> Iterator[Batch]:
        rows = self.whole.rows
        order = None if rng is None else rng.permutation(rows)
        first = 0 if rng is not None else number * self.steps % self.every
        for batch in range(first, first + self.steps):
            start = batch % self.every * self.batch_size
            stop = min(start + self.batch_size, rows)
            place: Any = slice(start, stop) if order is None else order[start:stop]
            yield _rows(self.whole, place)

    def sample(self) -> Batch:
        return _rows(self.whole, slice(None, self.batch_size))

    def sizes(self) -> dict[str, str]:
        return {**super().sizes(), "rows": str(self.whole.rows), "batch size": str(self.batch_size)}

    def split(
        self, share: float, batch_size: int | None, steps: int | None
    ) -> tuple[ArrayBatches, ArrayBatches]:
        """The first rows and, as large a share as told, the last ones.

        Args:
            batch_size, steps: those of the last rows; None for the size of the first, and for all.

        Raises:
            InputError: one of them would be empty.
        """
        rows = self.whole.rows
        first = int(rows * (1 - share))
        if not 0 < first < rows:
            raise InputError(f"validation_split={share!r} of {rows} rows leaves one side empty")
        parts = (_rows(self.whole, slice(None, first)), _rows(self.whole, slice(first, None)))
        return (
            ArrayBatches(parts[0], self.batch_size, self.asked),
            ArrayBatches(parts[1], batch_size or self.batch_size, steps, "the validation"),
        )


class StreamBatches(Batches):
    """Batches that an iterable gives as ``(x, y)`` or ``(x, y, sample_weight)``.

    One that can be gone through again starts anew in every epoch. A generator goes on where it stood, so
    that it needs `steps`, the number of batches in an epoch.

    Attributes:
        runs_out: whether its batches come once.
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
        self.runs_out = isinstance(stream, Iterable) and iter(stream) is stream
        self.steps = steps if steps is not None else _length(stream)
        self.comes_once = self.runs_out and self.steps is None

    def epoch(self, rng: np.random.Generator | None, number: int = 0) -> Iterator[Batch]:
        for item in islice(_items(self.stream), self.steps):
            if not isinstance(item, (tuple, list)) or not 2 <= len(item) <= 3:
                came = f"{len(item)} things" if isinstance(item, (tuple, list)) else _kind(item)
                raise InputError(
                    f"{self.what}: expected batches (x, y) or (x, y, sample_weight), got one of {came}"
                )
            yield whole_batch(self.model, *item, class_weight=self.class_weight)
        if hasattr(self.stream, "on_epoch_end"):  # as a `keras.utils.PyDataset` has it
            self.stream.on_epoch_end()

    def sample(self) -> Batch:
        items = _items(self.stream)
        first = next(items, None)
        if first is None:
            raise InputError(f"{self.what}: expected batches, got none")
        if self.runs_out:
            self.stream = chain([first], items)
        return next(StreamBatches(self.model, [first], None, None, self.what).epoch(None))

    def pass_over(self, epochs: int) -> None:
        if self.runs_out and self.steps is not None:
            for _ in islice(_items(self.stream), self.steps * epochs):
                pass


def _length(stream: Any) -> int | None:
    """How many batches a stream says that it has."""
    try:
        return len(stream)
    except TypeError:  # it does not say, as a generator or a `tf.data.Dataset` that is filtered
        return None


def _items(stream: Any) -> Iterator[Any]:
    if isinstance(stream, Iterable):
        return iter(stream)
    return (stream[index] for index in range(len(stream)))


def is_stream(x: Any) -> bool:
    """Whether these are batches one after the other, and no arrays."""
    if isinstance(x, (Mapping, list, tuple, str, memoryview)) or hasattr(x, "__array__"):
        return False
    return isinstance(x, Iterable) or (hasattr(x, "__getitem__") and hasattr(x, "__len__"))


def _is_list_of_batches(x: Any) -> bool:
    """Whether this is a list of ``(x, y)`` or ``(x, y, sample_weight)``."""
    return isinstance(x, list) and bool(x) and all(isinstance(b, tuple) and 2 <= len(b) <= 3 for b in x)


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
    if is_stream(x) or (y is None and _is_list_of_batches(x)):
        for name, given in (("y", y), ("sample_weight", sample_weight), ("batch_size", batch_size)):
            if given is not None:
                raise InputError(f"{what} gives batches (x, y) one after the other; leave {name} out")
        return StreamBatches(model, x, class_weight, steps, what)
    if y is None:
        whole = isinstance(x, (Mapping, list, tuple)) or hasattr(x, "__array__")
        if not whole:
            raise InputError(f"{what}: expected arrays, or an iterable of batches, got {_kind(x)}")
        pair = isinstance(x, tuple) and len(x) == 2
        hint = (
            "; a tuple is taken for several inputs, so that it is fit(x, y), not fit((x, y))" if pair else ""
        )
        if what != "x":
            raise InputError(f"{what}: expected (x, y) or (x, y, sample_weight), or an iterable of batches")
        raise InputError(f"{what} came without targets: give y, or an iterable of batches (x, y){hint}")
    whole_data = whole_batch(model, x, y, sample_weight, class_weight=class_weight)
    if class_weight is not None:
        _refuse_unknown_classes(model, whole_data, class_weight)
    return ArrayBatches(whole_data, model.rows_of_stateful or batch_size or BATCH_SIZE, steps, what)


def validation_batches_of(
    model: Model, given: Any, *, batch_size: int | None, steps: int | None, epochs: int
) -> Batches:
    """The batches of what a user gave to validate with: ``(x, y)``, ``(x, y, sample_weight)`` or a stream.

    Raises:
        InputError: it does not fit the model, or there is too little of it for so many epochs.
    """
    what = "validation_data"
    if isinstance(given, (tuple, list)) and 2 <= len(given) <= 3 and not _is_list_of_batches(given):
        return batches_of(model, *given, batch_size=batch_size, steps=steps, what=what)
    batches = batches_of(model, given, steps=steps, what=what)
    if batches.comes_once and epochs > 1:
        raise InputError(
            f"{what} is a generator, whose batches come once: give validation_steps, or a list of batches"
        )
    return batches


def inputs_of(
    model: Model, x: Any, batch_size: int | None, steps: int | None
) -> Iterator[Mapping[TensorRef, Array]]:
    """The inputs batch by batch, of arrays or of an iterable that gives ``x`` or ``(x, ...)``.

    Raises:
        InputError: they do not fit the model.
    """
    if is_stream(x):
        if batch_size is not None:
            raise InputError("x gives batches one after the other; leave batch_size out")
        for item in islice(_items(x), steps):
            given = item[0] if isinstance(item, tuple) and item else item
            model.build_for(given)
            yield bind(model.spec, given)
        return
    inputs = whole_inputs(model, x)
    rows = len(next(iter(inputs.values())))
    size = model.rows_of_stateful or batch_size or BATCH_SIZE
    for start in islice(range(0, max(rows, 1), size), steps):
        yield {ref: value[start : start + size] for ref, value in inputs.items()}


def whole_inputs(
    model: Model, x: Any, steps: int | None = None, batch_size: int = BATCH_SIZE
) -> dict[TensorRef, Array]:
    """The inputs of arrays, all rows or as many as there are in some batches.

    Raises:
        InputError: they do not fit the model.
    """
    model.build_for(x)
    inputs = bind(model.spec, x)
    lengths = {len(value) for value in inputs.values()}
    if len(lengths) != 1:
        raise InputError(f"the inputs have different numbers of rows: {sorted(lengths)}")
    return inputs if steps is None else {ref: value[: steps * batch_size] for ref, value in inputs.items()}


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
    model.build_for(x)
    bound = bind(model.spec, x)
    given = per_output(model, y, "y", complete=False, rows=True)
    targets = [None if part is None else _array(part, "y") for part in given]
    if all(target is None for target in targets):
        raise InputError("expected targets, got None: give y")
    weights: list[Array | None] = [None] * len(targets)
    if class_weight is not None:
        if sample_weight is not None:
            raise InputError("give sample_weight or class_weight, not both")
        if len(targets) > 1 or targets[0] is None:
            raise InputError("class_weight is for models of one output; give sample_weight")
        weights = [class_weights(model, targets[0], class_weight)]
    elif sample_weight is not None:
        one_for_all = len(targets) > 1 and not isinstance(sample_weight, (Mapping, list, tuple))
        each = (
            [sample_weight] * len(targets)
            if one_for_all
            else per_output(model, sample_weight, "sample_weight", complete=False, rows=True)
        )
        weights = [None if part is None else _array(part, "sample_weight") for part in each]
        for part in weights:
            if part is not None:
                finite_weights(part, "sample_weight")
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


def refuse_unlike(model: Model, validation: Batch, training: Batch) -> None:
    """Refuse rows to validate with that the model does not take, before it is trained for an epoch.

    Raises:
        InputError: inputs are of another shape than the model's, or targets of another rank than in training.
    """
    try:
        for ref, value in validation.x.items():
            model.nodes[ref.layer].forward(value)
    except InputError as error:
        raise InputError(f"validation_data: {error}") from None
    for y, like in zip(validation.y, training.y, strict=True):
        if y is not None and like is not None and _rank(y) != _rank(like):
            raise InputError(
                f"validation_data: expected y of shape {like.shape} but for the rows, got {y.shape}"
            )


def _rank(y: Array) -> int:
    return y.ndim - (y.ndim > 1 and y.shape[-1] == 1)


def class_weights(model: Model, y: Array, class_weight: Mapping[int, float]) -> Array:
    """The weight of each label's class, for whole numbers or rows of 0 and 1; 1 for a class left out."""
    labels = _labels(model, y)
    if not isinstance(class_weight, Mapping) or not all(_is_number(key) for key in class_weight):
        raise InputError(f"class_weight: expected a dict of a weight for each class, got {class_weight!r}")
    weights = np.ones(labels.shape, np.float32)
    for label, weight in class_weight.items():
        if not _is_number(weight) or not 0 <= weight < np.inf:
            raise InputError(
                f"class_weight of class {label} must be a finite number of at least 0, got {weight!r}"
            )
        weights[labels == label] = weight
    return weights


def _labels(model: Model, y: Array) -> Array:
    """The number of each target's class."""
    shape = model.shapes.get(output_refs(model)[0]) or y.shape
    if y.ndim > 1 and y.shape[-1] == 1:
        return np.asarray(y[..., 0])
    sparse = y.ndim < len(shape) and shape[-1] != 1
    return y if y.ndim == 1 or sparse else np.asarray(y.argmax(axis=-1))


def _refuse_unknown_classes(model: Model, whole: Batch, class_weight: Mapping[int, float]) -> None:
    """Refuse a class that neither the model nor the labels have, whose weight would change nothing."""
    assert whole.y[0] is not None
    labels = _labels(model, whole.y[0])
    units = (model.shapes.get(output_refs(model)[0]) or (None,))[-1]
    for label in class_weight:
        if not (units is not None and label in range(max(units, 2))) and not (labels == label).any():
            known = ", ".join(f"{known:g}" for known in np.unique(labels)[:MOST_SHOWN])
            raise InputError(f"class_weight: no row of y is of class {label}; its classes are {known}")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool)


def _array(value: Any, what: str) -> Array:
    try:
        array = np.asarray(value)
    except (ValueError, TypeError) as error:
        raise InputError(f"{what}: not an array ({error})") from None
    if array.ndim == 0 or array.dtype.kind not in "biuf":
        hint = ""
        if array.size and array.dtype.kind in "OSUT":
            named = array.dtype.kind != "O" or isinstance(array.flat[0], str)
            hint = (
                "; np.unique(y, return_inverse=True)[1] numbers the classes that texts name"
                if named
                else "; np.asarray(values, float) makes numbers of objects"
            )
        raise InputError(
            f"{what}: expected an array of numbers, a row for each sample, got {_shown(array)}{hint}"
        )
    return array


def _kind(value: Any) -> str:
    return (
        "None"
        if value is None
        else f"{'an' if type(value).__name__[0] in 'aeiou' else 'a'} {type(value).__name__}"
    )


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
