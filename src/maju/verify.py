"""Keras against maju on the same input, layer by layer: what `maju verify` prints.

Keras runs the file that maju runs, with every layer's output as an output of its own; each is compared with
the output of the same layer in `Model.activations`, and the model's outputs with those of `Model.predict`.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from maju.errors import InputError, MissingExtraError, ModelFormatError
from maju.formats.specification import TensorRef, refs_in
from maju.layers.base import Array
from maju.models import Model
from maju.models.inputs import flat
from maju.models.load import load

__all__ = [
    "PROBABILITY_TOLERANCE",
    "TOLERANCE",
    "Comparison",
    "Verification",
    "compare_with_keras",
]

#: How far apart two outputs of a layer may be, times the larger of 1 and Keras's largest value there: the
#: rounding errors of float32 grow with the values that are summed.
TOLERANCE = 1e-5
#: How far apart two probabilities may be. Over 100 steps of a trained LSTM, Keras's own float32 was measured
#: to be up to 1.7e-6 from the same model in float64, and maju's up to 0.5e-6.
PROBABILITY_TOLERANCE = 5e-6

BATCH = 128


@dataclass(frozen=True)
class Comparison:
    """A layer's output, or the model's, by Keras and by maju.

    Attributes:
        name: the layer's; ``name:1`` for the second call of a shared layer, ``model/name`` in a nested model.
        type: the Keras class; for an output of the model, the activation that makes it.
        shape: of maju's output; None where maju has none.
        max_difference, mean_difference: of the absolute differences; infinite where one side alone has a NaN
            and where the two cannot be compared.
        tolerance: what max_difference may be at most.
        remark: why the two cannot be compared, if they cannot.
    """

    name: str
    type: str
    shape: tuple[int, ...] | None
    max_difference: float
    mean_difference: float
    tolerance: float
    remark: str = ""

    @property
    def within(self) -> bool:
        """Whether the two agree."""
        return self.max_difference <= self.tolerance


@dataclass(frozen=True)
class Verification:
    """Keras against maju on some rows.

    Attributes:
        rows: how many.
        keras: Keras's version and backend.
        layers: in the order in which they are computed; without the input layers, which compute nothing.
        outputs: those of the model: Keras's against `Model.predict`.
    """

    rows: int
    keras: str
    layers: tuple[Comparison, ...]
    outputs: tuple[Comparison, ...]

    @property
    def agrees(self) -> bool:
        """Whether every layer and every output is within its tolerance."""
        return self.first_difference is None

    @property
    def first_difference(self) -> Comparison | None:
        """Where a difference begins: the first layer, or else output, that is not within its tolerance."""
        return next((c for c in (*self.layers, *self.outputs) if not c.within), None)


def compare_with_keras(path: str | Path, x: Any) -> Verification:
    """Run a model file in Keras and in maju on the same input, and compare every layer's output.

    A nested model is compared as a whole, and layer by layer on the input that Keras gives it.

    Args:
        path: a file that both can open.
        x: what `Model.predict` takes.

    Raises:
        MissingExtraError: Keras is not installed.
        ModelFormatError: Keras cannot open the file, or maju cannot.
        UnsupportedModelError: the model needs what maju does not have.
        InputError: x does not fit the model.
    """
    model = load(path)
    refs: list[TensorRef] = flat(model.spec.outputs)
    predicted = dict(zip(refs, flat(model.predict(x, BATCH)), strict=True))
    given = _by_input(model, x)
    rows = len(next(iter(given.values())))
    if rows == 0:
        raise InputError("there are no rows to compare")
    keras_model, version = _open_in_keras(Path(path))
    layers: dict[str, _Tally] = {}
    outputs = {ref: _Tally(model.activation_of(ref)) for ref in refs}
    for start in range(0, rows, BATCH):
        batch = slice(start, start + BATCH)
        of_keras = _compare_layers(
            keras_model, model, {name: value[batch] for name, value in given.items()}, layers
        )
        for ref, tally in outputs.items():
            tally.add(of_keras[_key(ref)][ref.output], predicted[ref][batch])
    return Verification(
        rows,
        version,
        tuple(tally.result(name) for name, tally in layers.items()),
        tuple(
            tally.result(ref.layer, tally.type in ("softmax", "sigmoid")) for ref, tally in outputs.items()
        ),
    )


class _Tally:
    """The differences at one place of a model, batch after batch."""

    def __init__(self, type_: str) -> None:
        self.type = type_
        self.shape: tuple[int, ...] | None = None
        self.largest = self.total = 0.0
        self.count = 0
        self.scale = 1.0
        self.exact = False
        self.remark = ""

    def add(self, of_keras: Array, of_maju: Array) -> None:
        """Take in what Keras and maju make of one batch."""
        rows = self.shape[0] if self.shape else 0
        self.shape = (rows + len(of_maju), *of_maju.shape[1:])
        if of_keras.shape != of_maju.shape:
            self.refuse(f"Keras gives shape {of_keras.shape}, maju {of_maju.shape}")
            return
        self.exact = of_maju.dtype.kind in "biu"  # ids are equal or wrong
        a, b = of_keras.astype(np.float64), of_maju.astype(np.float64)
        same = (a == b) | (np.isnan(a) & np.isnan(b))  # infinities among them, whose difference is NaN
        difference = np.abs(np.subtract(a, b, where=~same, out=np.zeros_like(a)))
        difference[np.isnan(difference)] = np.inf
        self.largest = max(self.largest, float(difference.max(initial=0.0)))
        self.total += float(difference.sum())
        self.count += difference.size
        self.scale = max(self.scale, float(np.abs(a[np.isfinite(a)]).max(initial=0.0)))

    def refuse(self, remark: str) -> None:
        """Note that there is nothing to compare."""
        self.largest = self.total = np.inf
        self.remark = remark

    def result(self, name: str, probabilities: bool = False) -> Comparison:
        """The comparison over all the batches."""
        tolerance = PROBABILITY_TOLERANCE if probabilities else TOLERANCE * self.scale * (not self.exact)
        mean = self.total / max(self.count, 1)
        return Comparison(name, self.type, self.shape, self.largest, mean, tolerance, self.remark)


def _compare_layers(
    keras_model: Any, model: Model, given: Mapping[str, Array], tallies: dict[str, _Tally], prefix: str = ""
) -> dict[str, list[Array]]:
    """Compare every layer on one batch, and return Keras's outputs by the keys of `Model.activations`."""
    types = {layer.name: layer.class_name for layer in model.spec.layers}
    mine = model.activations(_as_structure(model, given))
    taps = _taps(keras_model)
    theirs, entering = _run_keras(keras_model, taps, {name: mine[name] for name in given})
    for key, value in mine.items():
        name = key if key in types else key.rpartition(":")[0]
        if types[name] == "InputLayer":
            continue
        inner = next(
            (layer for layer in model.layers if layer.name == key and isinstance(layer, Model)), None
        )
        if inner is not None and key in theirs:
            entries = [ref.layer for ref in flat(inner.spec.inputs)]
            inputs = dict(zip(entries, entering[key], strict=False))  # a mask may come after them
            _compare_layers(taps[key].operation, inner, inputs, tallies, f"{prefix}{key}/")
        tally = tallies.setdefault(prefix + key, _Tally(types[name]))
        outputs = value if isinstance(value, list) else [value]
        if len(outputs) != len(theirs.get(key, ())):
            tally.refuse(f"maju gives {len(outputs)} outputs, Keras {len(theirs.get(key, ()))}")
            continue
        for of_keras, of_maju in zip(theirs[key], outputs, strict=True):
            tally.add(of_keras, np.asarray(of_maju))
    for key, tap in taps.items():
        # What is no layer there, and not in the file, is a mask that Keras computes on the way.
        if key not in mine and tap.is_layer:
            tallies.setdefault(prefix + key, _Tally(tap.operation.__class__.__name__)).refuse("only in Keras")
    return theirs


