"""The way back of every layer with random shapes and settings, beside TensorFlow's and differences."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from gradients.check import beside_slopes
from gradients.drawn import COUNTS, NO_GRADIENT, Drawn, drawn
from maju.layers import registry
from maju.layers.base import Array, Layer, Part
from parity import keras2
from parity.compare import scramble, twin

#: How far a gradient may lie from TensorFlow's in float32, and from differences in float64: relative to the
#: largest value of the gradient, since each value is a sum of which the terms may cancel out.
BESIDE_TENSORFLOW = 1e-5
BESIDE_DIFFERENCES = 1e-7
#: A gradient that is nothing but rounding (that of a bias before a softmax) is measured by this share of the
#: largest of the layer, of which 1 comes from above.
FLOOR = 0.1


class Draws:
    """A generator whose draws depend on their shape and on how many of it came before, not on their order.

    Keras draws for all gates what their inputs lose, and then what their states lose; maju gate by gate.
    """

    def __init__(self) -> None:
        self.counts: dict[tuple[int, ...], int] = {}

    def _next(self, shape: Any) -> np.random.Generator:
        shape = tuple(int(n) for n in shape)
        self.counts[shape] = self.counts.get(shape, 0) + 1
        return np.random.default_rng([self.counts[shape], *shape])

    def random(self, shape: Any) -> Array:
        return np.asarray(self._next(shape).random(shape))

    def normal(self, mean: float, spread: float, shape: Any) -> Array:
        return np.asarray(self._next(shape).normal(mean, spread, shape))

    # What takes the place of Keras's functions

    def dropout(self, x: Any, rate: float, noise_shape: Any = None, seed: Any = None) -> Any:
        shape = [
            n if m is None else m for n, m in zip(x.shape, noise_shape or [None] * len(x.shape), strict=True)
        ]
        return x * tf.constant((self.random(shape) >= rate) / (1 - rate), x.dtype)

    def uniform(self, shape: Any, *args: Any, **kwargs: Any) -> Any:
        return tf.constant(self.random(shape), "float32")

    def gaussian(
        self, shape: Any, mean: float = 0, stddev: float = 1, dtype: Any = None, seed: Any = None
    ) -> Any:
        return tf.constant(self.normal(mean, stddev, shape), dtype or "float32")


OF_KERAS = Draws()


@pytest.fixture(autouse=True)
def keras_draws_from_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, stand_in in {
        "dropout": OF_KERAS.dropout,
        "uniform": OF_KERAS.uniform,
        "normal": OF_KERAS.gaussian,
    }.items():
        monkeypatch.setattr(keras.src.backend.random, name, stand_in)


def parts_of(layer: Any) -> list[Any]:
    """A layer of maju's, and all layers and cells in it."""
    found, parts = [], [layer]
    while parts:
        found.append(parts.pop())
        for value in vars(found[-1]).values():
            inside = value.values() if isinstance(value, dict) else flat(value)
            parts += [item for item in inside if isinstance(item, Part)]
    return found


def draw_anew(layer: Any) -> None:
    """Let all that is in a layer of maju's draw from the start, what Keras draws from the start."""
    draws = Draws()
    for part in reversed(parts_of(layer)):
        if hasattr(part, "rng"):
            part.rng = draws


def flat(value: Any) -> list[Any]:
    return [part for item in value for part in flat(item)] if isinstance(value, (list, tuple)) else [value]


def is_float(x: Any) -> bool:
    return bool(np.issubdtype(np.asarray(x).dtype, np.floating))


def called(case: Drawn, tensors: list[Any]) -> Any:
    """What Keras gives, for tensors in place of the arrays of a case, one after the other."""
    layer, options = case.layer, dict(case.options)
    mask = keras.tree.map_structure(lambda part: None if part is None else tf.constant(part), case.mask)
    if isinstance(layer, (keras.layers.MultiHeadAttention, keras.layers.GroupQueryAttention)):
        names = ("query_mask", "value_mask", "key_mask")
        masks = {name: part for name, part in zip(names, mask, strict=False) if part is not None}
        if "query_mask" in masks and isinstance(layer, keras.layers.MultiHeadAttention):
            tensors[0]._keras_mask = masks.pop("query_mask")
        return layer(*tensors, training=case.training, **masks, **options)
    if hasattr(layer, "state_size") and not hasattr(layer, "cell"):
        return layer(tensors[0], nested(layer, tensors[1:]), training=case.training)
    if isinstance(layer, keras.src.layers.merging.base_merge.Merge):
        for tensor, part in zip(tensors, mask or [], strict=False):
            tensor._keras_mask = part
        return layer(tensors)
    masks = {} if mask is None else {"mask": mask}
    if isinstance(layer, (keras.layers.RNN, keras.layers.Bidirectional)):
        states = {"initial_state": nested(getattr(layer, "cell", None), tensors[1:])} if tensors[1:] else {}
        return layer(tensors[0], training=case.training, **masks, **states)
    x = tensors if isinstance(case.x, list) else tensors[0]
    takes_training = (
        getattr(layer, "_call_has_training_arg", None) if case.keras2 is None else layer._expects_training_arg
    )
    training = {"training": case.training} if takes_training else {}
    return layer(x, **training, **masks, **options)


