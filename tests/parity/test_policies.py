"""Dtype policies: every layer, graphs of layers and operations of several types, and files, against Keras."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops

import maju
from layers.examples import EXAMPLES, Example
from maju.layers import registry
from maju.layers.base import Array
from maju.layers.cell_layer import CellLayer
from maju.layers.image_augmentation import ImageAugmentation
from maju.layers.policies import to_bfloat16
from parity.compare import random, scramble

#: How far two numbers next to each other lie apart at 1.
UNITS = {"float16": 2**-10, "bfloat16": 2**-7, "float32": 2**-23, "float64": 2**-52}
COMPUTE = {"mixed_float16": "float16", "mixed_bfloat16": "bfloat16"}
POLICIES = ("mixed_float16", "mixed_bfloat16", "float16", "bfloat16", "float64")
STEPS, OTHERS = random(3, 5, 6), random(3, 5, 6, seed="others")


def fill(model: Any) -> None:
    """`scramble` in any type."""
    rng = np.random.default_rng(7)
    for weight in model.weights:
        if "float" in weight.dtype:
            values = rng.normal(0.1, 0.5, weight.shape)
            weight.assign(rng.uniform(0.3, 2, weight.shape) if "variance" in weight.name else values)


def as_numpy(tensor: Any) -> Array:
    """A tensor of Keras, as maju has it."""
    kept = keras.backend.standardize_dtype(tensor.dtype) != "bfloat16"
    return np.asarray(ops.convert_to_numpy(tensor if kept else ops.cast(tensor, "float32")))


def check(found: Array, expected: Any, unit: float, name: str = "", units: float = 3) -> None:
    """The same type, and values that differ by a few units in the last place of the largest."""
    tensor, expected = expected, as_numpy(expected)
    assert found.dtype == expected.dtype, name
    assert type(found) is np.ndarray
    assert found.shape == expected.shape, name
    if expected.dtype.kind != "f":
        np.testing.assert_array_equal(found, expected, err_msg=name)
        return
    if keras.backend.standardize_dtype(tensor.dtype) == "bfloat16":
        np.testing.assert_array_equal(found, to_bfloat16(found), err_msg=name)
    assert np.isfinite(expected).all(), name
    largest = np.abs(expected).astype(float).max(initial=1e-3)
    np.testing.assert_allclose(
        found.astype(float), expected.astype(float), rtol=0, atol=units * unit * largest, err_msg=name
    )


# Every layer

#: What Keras cannot call with a list, cannot make of so little, or saves with another policy than it has.
LEFT_OUT = {
    "Discretization",
    "GroupQueryAttention",
    "HashedCrossing",
    "Hashing",
    "InputLayer",
    "Lambda",
    "MultiHeadAttention",
    "Pipeline",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
    "TextVectorization",
}
#: What TensorFlow has no kernel for on a CPU, by the type that Keras computes in.
NO_KERNEL = {
    "bfloat16": {"CategoryEncoding", "STFTSpectrogram"},
    "float16": {
        "AdaptiveAveragePooling3D",
        "AdaptiveMaxPooling3D",
        "AveragePooling3D",
        "CategoryEncoding",
        "MaxPooling3D",
    },
    "float64": {"AdaptiveAveragePooling3D", "AdaptiveMaxPooling3D", "AveragePooling3D", "MaxPooling3D"},
}
RECURRENT = ("Bidirectional", "ConvLSTM", "GRU", "LSTM", "RNN", "SimpleRNN")
#: Where Keras computes, or rounds a hyper-parameter, in float32 whatever the policy is; or in the type of x.
SINGLE_INSIDE = {
    "AutoContrast",
    "ContrastLimitedAdaptiveHistogramEqualization",
    "GroupNormalization",
    "LayerNormalization",
    "LeakyReLU",
    "MelSpectrogram",
    "Resizing",
    "UpSampling2D",
}


def with_policy(value: Any, policy: str) -> Any:
    """A config in which every layer inside has a policy."""
    if isinstance(value, list):
        return [with_policy(item, policy) for item in value]
    if not isinstance(value, dict) or "class_name" not in value:
        return value
    inner = {key: with_policy(item, policy) for key, item in value["config"].items()}
    return {**value, "module": "keras.layers", "config": {**inner, "dtype": policy}, "registered_name": None}


def lacks_kernel(name: str, policy: str) -> bool:
    """Whether TensorFlow cannot run a layer on a CPU; CategoryEncoding counts in the type of weights."""
    type_ = policy if name == "CategoryEncoding" else COMPUTE.get(policy, policy)
    return name in NO_KERNEL.get(type_, ())


def examples(policy: str) -> Iterator[tuple[str, Example]]:
    """The examples of the layers that Keras can run in a policy on a CPU."""
    for name, example in EXAMPLES.items():
        layer_class = registry.known()[name]
        left_out = name in LEFT_OUT or lacks_kernel(name, policy)
        left_out |= issubclass(layer_class, (CellLayer, ImageAugmentation))
        # TensorFlow makes no orthogonal start for bfloat16 weights, which all recurrent layers want.
        recurrent = policy == "bfloat16" and name.startswith(
            ("Bidir", "ConvLSTM", "GRU", "LSTM", "RNN", "Sim")
        )
        channels_first = example.config.get("data_format") == "channels_first"
        if hasattr(keras.layers, name) and not (left_out or recurrent or channels_first):
            yield name, example


@pytest.mark.slow
@pytest.mark.parametrize("policy", POLICIES)
def test_every_layer(policy: str, tmp_path: Path) -> None:
    inputs: dict[str, Any] = {}
    given: dict[str, Array] = {}
    outputs: dict[str, Any] = {}
    for name, example in examples(policy):
        parts = example.x if isinstance(example.x, list) else [example.x]
        entrances = []
        for place, part in enumerate(parts):
            key = f"{name}_{place}"
            dtype = "string" if part.dtype.kind in "US" else str(part.dtype)
            inputs[key] = keras.Input(batch_shape=part.shape, dtype=dtype, name=key)
            given[key] = part
            entrances.append(inputs[key])
        config = {key: with_policy(value, policy) for key, value in example.config.items()}
        layer = getattr(keras.layers, name).from_config({**config, "dtype": policy, "name": name.lower()})
        y = layer(entrances if isinstance(example.x, list) else entrances[0])
        outputs |= {f"{name}_{i}": part for i, part in enumerate(y if isinstance(y, (list, tuple)) else [y])}
    model = keras.Model(inputs, outputs)
    fill(model)
    model.save(tmp_path / "model.keras")
    expected = model({key: ops.convert_to_tensor(value) for key, value in given.items()}, training=False)
    found = maju.load(tmp_path / "model.keras").forward(given)
    assert len(expected) > 60
    for key, value in expected.items():
        single = policy == "float64" and key.rpartition("_")[0] in SINGLE_INSIDE
        unit = UNITS["float32"] if single else UNITS[COMPUTE.get(policy, policy)]
        check(found[key], value, unit, key, units=10 if single else 1e3 if policy == "float64" else 3)


# Graphs

Build = Callable[[Any, Any, str], Any]
GRAPHS: dict[str, Build] = {
    "a sum of two": lambda a, b, p: layers.Dense(4, dtype=p)(a) + layers.Dense(4, dtype=p)(b),
    "a sum with float32": lambda a, b, p: layers.Dense(6, dtype=p)(a) + b,
    "softmax of a product": lambda a, b, p: ops.softmax(
        ops.matmul(layers.Dense(4, dtype=p)(a), ops.transpose(layers.Dense(4, dtype=p)(b), (0, 2, 1))) / 2.0
    ),
    "a cast up": lambda a, b, p: ops.cast(layers.Dense(4, dtype=p)(a), "float32") * 3.3,
    "a cast down": lambda a, b, p: ops.cast(layers.Dense(4, dtype=p)(a) * b[..., :4], "bfloat16"),
    "whole numbers": lambda a, b, p: layers.Dense(4, dtype=p)(a) * ops.cast(4 * b[..., :4], "int32"),
    "means": lambda a, b, p: ops.mean(layers.Dense(4, dtype=p)(a), axis=1) > 0.2,
    "layers of two policies": lambda a, b, p: layers.Dense(3, dtype="float32", activation="softmax")(
        layers.Concatenate(dtype=p)([layers.LayerNormalization(dtype=p)(a), b])
    ),
    "normalized": lambda a, b, p: layers.GroupNormalization(2, dtype=p)(
        layers.LayerNormalization(dtype=p)(layers.Dense(4, dtype=p)(a))
    ),
    "a merge in float32": lambda a, b, p: layers.Add()([layers.Dense(6, dtype=p)(a), b]),
    "attention": lambda a, b, p: layers.MultiHeadAttention(2, 3, dtype=p)(a, b, use_causal_mask=True),
    "bidirectional": lambda a, b, p: (
        layers.Bidirectional(
            layers.GRU(4, return_sequences=True, dtype=p, kernel_initializer="zeros"), dtype=p
        )(a)
        + 1.0
    ),
    "a wrapper in float32": lambda a, b, p: layers.TimeDistributed(layers.Dense(3, dtype=p))(a),
    "float32 in a wrapper": lambda a, b, p: layers.TimeDistributed(layers.Dense(3), dtype=p)(a),
    "a model within": lambda a, b, p: (
        keras.Sequential([keras.Input((5, 6)), layers.Dense(4, dtype=p)])(a) * 2
    ),
    "a model at every step": lambda a, b, p: layers.TimeDistributed(
        keras.Sequential([keras.Input((6,)), layers.Dense(4, "relu", dtype=p), layers.Dense(2, dtype=p)])
    )(a),
}


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float64"])
def test_graphs(policy: str, tmp_path: Path) -> None:
    a, b = keras.Input((5, 6)), keras.Input((5, 6))
    model = keras.Model([a, b], [build(a, b, policy) for build in GRAPHS.values()])
    fill(model)
    model.save(tmp_path / "model.keras")
    mine = maju.load(tmp_path / "model.keras")
    found = mine.forward([STEPS, OTHERS])
    mine.save(tmp_path / "again.keras")
    again = keras.models.load_model(tmp_path / "again.keras")([STEPS, OTHERS])
    for name, one, expected, other in zip(GRAPHS, found, model([STEPS, OTHERS]), again, strict=True):
        unit = UNITS[COMPUTE.get(policy, policy)]
        if name == "a cast down":
            unit = UNITS["bfloat16"]
        elif one.dtype == np.float32 and policy == "float64":
            unit = UNITS["float32"]
        check(one, expected, unit, name, units=30 if policy == "float64" else 3)
        np.testing.assert_array_equal(as_numpy(other), as_numpy(expected), err_msg=name)


def test_an_embedding_scores_in_the_type_of_its_input(tmp_path: Path) -> None:
    ids = np.array([[3, 1, 8], [0, 2, 2]])
    x = keras.Input((3,), dtype="int32")
    outputs = []
    for policy in ("mixed_float16", "mixed_bfloat16"):
        for reverse_dtype in (None, "float32"):
            embed = layers.ReversibleEmbedding(
                9, 6, dtype=policy, reverse_dtype=reverse_dtype, mask_zero=True
            )
            vectors = embed(x)
            of_float32 = layers.Dense(6, dtype="float32")(vectors)
            outputs += [vectors, embed(vectors, reverse=True), embed(of_float32, reverse=True)]
    model = keras.Model(x, outputs)
    fill(model)
    model.save(tmp_path / "model.keras")
    found = maju.load(tmp_path / "model.keras").forward(ids)
    for one, expected in zip(found, model(ids), strict=True):
        check(one, expected, UNITS[keras.backend.standardize_dtype(expected.dtype)])


# Files


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("policy", POLICIES)
def test_weights_keep_their_type(policy: str, suffix: str, tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((6,)), layers.Dense(4, "tanh", dtype=policy), layers.Dense(2)])
    fill(model)
    model.save(tmp_path / f"model{suffix}")
    mine = maju.load(tmp_path / f"model{suffix}")
    kernel = as_numpy(model.layers[0].kernel.value)
    assert mine["dense" if suffix == "" else model.layers[0].name].weights["kernel"].dtype == kernel.dtype
    np.testing.assert_array_equal(mine[model.layers[0].name].weights["kernel"], kernel)
    x = random(4, 6)
    for kind in (".keras", ".h5", ".weights.h5", ".safetensors"):
        mine.save(tmp_path / f"again{kind}")
        other = maju.load(tmp_path / f"again{kind}", architecture=tmp_path / f"model{suffix}")
        np.testing.assert_array_equal(other.predict(x), mine.predict(x))
        for name, weight in mine.weights.items():
            assert other.weights[name].dtype == weight.dtype
    again = keras.models.load_model(tmp_path / "again.keras")
    assert [weight.dtype for weight in again.weights] == [weight.dtype for weight in model.weights]
    np.testing.assert_array_equal(as_numpy(again(x)), as_numpy(model(x)))


def test_the_forms_of_a_policy(tmp_path: Path) -> None:
    x = random(4, 6)
    policy = {"class_name": "Policy", "config": {"name": "mixed_float16"}}  # of Keras 2
    with_scale = {"class_name": "PolicyV1", "config": {"name": "mixed_float16", "loss_scale": None}}
    model = keras.Sequential([keras.Input((6,)), layers.Dense(4, "tanh", dtype="mixed_float16", name="one")])
    scramble(model)
    model.save(tmp_path / "model.h5")
    expected = maju.load(tmp_path / "model.h5").predict(x)
    assert expected.dtype == np.float16
    for form in ("mixed_float16", policy, with_scale):
        one = {
            "class_name": "Dense",
            "config": {"name": "one", "units": 4, "activation": "tanh", "dtype": form},
        }
        entrance = {"class_name": "InputLayer", "config": {"batch_input_shape": [None, 6], "name": "x"}}
        document = {"class_name": "Sequential", "config": {"name": "m", "layers": [entrance, one]}}
        path = tmp_path / "model.json"
        path.write_text(json.dumps({**document, "keras_version": "2.9.0"}))
        found = maju.load(tmp_path / "model.h5", architecture=path).predict(x)
        np.testing.assert_array_equal(found, expected)
