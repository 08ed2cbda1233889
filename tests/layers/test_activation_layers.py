from __future__ import annotations

import json
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from maju.errors import InputError, UnsupportedModelError
from maju.layers.activation import ActivationLayer
from maju.layers.base import Layer
from maju.layers.elu import ELULayer
from maju.layers.leaky_relu import LeakyReLULayer
from maju.layers.prelu import PReLULayer
from maju.layers.relu import ReLULayer
from maju.layers.softmax import SoftmaxLayer

CASES: list[tuple[type[Layer], Any, tuple[int, ...]]] = [
    (ActivationLayer, lambda: keras.layers.Activation("gelu"), (3, 5)),
    (ActivationLayer, lambda: keras.layers.Activation("softmax"), (3, 5, 4)),
    (ActivationLayer, lambda: keras.layers.Activation("hard_swish"), (2, 3, 5, 4)),
    (ActivationLayer, lambda: keras.layers.Activation(None), (3, 5)),
    (ReLULayer, lambda: keras.layers.ReLU(), (3, 5)),
    (ReLULayer, lambda: keras.layers.ReLU(max_value=6.0), (3, 5, 4)),
    (ReLULayer, lambda: keras.layers.ReLU(2.5, 0.1, 0.75), (2, 3, 5, 4)),
    (ReLULayer, lambda: keras.layers.ReLU(negative_slope=0.3), (3, 5)),
    (LeakyReLULayer, lambda: keras.layers.LeakyReLU(), (3, 5)),
    (LeakyReLULayer, lambda: keras.layers.LeakyReLU(negative_slope=0.07), (2, 3, 5, 4)),
    (ELULayer, lambda: keras.layers.ELU(), (3, 5)),
    (ELULayer, lambda: keras.layers.ELU(alpha=0.4), (2, 3, 5, 4)),
    (SoftmaxLayer, lambda: keras.layers.Softmax(), (3, 5)),
    (SoftmaxLayer, lambda: keras.layers.Softmax(axis=1), (3, 5, 4)),
    (SoftmaxLayer, lambda: keras.layers.Softmax(axis=[1, 2]), (2, 3, 5, 4)),
    (PReLULayer, lambda: keras.layers.PReLU(), (3, 5)),
    (PReLULayer, lambda: keras.layers.PReLU(shared_axes=[1, 2]), (2, 3, 5, 4)),
    (PReLULayer, lambda: keras.layers.PReLU(shared_axes=2), (2, 3, 5)),
    (PReLULayer, lambda: keras.layers.PReLU(shared_axes=[1]), (2, 1, 5)),
]
IDS = [f"{cls.keras_class}{number}-{len(shape)}D" for number, (cls, _, shape) in enumerate(CASES)]


def pair(cls: type[Layer], make: Any, shape: tuple[int, ...]) -> tuple[Layer, Any, Any]:
    """Our layer made from what Keras saves of its own, that one, and an input."""
    rng = np.random.default_rng(11)
    theirs = make()
    theirs.build(shape)
    theirs.set_weights([rng.normal(0.2, 0.4, weight.shape) for weight in theirs.weights])
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(theirs)["config"]))
    config["dtype"] = config["dtype"]["config"]["name"]
    names = cls.weight_shapes(config, shape)
    for (name, expected), weight in zip(names.items(), theirs.weights, strict=True):
        assert weight.shape == expected, name
    arrays = dict(zip(names, theirs.get_weights(), strict=True))
    return cls.from_config(config, arrays), theirs, rng.normal(0.3, 2.0, shape).astype(np.float32)


@pytest.mark.parametrize(("cls", "make", "shape"), CASES, ids=IDS)
def test_equals_keras(cls: type[Layer], make: Any, shape: tuple[int, ...]) -> None:
    ours, theirs, x = pair(cls, make, shape)
    y = ours(x)
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, theirs(x).numpy(), rtol=1e-6, atol=1e-6)
    assert ours.output_shape((None, *shape[1:])) == (None, *shape[1:])
    assert ours.count_params() == theirs.count_params()