class ChannelsLast:
    """A convolution with the channels first as one with the channels last, on tensors whose axes are turned.

    TensorFlow does not have the former on a processor; what its compiler makes of them is not always right.
    """

    def __init__(self, layer: Any) -> None:
        self.layer = type(layer).from_config({**layer.get_config(), "data_format": "channels_last"})
        self.axes_behind = 1 + int(re.findall(r"\dD", type(layer).__name__)[0][0])

    def __call__(self, x: Any, **options: Any) -> Any:
        y = self.layer(keras.ops.moveaxis(x, -self.axes_behind, -1), **options)
        return keras.tree.map_structure(lambda part: keras.ops.moveaxis(part, -1, -self.axes_behind), y)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.layer, name)


def has_channels_first(layer: Any) -> bool:
    return getattr(layer, "data_format", "") == "channels_first" and "Conv" in type(layer).__name__


def nested(cell: Any, states: list[Any]) -> Any:
    """States in the structure in which Keras takes them: one list for each cell of a stack."""
    if not isinstance(cell, keras.layers.StackedRNNCells):
        return states
    supply = iter(states)
    sizes = [2 if isinstance(one, keras.layers.LSTMCell) else 1 for one in cell.cells]
    groups = [[next(supply) for _ in range(size)] for size in sizes]
    return [group if len(group) > 1 else group[0] for group in groups]


def built(kind: str, case: Drawn) -> Layer:
    """The layer from scratch, with the same random weights as Keras's, which it gets here."""
    shapes = [x.shape for x in flat(case.x)]
    shape = shapes if isinstance(case.x, list) else shapes[0]
    if has_channels_first(case.layer):
        case.layer.build(shape)
        scramble(case.layer, kind)
        layer = twin(case.layer, shape)
        case.layer = ChannelsLast(case.layer)
        called(case, [tf.constant(x) for x in flat(case.x)])
        scramble(case.layer, kind)
        return layer
    called(replace(case, training=False), [tf.constant(x) for x in flat(case.x)])
    for part in case.layer._flatten_layers() if case.keras2 is None else ():
        if hasattr(part, "reset_dropout_mask"):
            part.reset_dropout_mask()
            part.reset_recurrent_dropout_mask()
    if case.keras2 is None:
        scramble(case.layer, kind)
        return twin(case.layer, shape)
    keras2.scramble(case.layer)
    cls = registry.find(kind)
    assert cls is not None
    config = {"name": "layer", **case.keras2}
    arrays = zip(cls.weight_shapes(config, shape), (w.numpy() for w in case.layer.weights), strict=True)
    return cls.from_config(config, dict(arrays))


def way_back(layer: Layer, case: Drawn, x: Any, training: bool) -> tuple[Any, Any]:
    draw_anew(layer)
    return layer.vjp(x, training=training, mask=case.mask, **case.options)


def largest(arrays: list[Any]) -> float:
    return max((float(np.abs(array).max(initial=0)) for array in arrays if array is not None), default=0)


def error(found: Any, expected: Array, floor: float) -> float:
    """How far a gradient lies from another one, relative to its largest value."""
    if found is None:
        found = np.zeros_like(expected)
    assert np.shape(found) == expected.shape
    scale = max(float(np.abs(expected).max(initial=0)), floor, 1e-30)
    return float(np.abs(np.asarray(found) - expected).max(initial=0)) / scale


def shaped_like(y: Any, parts: list[Array]) -> Any:
    return parts if isinstance(y, (list, tuple)) else parts[0]


