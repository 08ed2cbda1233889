"""Dense, and the layers that take every value by itself or a row of them."""

from __future__ import annotations

from functools import partial
from itertools import product
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from maju.layers import SoftmaxLayer
from parity.compare import KERAS_ACTIVATIONS, Case, assert_same, check_alone, check_through_file, random, twin

ROWS = random(4, 7)
STEPS = random(3, 5, 6)
IMAGES = random(2, 5, 4, 3)
MASK = random(3, 5, seed="mask") > 0

CASES = [
    *(
        Case(
            f"Dense, {axes} axes, use_bias {use_bias}",
            partial(layers.Dense, 5, use_bias=use_bias),
            x,
        )
        for (axes, x), use_bias in product([(2, ROWS), (3, STEPS), (4, IMAGES)], [True, False])
    ),
    *(Case(f"Dense, {name}", partial(layers.Dense, 6, activation=name), ROWS) for name in KERAS_ACTIVATIONS),
    Case("Dense, whole numbers", partial(layers.Dense, 3), (9 * ROWS).astype(np.int32)),
    Case("Dense, one unit", partial(layers.Dense, 1, activation="sigmoid"), ROWS),
    *(Case(f"Activation, {name}", partial(layers.Activation, name), STEPS) for name in KERAS_ACTIVATIONS),
    Case("Activation, softmax, images", partial(layers.Activation, "softmax"), IMAGES),
    *(
        Case(
            f"Dense, a {activation.__name__} as activation",
            lambda activation=activation, settings=settings: layers.Dense(
                4, activation=activation(**settings)
            ),  # type: ignore[misc]
            STEPS,
        )
        for activation, settings in (
            (layers.LeakyReLU, {"negative_slope": 0.1}),
            (layers.ReLU, {"max_value": 0.8, "threshold": 0.1}),
            (layers.ELU, {"alpha": 0.7}),
            (layers.Softmax, {"axis": 1}),
            (layers.Activation, {"activation": "tanh"}),
        )
    ),
    Case("GRU, a layer as activation", lambda: layers.GRU(3, activation=layers.LeakyReLU(0.2)), STEPS),
    Case("LSTM, a layer as activation", lambda: layers.LSTM(3, activation=layers.ELU(0.5)), STEPS),
    Case("ReLU", layers.ReLU, STEPS),
    Case("ReLU, capped", partial(layers.ReLU, max_value=0.8), STEPS),
    Case("ReLU, leaky", partial(layers.ReLU, negative_slope=0.17), STEPS),
    Case("ReLU, with a threshold", partial(layers.ReLU, threshold=0.4), STEPS),
    Case("ReLU, all settings", partial(layers.ReLU, 1.1, negative_slope=0.3, threshold=0.4), STEPS),
    Case("LeakyReLU", layers.LeakyReLU, STEPS),
    Case("LeakyReLU, slope 0.07", partial(layers.LeakyReLU, negative_slope=0.07), STEPS),
    Case("ELU", layers.ELU, STEPS),
    Case("ELU, alpha 0.4", partial(layers.ELU, alpha=0.4), STEPS),
    Case("PReLU", layers.PReLU, IMAGES),
    Case("PReLU, shared over the image", partial(layers.PReLU, shared_axes=[1, 2]), IMAGES),
    Case("PReLU, shared over the channels", partial(layers.PReLU, shared_axes=[3]), IMAGES),
    Case("Softmax", layers.Softmax, STEPS),
    Case("Softmax, axis 1", partial(layers.Softmax, axis=1), STEPS),
    Case("Softmax, two axes", partial(layers.Softmax, axis=(1, 2)), IMAGES),
    Case("Dropout", partial(layers.Dropout, 0.4), STEPS),
    Case("Dropout, shared, seeded", partial(layers.Dropout, 0.4, noise_shape=(None, 1, 6), seed=7), STEPS),
    Case("Rescaling", partial(layers.Rescaling, 1 / 255), IMAGES),
    Case("Rescaling, offset", partial(layers.Rescaling, 2.5, offset=-1), IMAGES),
    Case("Rescaling, of pixels", partial(layers.Rescaling, 1 / 127.5, -1), (100 * IMAGES).astype("uint8")),
    Case(
        "Rescaling, a number a channel",
        partial(layers.Rescaling, [0.5, 2.0, 3.5], offset=[0.1, -0.2, 0.7]),
        IMAGES,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_alone(case: Case) -> None:
    check_alone(case)


def test_all_of_them_through_a_file(tmp_path: Path) -> None:
    check_through_file(CASES, tmp_path)


@pytest.mark.parametrize(
    "make",
    [lambda: layers.Activation("glu"), lambda: layers.Dense(6, activation="glu")],
    ids=["Activation", "Dense"],
)
def test_glu_halves_the_last_axis(make: type) -> None:
    case = Case("glu", make, STEPS)
    y = case.twin.forward(STEPS)
    assert y.shape == (3, 5, 3)
    assert_same(y, case.expected)


@pytest.mark.parametrize("rate", [0.0, 0.5])
def test_dropout_does_nothing_outside_training(rate: float) -> None:
    layer = twin(layers.Dropout(rate), STEPS.shape)
    assert (layer.forward(STEPS) == STEPS).all()


def test_a_softmax_with_a_mask() -> None:
    case = Case("masked", partial(layers.Softmax, axis=1), random(3, 5), MASK)
    assert not MASK.all()
    check_alone(case)


def test_a_softmax_of_keras_before_3_10_shares_the_sum_among_values_that_are_all_masked() -> None:
    x, mask = random(3, 5), np.array([[1, 1, 0, 1, 1], [0, 0, 0, 0, 0], [1, 1, 1, 1, 1]], bool)
    old = SoftmaxLayer(empty_rows="uniform")
    y, backward = old.vjp(x, mask=mask)
    assert_same(y, keras.ops.softmax(x + (1.0 - mask.astype(np.float32)) * np.float32(-1e9)))
    np.testing.assert_array_equal(y[1], np.full(5, np.float32(0.2)))
    assert_same(y[::2], SoftmaxLayer().forward(x, mask=mask)[::2])
    assert np.isfinite(backward(x)[0]).all()
    assert old.get_config() == {"name": "softmax", "axis": -1, "empty_rows": "uniform"}
    assert SoftmaxLayer().get_config() == {"name": "softmax", "axis": -1}


PASSING = [
    layers.Dense(4),
    layers.Activation("relu"),
    layers.Dropout(0.2),
    layers.Rescaling(2.0),
    layers.ReLU(),
    layers.LeakyReLU(),
    layers.ELU(),
    layers.PReLU(),
    layers.Softmax(),
    layers.BatchNormalization(),
    layers.Flatten(),
    layers.Reshape((6, 5)),
]


@pytest.mark.parametrize("layer", PASSING, ids=lambda layer: type(layer).__name__)
def test_a_mask_is_passed_on_or_dropped_as_in_keras(layer: layers.Layer) -> None:
    layer.build(STEPS.shape)
    x = keras.ops.convert_to_tensor(STEPS)
    expected = layer.compute_mask(x, MASK) if layer.supports_masking else None
    found = twin(layer, STEPS.shape).compute_mask(STEPS, MASK)
    assert (found is None) == (expected is None)
    if expected is not None:
        assert (found == MASK).all()
