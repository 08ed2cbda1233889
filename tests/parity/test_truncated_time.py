"""Sequences trained in chunks: the states go on from one batch to the next, gradients stop at the border."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import maju
from parity.compare import random, scramble

ROWS, TIME, WIDTH = 3, 4, 2
#: Three chunks of three sequences each, one chunk behind the other.
X, Y = random(3 * ROWS, TIME, WIDTH, seed="chunks"), random(3 * ROWS, 1, seed="wanted")


def keras_model(stateful: bool, masked: bool) -> Any:
    keep = {"stateful": stateful}
    stack = [layers.GRUCell(3), layers.LSTMCell(4)]
    model = keras.Sequential(
        [
            keras.Input(batch_shape=(ROWS, TIME, WIDTH)),
            *([layers.Masking(0.0)] if masked else []),
            layers.LSTM(5, return_sequences=True, **keep),
            layers.Bidirectional(layers.GRU(4, return_sequences=True, **keep)),
            layers.SimpleRNN(4, return_sequences=True, unroll=True, **keep),
            layers.RNN(stack, **keep),
            layers.Dense(1),
        ]
    )
    scramble(model)
    return model


def losses(model: Any, optimizer: Any, x: Any) -> list[float]:
    """Those of each of three batches, in each of two epochs."""
    model.compile(optimizer, "mse")
    callback = (keras if isinstance(model, keras.Model) else maju).callbacks.LambdaCallback
    found: list[float] = []
    for _ in range(2):
        told: list[float] = []
        end = callback(on_train_batch_end=lambda batch, logs, told=told: told.append(float(logs["loss"])))
        model.fit(x, Y, batch_size=ROWS, epochs=1, shuffle=False, verbose=0, callbacks=[end])
        found += told
    return found


@pytest.mark.slow
@pytest.mark.parametrize("masked", [False, True], ids=["whole", "masked"])
def test_training_in_chunks(masked: bool) -> None:
    x = X.copy()
    if masked:
        x[::2, 1] = x[1, 2:] = 0
    theirs = keras_model(True, masked)
    ours, forgetful = maju.load(theirs), maju.load(keras_model(False, masked))
    expected = losses(theirs, keras.optimizers.SGD(0.05, momentum=0.5), x)
    found = losses(ours, maju.optimizers.SGD(0.05, momentum=0.5), x)
    assert len(found) == 6
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    for (path, here), there in zip(ours.trainable_weights.items(), theirs.trainable_weights, strict=True):
        np.testing.assert_allclose(here, there.numpy(), rtol=0, atol=1e-5, err_msg=path)
    others = losses(forgetful, maju.optimizers.SGD(0.05, momentum=0.5), x)
    np.testing.assert_allclose(others[0], found[0], rtol=1e-5)
    assert np.abs(np.subtract(others, found)[1:]).max() > 1e-3