@dataclass(frozen=True)
class _Tap:
    """A call of a layer in Keras's graph: the symbolic tensors that enter and leave it."""

    operation: Any
    inputs: list[Any]
    outputs: list[Any]
    is_layer: bool


def _taps(keras_model: Any) -> dict[str, _Tap]:
    """Every call in a Keras model by the key that `Model.activations` has for it, the input layers left out.

    A layer also remembers calls that are no part of the model (a Sequential is built anew with each layer
    that is added), so the graph is followed back from the outputs.
    """
    import keras

    found: dict[str, dict[int, Any]] = {}
    operations: dict[str, Any] = {}
    waiting = list(keras_model.outputs)
    while waiting:
        operation, index, _ = waiting.pop()._keras_history
        calls = found.setdefault(operation.name, {})
        if index not in calls:
            operations[operation.name] = operation
            calls[index] = operation._inbound_nodes[index]
            waiting += calls[index].input_tensors
    return {
        _key(TensorRef(name, number)): _Tap(
            operations[name],
            list(calls[index].input_tensors),
            list(calls[index].output_tensors),
            isinstance(operations[name], keras.Layer),
        )
        for name, calls in found.items()
        if not isinstance(operations[name], keras.layers.InputLayer)
        for number, index in enumerate(sorted(calls))
    }


