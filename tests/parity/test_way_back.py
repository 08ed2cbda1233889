"""The gradients of whole graphs: of every weight and of the inputs, beside TensorFlow's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import maju
from maju.layers.base import Array
from parity.compare import random, scramble
from parity.test_models import IDS, MODELS, SEQUENCES

#: How far a gradient may lie from TensorFlow's, relative to the largest of all in the model. In float32 both
#: sides round; what rounding hides shows in float64.
GRADIENTS = {"float32": 1e-5, "float64": 1e-8}

MORE: dict[str, tuple[Callable[[], Any], Any]] = {}


def architecture(x: Any) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    def register(build: Callable[[], Any]) -> Callable[[], Any]:
        MORE[build.__name__.replace("_", " ")] = build, x
        return build

    return register


@architecture(SEQUENCES)
def states_handed_on() -> Any:
    x = keras.Input((9, 4))
    y, h, c = layers.LSTM(5, return_sequences=True, return_state=True)(x)
    z = layers.LSTM(5, return_sequences=True)(y, initial_state=[h, c])
    return keras.Model(x, layers.Dense(2)(layers.GRU(3)(z, initial_state=layers.Dense(3)(h))))


@architecture(SEQUENCES)
def a_layer_that_is_called_three_times() -> Any:
    x = keras.Input((9, 4))
    shared = layers.Dense(4, activation="tanh")
    return keras.Model(x, shared(shared(shared(x)) * 2 + x))


@architecture([random(6, 7), random(6, 7, seed="b")])
def a_model_that_is_called_twice() -> Any:
    a, b = keras.Input((7,)), keras.Input((7,))
    tower = keras.Sequential(
        [keras.Input((7,)), layers.Dense(5, activation="relu"), layers.BatchNormalization()]
    )
    return keras.Model([a, b], layers.Dot(1, normalize=True)([tower(a), tower(b)]))


@architecture(SEQUENCES)
def an_output_that_others_take_too() -> Any:
    x = keras.Input((9, 4))
    h = layers.Dense(6, activation="gelu", name="h")(x)
    unused = layers.Dense(3, name="no_way_back_from_here")(h)
    return keras.Model(x, {"h": h, "y": layers.Dense(2)(keras.ops.mean(h, axis=1)), "u": unused})


@architecture(IDS)
def attention_to_masked_tokens() -> Any:
    x = keras.Input((9,), dtype="int32")
    h = layers.Embedding(30, 8, mask_zero=True)(x)
    h = layers.LayerNormalization()(h + layers.MultiHeadAttention(2, 4)(h, h))
    return keras.Model(x, layers.Dense(3)(layers.GlobalAveragePooling1D()(h)))


EVERY = {**MODELS, **MORE}


def has_dropout(model: Any) -> bool:
    inside = [
        layer
        for layer in model._flatten_layers()
        if getattr(layer, "rate", 0) or getattr(layer, "dropout", 0)
    ]
    return bool(inside)


def floats(x: Any) -> bool:
    return bool(np.issubdtype(np.asarray(x).dtype, np.floating))


@pytest.mark.parametrize("dtype", GRADIENTS)
@pytest.mark.parametrize("name", EVERY)
def test_gradients_of_a_model(name: str, dtype: str) -> None:
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)
    try:
        check(*EVERY[name], dtype)
    finally:
        keras.config.set_floatx("float32")
        keras.config.set_dtype_policy("float32")


def check(build: Callable[[], Any], x: Any, dtype: str) -> None:
    keras_model = build()
    scramble(keras_model)
    model = maju.load(keras_model)
    training = not has_dropout(keras_model)
    x = tf.nest.map_structure(lambda part: part.astype(dtype) if floats(part) else part, x)
    given = tf.nest.map_structure(
        lambda part: tf.constant(part, tf.string if part.dtype == object else None), x
    )
    watched = [part for part in tf.nest.flatten(given) if part.dtype.is_floating]
    with tf.GradientTape() as tape:
        tape.watch(watched)
        outputs = tf.nest.flatten(keras_model(given, training=training))
        dys = [random(*part.shape, seed=f"dy{place}").astype(dtype) for place, part in enumerate(outputs)]
        total = tf.add_n([tf.reduce_sum(part * dy) for part, dy in zip(outputs, dys, strict=True)])
    expected = tape.gradient(total, [keras_model.trainable_weights, watched])

    y, backward = model.vjp(x, training=training)
    dx, gradients = backward(packed(y, iter(dys)))

    trainable = model.trainable_weights
    assert [w.shape for w in trainable.values()] == [tuple(w.shape) for w in keras_model.trainable_weights]
    dense = [None if there is None else np.asarray(tf.convert_to_tensor(there)) for there in expected[0]]
    bound = GRADIENTS[dtype] * max(np.abs(there).max() for there in dense if there is not None)
    for path, there in zip(trainable, dense, strict=True):
        compare(gradients.get(path), there, bound, path)
    ours = [part for part, given_part in zip(leaves(dx), leaves(x), strict=True) if floats(given_part)]
    for here, there in zip(ours, expected[1], strict=True):
        compare(here, there.numpy(), GRADIENTS[dtype] * np.abs(there).max(), "x")


def compare(here: Array | None, there: Array | None, bound: float, what: str) -> None:
    if there is None:
        assert here is None or not here.any(), what
        return
    assert here is not None, what
    assert here.dtype == there.dtype, what
    np.testing.assert_allclose(here, there, rtol=0, atol=bound, err_msg=what)


def leaves(x: Any) -> list[Any]:
    if isinstance(x, dict):
        return [x[key] for key in sorted(x)]
    return list(x) if isinstance(x, list) else [x]


def packed(y: Any, dys: Any) -> Any:
    if isinstance(y, dict):
        return {key: next(dys) for key in sorted(y)}
    return [next(dys) for _ in y] if isinstance(y, list) else next(dys)