TURNS = [(kind, turn) for kind, count in COUNTS.items() for turn in range(count)]
#: What is tried in the quick tests too.
QUICK = {"BatchNormalization", "Bidirectional", "Conv2D", "Dense", "Dropout", "Embedding", "LSTM", "Multiply"}


def test_every_layer_is_drawn_or_has_no_gradient() -> None:
    known = registry.known()
    assert COUNTS.keys() | NO_GRADIENT.keys() == known.keys()
    assert not COUNTS.keys() & NO_GRADIENT.keys()
    assert {kind for kind, cls in known.items() if cls.vjp is Layer.vjp} <= NO_GRADIENT.keys()


@pytest.mark.parametrize(
    ("kind", "turn"),
    [
        pytest.param(kind, turn, marks=[] if turn == 1 and kind in QUICK else pytest.mark.slow)
        for kind, turn in TURNS
    ],
)
def test_a_drawn_layer(kind: str, turn: int) -> None:
    case = drawn(kind, turn)
    layer = built(kind, case)
    assert max(beside_differences(case, layer).values(), default=0) <= BESIDE_DIFFERENCES
    assert max(beside_tensorflow(case, layer).values()) <= BESIDE_TENSORFLOW


def beside_tensorflow(case: Drawn, layer: Layer) -> dict[str, float]:
    """How far the output and each gradient lie from TensorFlow's."""
    given = [tf.constant(x) for x in flat(case.x)]
    rng = np.random.default_rng(7)
    OF_KERAS.counts.clear()
    with tf.GradientTape() as tape:
        tape.watch([x for x in given if x.dtype.is_floating])
        outputs = flat(called(case, given))
        dys = [rng.normal(size=part.shape).astype(np.float32) for part in outputs]
        total = tf.add_n([tf.reduce_sum(part * dy) for part, dy in zip(outputs, dys, strict=True)])
    expected = tape.gradient(total, [*given, *case.layer.trainable_variables])
    expected = [None if there is None else tf.convert_to_tensor(there).numpy() for there in expected]

    y, backward = way_back(layer, case, case.x, case.training)
    dx, gradients = backward(dys if isinstance(y, (list, tuple)) else dys[0])
    paths = list(layer.trainable_weights)
    assert gradients.keys() == set(paths)
    found = [*flat(dx), *(np.asarray(gradients[path]) for path in paths)]
    floor = FLOOR * max(1, largest(expected))
    errors = {
        f"y {n}": error(*pair, 0)
        for n, pair in enumerate(zip(flat(y), map(np.asarray, outputs), strict=True))
    }
    names = [f"x {n}" for n in range(len(given))] + paths
    for name, here, there, of in zip(
        names, found, expected, [*flat(case.x), *layer.trainable_weights.values()], strict=True
    ):
        if not is_float(of):
            assert there is None
        elif there is None:
            assert here is None or not here.any()
        else:
            assert here is None or here.dtype == np.float32
            errors[name] = error(here, there, floor)
    return errors


def beside_differences(case: Drawn, single: Layer) -> dict[str, float]:
    """How far each gradient lies from differences, in float64."""
    weights = {path: np.array(weight, np.float64) for path, weight in single.weights.items()}
    layer = type(single).from_config(single.get_config(), weights)
    for part in parts_of(layer):
        part.dtype_policy = None  # which would bring all to float32
    training = case.training and not case.moves_weights
    inputs = [x.astype(np.float64) if is_float(x) else x for x in flat(case.x)]
    x = inputs if isinstance(case.x, list) else inputs[0]
    y, backward = way_back(layer, case, x, training)
    rng = np.random.default_rng(7)
    dys = [rng.normal(size=part.shape) for part in flat(y)]
    dx, gradients = backward(dys if isinstance(y, (list, tuple)) else dys[0])

    def loss() -> float:
        draw_anew(layer)
        parts = flat(layer.forward(x, training=training, mask=case.mask, **case.options))
        return float(sum((part * dy).sum() for part, dy in zip(parts, dys, strict=True)))

    arrays = dict(
        zip([f"x {n}" for n in range(len(inputs))], zip(flat(dx), inputs, strict=True), strict=True)
    )
    arrays |= {
        path: (np.asarray(gradients[path]), weight) for path, weight in layer.trainable_weights.items()
    }
    floor = FLOOR * max(1, largest([gradient for gradient, array in arrays.values() if is_float(array)]))
    return {
        name: beside_slopes(loss, gradient, array, rng, floor)
        for name, (gradient, array) in arrays.items()
        if is_float(array)
    }