def _run_keras(
    keras_model: Any, taps: Mapping[str, _Tap], given: Mapping[str, Array]
) -> tuple[dict[str, list[Array]], dict[str, list[Array]]]:
    """What leaves and what enters each call, for one batch."""
    import keras

    names = [tensor._keras_history.operation.name for tensor in keras_model.inputs]
    if len(names) == 1:
        given = {names[0]: next(iter(given.values()))}  # maju names the input that old files leave unnamed
    wanted = [tensor for tap in taps.values() for tensor in (*tap.outputs, *tap.inputs)]
    with keras.device("cpu:0"):
        x = [_keras_tensor(given[name]) for name in names]
        values = keras.Model(keras_model.inputs, wanted)(x, training=False)
    arrays = iter([keras.ops.convert_to_numpy(value) for value in values])
    leaving, entering = {}, {}
    for key, tap in taps.items():
        leaving[key] = [next(arrays) for _ in tap.outputs]
        entering[key] = [next(arrays) for _ in tap.inputs]
    return leaving, entering


def _keras_tensor(value: Array) -> Any:
    import keras

    if value.dtype.kind in "USOT":
        return keras.ops.convert_to_tensor(value.tolist(), dtype="string")
    return keras.ops.convert_to_tensor(value)


def _open_in_keras(path: Path) -> tuple[Any, str]:
    """The model as Keras opens it, and Keras's version."""
    try:
        import keras
    except ImportError as error:
        raise MissingExtraError("comparing with Keras", "experiments") from error
    version = f"Keras {keras.__version__} ({keras.backend.backend()})"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return keras.saving.load_model(path, compile=False), version
    except Exception as error:  # whatever Keras stumbles over is what the user wants to know
        said = " ".join(f"{type(error).__name__}: {error}".split())
        shown = said if len(said) <= 300 else f"{said[:300]}…"
        raise ModelFormatError(f"{version} itself cannot open {path}: {shown}") from error


def _key(ref: TensorRef) -> str:
    return ref.layer if ref.call == 0 else f"{ref.layer}:{ref.call}"


def _by_input(model: Model, x: Any) -> dict[str, Array]:
    """What was given for each input, by the names of the input layers."""
    names = [ref.layer for ref in refs_in(model.spec.inputs)]
    if isinstance(model.spec.inputs, Mapping):
        return {ref.layer: np.asarray(x[key]) for key, ref in model.spec.inputs.items()}
    if isinstance(x, Mapping):
        return {name: np.asarray(x[name]) for name in names}
    return dict(zip(names, map(np.asarray, [x] if len(names) == 1 else x), strict=True))


def _as_structure(model: Model, given: Mapping[str, Array]) -> Any:
    """The inputs as `Model.predict` takes them."""
    if isinstance(model.spec.inputs, Mapping):
        return {key: given[ref.layer] for key, ref in model.spec.inputs.items()}
    values = list(given.values())
    return values[0] if len(values) == 1 else values
