from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from maju import losses, metrics

RNG = np.random.default_rng(6)
#: Logits so far from 0 that probabilities are 0 and 1 in float32.
LOGITS = (RNG.normal(size=(6, 4)) * 60).astype(np.float32)
STEPS = (RNG.normal(size=(6, 5, 1)) * 60).astype(np.float32)
NUMBERS = RNG.integers(0, 4, 6)
ONE_HOT = np.eye(4, dtype=np.float32)[NUMBERS]
BITS = (RNG.random((6, 4)) < 0.5).astype(np.float32)
STEP_BITS = (RNG.random((6, 5)) < 0.5).astype(np.float32)

#: The end of the model, the activation, the loss, the logits, the truth, whether Keras fuses the two.
CASES: dict[str, tuple[Callable[[], list[Any]], str, Any, Any, Any, bool]] = {
    "Activation": (
        lambda: [layers.Activation("softmax")],
        "softmax",
        losses.SparseCategoricalCrossentropy(),
        LOGITS,
        NUMBERS,
        True,
    ),
    "Softmax": (
        lambda: [layers.Softmax()],
        "softmax",
        losses.CategoricalCrossentropy(label_smoothing=0.1),
        LOGITS,
        ONE_HOT,
        True,
    ),
    "Softmax, then layers that change nothing": (
        lambda: [layers.Softmax(), layers.Dropout(0.0), layers.Identity(), layers.Activation("linear")],
        "softmax",
        losses.SparseCategoricalCrossentropy(),
        LOGITS,
        NUMBERS,
        True,
    ),
    "from_logits after softmax": (
        lambda: [layers.Softmax()],
        "softmax",
        losses.SparseCategoricalCrossentropy(from_logits=True),
        LOGITS,
        NUMBERS,
        True,
    ),
    "ignore_class": (
        lambda: [layers.Softmax()],
        "softmax",
        losses.SparseCategoricalCrossentropy(ignore_class=1),
        LOGITS,
        NUMBERS,
        False,
    ),
    "sigmoid and categories": (
        lambda: [layers.Activation("sigmoid")],
        "sigmoid",
        losses.CategoricalCrossentropy(),
        LOGITS,
        ONE_HOT,
        True,
    ),
    "softmax and yes or no": (
        lambda: [layers.Softmax()],
        "softmax",
        losses.BinaryCrossentropy(),
        LOGITS,
        BITS,
        True,
    ),
    "sigmoid": (
        lambda: [layers.Activation("sigmoid")],
        "sigmoid",
        losses.BinaryCrossentropy(),
        LOGITS,
        BITS,
        True,
    ),
    "binary focal": (
        lambda: [layers.Activation("sigmoid")],
        "sigmoid",
        losses.BinaryFocalCrossentropy(),
        LOGITS,
        BITS,
        True,
    ),
    "steps with their axis": (
        lambda: [layers.Activation("sigmoid")],
        "sigmoid",
        losses.BinaryCrossentropy(),
        STEPS,
        STEP_BITS[..., None],
        True,
    ),
    "steps without their axis": (
        lambda: [layers.Activation("sigmoid")],
        "sigmoid",
        losses.BinaryCrossentropy(),
        STEPS,
        STEP_BITS,
        False,
    ),
    "reshaped": (
        lambda: [layers.Softmax(), layers.Reshape((4,))],
        "",
        losses.SparseCategoricalCrossentropy(),
        LOGITS,
        NUMBERS,
        False,
    ),
    "mse": (lambda: [layers.Softmax()], "softmax", losses.MeanSquaredError(), LOGITS, ONE_HOT, False),
    "categorical focal": (
        lambda: [layers.Softmax()],
        "softmax",
        losses.CategoricalFocalCrossentropy(),
        LOGITS,
        ONE_HOT,
        False,
    ),
}


@pytest.mark.filterwarnings("ignore:.*received `from_logits=True`:UserWarning")
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_loss_takes_the_logits_where_that_of_keras_does(case: Any) -> None:
    end, activation, loss, logits, y_true, fused = case
    model = keras.Sequential([keras.Input(logits.shape[1:]), *end()])
    theirs = keras.losses.deserialize(losses.serialize(loss))
    z = tf.constant(logits)

    def with_gradient() -> Any:
        with tf.GradientTape() as tape:
            tape.watch(z)
            value = theirs(y_true, model(z, training=True))
        return value, tape.gradient(value, z)

    expected, dz = (tensor.numpy() for tensor in tf.function(with_gradient)())
    y_pred = model(z).numpy()
    twin = loss.on_logits(activation, y_true, y_pred)
    assert (twin is not None) == fused
    if twin is not None:
        value, backward = twin.vjp(y_true, logits)
        np.testing.assert_allclose(value, expected, rtol=2e-6)
        np.testing.assert_allclose(backward(), dz, rtol=2e-6, atol=1e-7)
        metric = keras.losses.deserialize(losses.serialize(loss)).fn.__name__
        if metric in ("sparse_categorical_crossentropy", "binary_crossentropy"):
            of_logits = metrics.get(metric).on_logits(activation, y_true, y_pred)  # type: ignore[union-attr]
            assert of_logits is not None
            assert of_logits(y_true, logits) == pytest.approx(expected, rel=2e-6)
    else:
        np.testing.assert_allclose(loss(y_true, y_pred), expected, rtol=2e-6)


def test_only_activations_that_keras_remembers_are_left_out() -> None:
    loss = losses.SparseCategoricalCrossentropy()
    assert loss.on_logits("linear") is None
    assert loss.on_logits(None) is None
    assert loss.on_logits("log_softmax") is None
    twin = loss.on_logits("softmax")
    assert isinstance(twin, losses.SparseCategoricalCrossentropy)
    assert twin.from_logits
    assert not loss.from_logits
    assert losses.BinaryFocalCrossentropy(from_logits=True).on_logits("sigmoid") is None
    assert metrics.MeanSquaredError().on_logits("softmax") is None
