"""The layers that disturb training and leave inference alone."""

from __future__ import annotations

from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from keras.src import backend

from maju.layers import SpatialDropout1DLayer
from maju.layers.base import Array
from parity.compare import Case, assert_same, check_alone, check_through_file, random

ROWS = random(4, 6)
STEPS = random(3, 5, 6)
IMAGES = random(2, 5, 3, 4)
VOLUMES = random(2, 3, 2, 4, 5)
FORMATS = ["channels_last", "channels_first"]

CASES = [
    Case("SpatialDropout1D", partial(layers.SpatialDropout1D, 0.4, seed=3), STEPS),
    *(
        Case(f"{kind.__name__}, {data_format}", partial(kind, 0.4, data_format=data_format), x)
        for (kind, x), data_format in product(
            [(layers.SpatialDropout2D, IMAGES), (layers.SpatialDropout3D, VOLUMES)], FORMATS
        )
    ),
    Case("GaussianNoise", partial(layers.GaussianNoise, 0.4, seed=3), ROWS),
    Case("GaussianNoise, none", partial(layers.GaussianNoise, 0.0), ROWS),
    Case("GaussianDropout", partial(layers.GaussianDropout, 0.4), ROWS),
    Case("GaussianDropout, none", partial(layers.GaussianDropout, 0), ROWS),
    Case("GaussianDropout, all", partial(layers.GaussianDropout, 1), ROWS),
    Case("AlphaDropout", partial(layers.AlphaDropout, 0.4, seed=3), ROWS),
    Case("AlphaDropout, shared", partial(layers.AlphaDropout, 0.4, noise_shape=(None, 1, 6)), STEPS),
    Case("ActivityRegularization", partial(layers.ActivityRegularization, l1=0.1, l2=0.2), ROWS),
    Case("ActivityRegularization, none", layers.ActivityRegularization, ROWS),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_alone(case: Case) -> None:
    check_alone(case)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_nothing_changes_in_inference(case: Case) -> None:
    np.testing.assert_array_equal(case.twin.forward(case.x), case.x)


def test_all_of_them_through_a_file(tmp_path: Path) -> None:
    check_through_file(CASES, tmp_path)


MASK = np.array([[1, 0, 1, 1, 0], [0, 1, 1, 0, 1], [0, 0, 0, 0, 0]], bool)
PASSING = [
    layers.SpatialDropout1D(0.2),
    layers.GaussianNoise(0.2),
    layers.GaussianDropout(0.2),
    layers.AlphaDropout(0.2),
    layers.ActivityRegularization(0.2),
]


@pytest.mark.parametrize("layer", PASSING, ids=lambda layer: type(layer).__name__)
def test_a_mask_is_passed_on_as_in_keras(layer: Any) -> None:
    case = Case("masked", lambda: layer, STEPS)
    tensor = keras.ops.convert_to_tensor(STEPS)
    backend.set_keras_mask(tensor, keras.ops.convert_to_tensor(MASK))
    expected = backend.get_keras_mask(case.keras_layer(tensor))
    np.testing.assert_array_equal(case.twin.compute_mask(STEPS, MASK), expected)


# In training Keras and maju draw different numbers, of the same distribution.


def in_training(case: Case) -> tuple[Array, Array]:
    """What maju and Keras make of the same x in training."""
    found = case.twin.forward(case.x, training=True)
    expected = case.keras_layer(keras.ops.convert_to_tensor(case.x), training=True).numpy()
    assert found.shape == expected.shape
    assert found.dtype == expected.dtype
    return found, expected


@pytest.mark.parametrize("rate", [0.2, 0.7])
@pytest.mark.parametrize("noise_shape", [None, (None, 1)], ids=["each", "shared"])
def test_alpha_dropout_gives_the_two_values_of_keras(rate: float, noise_shape: Any) -> None:
    x = np.full((4000, 3), 0.8, np.float32)
    make = partial(layers.AlphaDropout, rate, noise_shape=noise_shape, seed=1)
    found, expected = in_training(Case("training", make, x))
    assert_same(np.unique(found), np.unique(expected), tolerance=1e-6)
    assert (found == found.min()).mean() == pytest.approx(rate, abs=0.03)
    same_in_a_row = (found == found[:, :1]).all(axis=1)
    assert same_in_a_row.all() == (noise_shape is not None)


def test_alpha_dropout_keeps_mean_and_variance() -> None:
    x = np.random.default_rng(0).normal(size=(200_000, 1)).astype(np.float32)
    found, _ = in_training(Case("training", partial(layers.AlphaDropout, 0.3, seed=2), x))
    assert found.mean() == pytest.approx(0, abs=0.02)
    assert found.var() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize(
    "make",
    [partial(layers.GaussianNoise, 0.3, seed=4), partial(layers.GaussianDropout, 0.3, seed=4)],
    ids=["GaussianNoise", "GaussianDropout"],
)
def test_gaussian_noise_is_as_broad_as_in_keras(make: Any) -> None:
    x = np.full((100_000, 1), 2.0, np.float32)
    found, expected = in_training(Case("training", make, x))
    for of_both in (np.mean, np.std, lambda y: np.quantile(y, 0.05)):
        assert of_both(found) == pytest.approx(of_both(expected), abs=0.02)
    assert np.unique(found).size > 90_000


@pytest.mark.parametrize(
    ("make", "x"),
    [
        (partial(layers.SpatialDropout1D, 0.4, seed=1), np.ones((300, 4, 5), np.float32)),
        (partial(layers.SpatialDropout2D, 0.4, seed=1), np.ones((300, 2, 3, 5), np.float32)),
        (
            partial(layers.SpatialDropout2D, 0.4, seed=1, data_format="channels_first"),
            np.ones((300, 5, 2, 3), np.float32),
        ),
        (partial(layers.SpatialDropout3D, 0.4, seed=1), np.ones((300, 2, 3, 2, 5), np.float32)),
        (
            partial(layers.SpatialDropout3D, 0.4, seed=1, data_format="channels_first"),
            np.ones((300, 5, 2, 3, 2), np.float32),
        ),
    ],
    ids=["1D", "2D", "2D, channels first", "3D", "3D, channels first"],
)
def test_spatial_dropout_silences_whole_channels(make: Any, x: Array) -> None:
    found, expected = in_training(Case("training", make, x))
    assert_same(np.unique(found), np.unique(expected), tolerance=1e-6)
    channels = x.shape.index(5)
    space = tuple(axis for axis in range(1, x.ndim) if axis != channels)
    for y in (found, expected):
        assert (y.max(axis=space) == y.min(axis=space)).all()
        assert (y.max(axis=space) == 0).mean() == pytest.approx(0.4, abs=0.05)


def test_spatial_dropout_of_everything() -> None:
    found, expected = in_training(Case("training", partial(layers.SpatialDropout1D, 1.0), STEPS))
    assert not found.any()
    assert not expected.any()


def test_what_keras_2_stored_of_spatial_dropout_is_taken_and_not_kept() -> None:
    config = {"name": "drop", "trainable": True, "rate": 0.2, "noise_shape": None, "seed": 3}
    layer = SpatialDropout1DLayer.from_config(config)
    assert layer.get_config() == {"name": "drop", "trainable": True, "rate": 0.2, "seed": 3}
