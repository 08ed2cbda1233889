"""Running one layer or one model in Keras and from scratch, and comparing what comes out."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import keras
import numpy as np

import maju
from maju.formats.config import read_architecture
from maju.layers import activations, registry
from maju.layers.base import Array, Layer

__all__ = [
    "KERAS_ACTIVATIONS",
    "LAYERS",
    "PROBABILITIES",
    "Case",
    "assert_same",
    "check_alone",
    "check_through_file",
    "random",
    "scramble",
    "twin",
]

#: How far a layer's output may lie from Keras's, and how far a whole model's probabilities may.
LAYERS = 1e-5
PROBABILITIES = 1e-6

#: Every activation of Keras 3 that keeps the shape; `glu` halves an axis, and has tests of its own.
KERAS_ACTIVATIONS = tuple(name for name in activations.names() if name not in ("glu", "hard_sigmoid_keras2"))


def random(*shape: int, seed: str = "x") -> Array:
    """Float32 values that are different in every place, a little more often above 0 than below."""
    return np.random.default_rng(crc32(seed.encode())).normal(0.2, 1, shape).astype(np.float32)


def scramble(keras_object: Any, seed: str = "weights") -> None:
    """Give every weight of a Keras layer or model random values: biases and moving statistics too.

    Kernels are scaled by the number of inputs, so that deep models neither vanish nor saturate.
    """
    rng = np.random.default_rng(crc32(seed.encode()))
    for weight in keras_object.weights:
        if weight.dtype not in ("float32", "float64"):  # the state of a random generator
            continue
        values = rng.normal(0.1, 1, weight.shape)
        if weight.name == "moving_variance":
            values = rng.uniform(0.3, 2, weight.shape)
        elif len(weight.shape) > 1 and weight.name != "bias":
            values /= np.sqrt(np.prod(weight.shape[:-1]) if weight.name != "embeddings" else 1)
        weight.assign(values.astype(weight.dtype))


@dataclass(eq=False)
class Case:
    """A layer of Keras and what it is given: an array, or a list of them. `name` is the test's id."""

    name: str
    make: Callable[[], Any]
    x: Any
    mask: Array | None = None

    def __str__(self) -> str:
        return self.name

    @functools.cached_property
    def keras_layer(self) -> Any:
        """The Keras layer, built and with random weights."""
        layer = self.make()
        if not layer.built:
            layer.build(keras.tree.map_structure(np.shape, self.x))
        scramble(layer, self.name)
        return layer

    @functools.cached_property
    def expected(self) -> Any:
        """What Keras computes."""
        mask = {} if self.mask is None else {"mask": self.mask}
        return self.keras_layer(keras.tree.map_structure(keras.ops.convert_to_tensor, self.x), **mask)

    @property
    def input_shape(self) -> Any:
        """The shape of x, or of each of several, with any number of rows."""
        shapes = [(None, *x.shape[1:]) for x in _parts(self.x)]
        return shapes if isinstance(self.x, list) else shapes[0]

    @property
    def twin(self) -> Layer:
        """The same layer from scratch."""
        return twin(self.keras_layer, self.input_shape)


def twin(keras_layer: Any, input_shape: Any) -> Layer:
    """The layer from scratch with a Keras layer's hyper-parameters and weights."""
    entry = json.loads(json.dumps(keras.saving.serialize_keras_object(keras_layer)))
    entrance = {"class_name": "InputLayer", "config": {"name": "x", "batch_shape": [None, 1]}}
    document = {"class_name": "Sequential", "config": {"name": "one", "layers": [entrance, entry]}}
    spec = read_architecture(document, keras.__version__, "a live layer").layers[-1]
    layer_class = registry.find(spec.class_name)
    assert layer_class is not None, f"no layer for {spec.class_name}"
    shapes = layer_class.weight_shapes(spec.config, input_shape)
    weights = [weight for weight in keras_layer.weights if weight.dtype == "float32"]
    weights.sort(key=lambda weight: not weight.trainable)
    assert [tuple(weight.shape) for weight in weights] == list(shapes.values())
    arrays = [weight.numpy() for weight in weights]
    return layer_class.from_config(spec.config, dict(zip(shapes, arrays, strict=True)))


def assert_same(found: Any, expected: Any, tolerance: float = LAYERS) -> None:
    """The same nesting of arrays of the same shapes and types, with values that lie within the tolerance."""
    if isinstance(expected, Mapping):
        assert list(found) == list(expected)
        for key, value in expected.items():
            assert_same(found[key], value, tolerance)
    elif isinstance(expected, (list, tuple)):
        assert isinstance(found, (list, tuple))
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert_same(one, other, tolerance)
    else:
        expected = keras.ops.convert_to_numpy(expected)
        assert found.shape == expected.shape
        assert found.dtype == expected.dtype
        assert np.isfinite(expected).all(), "NaN would agree with NaN"
        np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance)


def check_alone(case: Case) -> None:
    """The layer by itself: its output, the shape that it tells beforehand, and again from its own config."""
    layer = case.twin
    y = layer.forward(case.x, mask=case.mask)
    assert_same(y, case.expected)
    told = layer.output_shape(case.input_shape)
    shapes = [(None, *part.shape[1:]) for part in _parts(y)]
    assert told == (shapes if isinstance(y, list) else shapes[0])
    again = type(layer).from_config(layer.get_config(), layer.weights)
    assert_same(again.forward(case.x, mask=case.mask), y, tolerance=0)


def check_through_file(cases: Iterable[Case], folder: Path) -> None:
    """All the layers side by side in one functional model, saved by Keras and opened from scratch."""
    cases = list(cases)
    inputs: dict[str, Any] = {}
    given: dict[str, Array] = {}

    def entrance(values: Array) -> Any:
        name = next((name for name, held in given.items() if held is values), f"input_{len(given)}")
        if name not in given:
            given[name] = values
            inputs[name] = keras.Input(values.shape[1:], dtype=str(values.dtype), name=name)
        return inputs[name]

    outputs: dict[str, Any] = {}
    for case in cases:
        mask = {} if case.mask is None else {"mask": entrance(case.mask)}
        y = case.keras_layer(keras.tree.map_structure(entrance, case.x), **mask)
        outputs |= {f"{case.name}, part {place}": part for place, part in enumerate(_parts(y))}
    path = folder / "model.keras"
    keras.Model(inputs, outputs).save(path)

    model = maju.load(path)
    rows = max(map(len, given.values()))
    filled = {name: np.resize(values, (rows, *values.shape[1:])) for name, values in given.items()}
    for found in (model.forward(given), model.predict(filled)):  # the readable layers, and the engine
        for case in cases:
            for place, part in enumerate(_parts(case.expected)):
                y = found[f"{case.name}, part {place}"]
                assert_same(y[: len(part)], part)


def _parts(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]