@pytest.mark.parametrize(("cls", "make", "shape"), CASES, ids=IDS)
def test_gradients_equal_tensorflow(cls: type[Layer], make: Any, shape: tuple[int, ...]) -> None:
    ours, theirs, x = pair(cls, make, shape)
    dy = np.random.default_rng(5).normal(size=shape).astype(np.float32)
    variable = tf.Variable(x)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(theirs(variable) * dy)
    dx, *gradients = tape.gradient(total, [variable, *(weight.value for weight in theirs.weights)])
    y, backward = ours.vjp(x)
    np.testing.assert_array_equal(y, ours(x))
    our_dx, ours_by_name = backward(dy)
    np.testing.assert_allclose(our_dx, dx.numpy(), rtol=1e-5, atol=1e-6)
    assert list(ours_by_name) == list(ours.weights)
    for ours_of_it, theirs_of_it in zip(ours_by_name.values(), gradients, strict=True):
        np.testing.assert_allclose(ours_of_it, theirs_of_it.numpy(), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("cls", "make", "shape"), CASES, ids=IDS)
def test_keras_takes_the_config_back(cls: type[Layer], make: Any, shape: tuple[int, ...]) -> None:
    ours, theirs, x = pair(cls, make, shape)
    config = json.loads(json.dumps(ours.get_config()))
    again = type(theirs).from_config(config)
    again.build(shape)
    again.set_weights(list(ours.weights.values()))
    np.testing.assert_array_equal(again(x), theirs(x))


@pytest.mark.parametrize(("cls", "make", "shape"), CASES, ids=IDS)
def test_masks_pass(cls: type[Layer], make: Any, shape: tuple[int, ...]) -> None:
    ours, theirs, x = pair(cls, make, shape)
    mask = np.arange(np.prod(shape)).reshape(shape) % 3 > 0
    assert theirs.compute_mask(x, mask) is mask
    assert ours.compute_mask(x, mask) is mask


MASKS = {
    "of x's shape": (2, 3, 4),
    "of the last axis": (4,),
    "of one step each": (2, 1, 4),
    "of one column": (2, 3, 1),
}


@pytest.mark.parametrize("mask_shape", MASKS.values(), ids=MASKS)
@pytest.mark.parametrize("kind", [bool, np.float32], ids=["bool", "float"])
def test_softmax_with_a_mask(mask_shape: tuple[int, ...], kind: Any) -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=(2, 3, 4)).astype(np.float32)
    mask = (rng.random(mask_shape) > 0.4).astype(kind)
    mask[0] = 0  # a row without anything to keep
    dy = rng.normal(size=x.shape).astype(np.float32)
    variable = tf.Variable(x)
    with tf.GradientTape() as tape:
        expected = keras.layers.Softmax()(variable, mask=tf.constant(mask))
        total = tf.reduce_sum(expected * dy)
    y, backward = SoftmaxLayer().vjp(x, mask=mask)
    np.testing.assert_allclose(y, expected.numpy(), rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(backward(dy)[0], tape.gradient(total, variable).numpy(), rtol=1e-5, atol=1e-7)


def test_softmax_refuses_a_mask_that_does_not_fit() -> None:
    x = np.zeros((2, 3, 4), np.float32)
    mask = np.ones((2, 3), bool)
    with pytest.raises(ValueError, match="mask"):
        keras.layers.Softmax()(x, mask=tf.constant(mask))
    expected = r"layer 'probabilities' \(Softmax\): a mask of shape \(2, 3\) does not broadcast against x"
    with pytest.raises(InputError, match=expected):
        SoftmaxLayer(name="probabilities")(x, mask=mask)


def test_an_unknown_activation_is_named() -> None:
    with pytest.raises(UnsupportedModelError, match=r"layer 'a' \(Activation\): activation='mine'"):
        ActivationLayer.from_config({"name": "a", "activation": "mine"})


def test_an_unknown_hyper_parameter_is_refused() -> None:
    with pytest.raises(UnsupportedModelError, match=r"unknown hyper-parameter alpha=0.1"):
        ReLULayer.from_config({"name": "r", "alpha": 0.1})
