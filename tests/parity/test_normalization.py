"""The layers that bring values to one scale: along axes of a row, in groups of channels, or in a kernel."""

from __future__ import annotations

import json
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from keras.src import backend

import maju
from maju.errors import InputError
from maju.layers import LayerNormalizationLayer, SpectralNormalizationLayer
from maju.layers.base import Array
from parity.compare import Case, assert_same, check_alone, check_through_file, random, scramble

ROWS = random(5, 7)
STEPS = random(3, 6, 4)
IMAGES = random(2, 5, 3, 8)
SWITCHES = list(product([True, False], [True, False]))

CASES = [
    *(
        Case(
            f"LayerNormalization, axis {axis}, {x.ndim} axes",
            partial(layers.LayerNormalization, axis=axis, epsilon=0.01),
            x,
        )
        for axis, x in [
            (-1, ROWS),
            (1, ROWS),
            (-1, STEPS),
            (1, STEPS),
            (-2, STEPS),
            ([1, 2], STEPS),
            ([2, 1], STEPS),
            ([-1, 1], STEPS),
            ([-2, -1], STEPS),
            ([1, 2, 3], IMAGES),
            ([1, 3], IMAGES),
            (2, IMAGES),
        ]
    ),
    *(
        Case(
            f"LayerNormalization, center {center}, scale {scale}",
            partial(layers.LayerNormalization, center=center, scale=scale),
            STEPS,
        )
        for center, scale in SWITCHES
    ),
    Case("LayerNormalization, far from 0", layers.LayerNormalization, 30 + STEPS),
    Case("LayerNormalization, all equal", layers.LayerNormalization, STEPS * 0 + 0.5),
    *(
        Case(
            f"GroupNormalization, {groups} groups, axis {axis}, {x.ndim} axes",
            partial(layers.GroupNormalization, groups, axis=axis, epsilon=0.01),
            x,
        )
        for groups, axis, x in [
            (1, -1, ROWS),
            (7, 1, ROWS),
            (2, -1, STEPS),
            (3, 1, STEPS),
            (3, -2, STEPS),
            (4, -1, IMAGES),
            (8, 3, IMAGES),
            (-1, -1, IMAGES),
            (5, 1, IMAGES),
            (3, 2, IMAGES),
            (1, -2, IMAGES),
        ]
    ),
    *(
        Case(
            f"GroupNormalization, center {center}, scale {scale}",
            partial(layers.GroupNormalization, 4, center=center, scale=scale),
            IMAGES,
        )
        for center, scale in SWITCHES
    ),
    *(
        Case(f"UnitNormalization, axis {axis}", partial(layers.UnitNormalization, axis=axis), IMAGES)
        for axis in (-1, 1, -2, [1, 2], [1, 2, 3], [3, 1])
    ),
    Case("UnitNormalization, zeros", layers.UnitNormalization, STEPS * (STEPS[..., :1] > 0)),
    *(
        Case(
            f"RMSNormalization, axis {axis}, {x.ndim} axes",
            partial(layers.RMSNormalization, axis=axis, epsilon=0.01),
            x,
        )
        for axis, x in [(-1, ROWS), (-1, STEPS), ([1, 2], STEPS), ([2, 3], IMAGES), ([-2, -1], IMAGES)]
    ),
    Case("RMSNormalization, zeros", layers.RMSNormalization, STEPS * (STEPS[..., :1] > 0)),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_alone(case: Case) -> None:
    check_alone(case)


def test_all_of_them_through_a_file(tmp_path: Path) -> None:
    check_through_file(CASES, tmp_path)


@pytest.mark.parametrize("epsilon", [0.0, 1e-3, 0.5])
@pytest.mark.parametrize(
    "kind", [layers.LayerNormalization, layers.GroupNormalization, layers.RMSNormalization]
)
def test_epsilon(kind: Any, epsilon: float) -> None:
    groups = {"groups": 2} if kind is layers.GroupNormalization else {}
    check_alone(Case("epsilon", partial(kind, epsilon=epsilon, **groups), STEPS))


@pytest.mark.filterwarnings("ignore:You passed `rms_scaling=True`:UserWarning")
@pytest.mark.parametrize(("center", "scale"), SWITCHES)
def test_the_old_rms_scaling(center: bool, scale: bool) -> None:
    make = partial(layers.LayerNormalization, rms_scaling=True, center=center, scale=scale)
    case = Case("rms_scaling", make, STEPS)
    check_alone(case)
    assert isinstance(case.twin, LayerNormalizationLayer)
    assert case.twin.rms_scaling
    assert list(case.twin.weights) == ["gamma"]


MASK = np.array([[1, 0, 1, 1, 0, 1], [0, 1, 1, 0, 1, 1], [0, 0, 0, 0, 0, 0]], bool)
MASKED = [
    layers.LayerNormalization(),
    layers.GroupNormalization(2),
    layers.UnitNormalization(),
    layers.RMSNormalization(),
]


@pytest.mark.filterwarnings("ignore:.*does not support masking:UserWarning")
@pytest.mark.parametrize("layer", MASKED, ids=lambda layer: type(layer).__name__)
def test_a_mask_is_passed_on_or_dropped_as_in_keras(layer: Any) -> None:
    case = Case("masked", lambda: layer, STEPS)
    x = keras.ops.convert_to_tensor(STEPS)
    backend.set_keras_mask(x, keras.ops.convert_to_tensor(MASK))
    y = case.keras_layer(x)
    expected = backend.get_keras_mask(y)
    found = case.twin.compute_mask(STEPS, MASK)
    assert (found is None) == (expected is None)
    if expected is not None:
        np.testing.assert_array_equal(found, expected)
    assert_same(case.twin.forward(STEPS, mask=MASK), y)


# SpectralNormalization holds another layer; its weights lie in other places in each format.

KERNELS: dict[str, tuple[Any, Array]] = {
    "Dense": (lambda: layers.Dense(3, activation="tanh"), ROWS),
    "Dense, no bias": (lambda: layers.Dense(3, use_bias=False), STEPS),
    "Conv2D": (lambda: layers.Conv2D(5, (2, 3), padding="same"), IMAGES),
    "Embedding": (lambda: layers.Embedding(9, 4), random(2, 6) % 9),
    "EinsumDense": (lambda: layers.EinsumDense("abc,cd->abd", (6, 3), bias_axes="d"), STEPS),
}


def spectral(name: str, power_iterations: int = 1) -> tuple[Any, SpectralNormalizationLayer, Array]:
    make, x = KERNELS[name]
    layer = layers.SpectralNormalization(
        make(), power_iterations=power_iterations, name="spectral_normalization"
    )
    layer.build(x.shape)
    scramble(layer)
    config = json.loads(json.dumps(layer.get_config()))
    inner = dict(zip((w.name for w in layer.layer.weights), layer.layer.get_weights(), strict=True))
    weights = {f"layer/{key}": array for key, array in inner.items()}
    weights["vector_u"] = layer.vector_u.numpy()
    config["layer"]["config"]["dtype"] = config["dtype"] = "float32"
    twin = SpectralNormalizationLayer.from_config(config, weights)
    assert set(SpectralNormalizationLayer.weight_shapes(config, x.shape)) == set(weights)
    for key, shape in SpectralNormalizationLayer.weight_shapes(config, x.shape).items():
        assert weights[key].shape == shape
    return layer, twin, x


@pytest.mark.parametrize("name", KERNELS)
def test_spectral_normalization_takes_the_kernel_as_it_is_stored(name: str) -> None:
    layer, twin, x = spectral(name)
    y = twin.forward(x)
    assert_same(y, layer(keras.ops.convert_to_tensor(x)))
    assert twin.output_shape((None, *x.shape[1:])) == (None, *y.shape[1:])
    again = SpectralNormalizationLayer.from_config(twin.get_config(), twin.weights)
    np.testing.assert_array_equal(again.forward(x), y)


@pytest.mark.parametrize("power_iterations", [1, 3])
@pytest.mark.parametrize("name", KERNELS)
def test_spectral_normalization_divides_by_the_singular_value_in_training(
    name: str, power_iterations: int
) -> None:
    layer, twin, x = spectral(name, power_iterations)
    before = twin.kernel.copy()
    for _ in range(2):  # a call in training changes the weights
        assert_same(twin.forward(x, training=True), layer(keras.ops.convert_to_tensor(x), training=True))
        assert_same(twin.kernel, layer.kernel)
        assert_same(twin.vector_u, layer.vector_u)
    assert np.abs(before - twin.kernel).max() > 0.01


def test_spectral_normalization_of_a_kernel_of_zeros() -> None:
    layer, twin, x = spectral("Dense")
    layer.kernel.assign(np.zeros(layer.kernel.shape))
    twin.kernel[:] = 0
    assert_same(twin.forward(x, training=True), layer(keras.ops.convert_to_tensor(x), training=True))


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("name", ["Dense", "Conv2D", "Embedding", "EinsumDense"])
def test_spectral_normalization_through_a_file(name: str, suffix: str, tmp_path: Path) -> None:
    layer, _, x = spectral(name, power_iterations=2)
    model = keras.Sequential([keras.Input(x.shape[1:]), layer, layers.Flatten(), layers.Dense(2)])
    scramble(model)
    model.save(tmp_path / f"model{suffix}")
    loaded = maju.load(tmp_path / f"model{suffix}")
    assert_same(loaded.predict(x), model(x))
    loaded.save(tmp_path / f"again{suffix}")
    assert_same(keras.models.load_model(tmp_path / f"again{suffix}")(x), model(x))


@pytest.mark.filterwarnings("ignore:.*does not support masking:UserWarning")
@pytest.mark.parametrize("name", ["Dense, no bias", "EinsumDense"])
def test_the_mask_after_spectral_normalization_is_that_after_the_layer_inside(name: str) -> None:
    layer, twin, x = spectral(name)
    tensor = keras.ops.convert_to_tensor(x)
    backend.set_keras_mask(tensor, keras.ops.convert_to_tensor(MASK))
    expected = backend.get_keras_mask(layer(tensor))
    found = twin.compute_mask(x, MASK)
    assert (found is None) == (expected is None) == (name == "EinsumDense")
    if expected is not None:
        np.testing.assert_array_equal(found, expected)


def test_spectral_normalization_refuses_whole_numbers_which_keras_2_and_3_treat_differently() -> None:
    _, twin, _ = spectral("Embedding")
    with pytest.raises(InputError) as caught:
        twin.forward(np.array([[1, 2]]))
    assert str(caught.value) == (
        "layer 'spectral_normalization' (SpectralNormalization): expected floating-point numbers, "
        "got values of type int64"
    )


@pytest.mark.parametrize("case", [case for case in CASES if "axis -1, 2 axes" in str(case)], ids=str)
def test_whole_numbers_are_refused_which_versions_of_keras_treat_differently(case: Case) -> None:
    with pytest.raises(InputError, match=r"expected floating-point numbers, got values of type int32$"):
        case.twin.forward(ROWS.astype(np.int32))
