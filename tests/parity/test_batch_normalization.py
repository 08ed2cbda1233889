from __future__ import annotations

from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import maju
from parity.compare import Case, assert_same, check_alone, check_through_file, random, scramble

ROWS = random(4, 7)
STEPS = random(3, 5, 6)
IMAGES = random(2, 5, 4, 3)
MASK = np.array([[1, 1, 0, 1, 0], [0, 1, 1, 1, 1], [0, 0, 0, 0, 0]], bool)

CASES = [
    *(
        Case(
            f"axis {axis} of {x.ndim}, center {center}, scale {scale}",
            partial(layers.BatchNormalization, axis=axis, center=center, scale=scale),
            x,
        )
        for (x, axis), center, scale in product(
            [(ROWS, -1), (STEPS, -1), (STEPS, 1), (IMAGES, 3), (IMAGES, 1), (IMAGES, -2)],
            [True, False],
            [True, False],
        )
    ),
    *(
        Case(f"epsilon {epsilon}", partial(layers.BatchNormalization, epsilon=epsilon), IMAGES)
        for epsilon in (1e-7, 1e-3, 0.5)
    ),
    Case("momentum", partial(layers.BatchNormalization, momentum=0.5), IMAGES),
    Case("renorm", partial(layers.BatchNormalization, renorm=True, renorm_clipping={"rmax": 3.0}), IMAGES),
    Case("synchronized", partial(layers.BatchNormalization, synchronized=True), ROWS),
    Case("a mask changes nothing in inference", layers.BatchNormalization, STEPS, MASK),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_alone(case: Case) -> None:
    check_alone(case)


def test_all_of_them_through_a_file(tmp_path: Path) -> None:
    check_through_file(CASES, tmp_path)


def test_a_frozen_layer_keeps_to_the_moving_statistics_in_training() -> None:
    case = Case("frozen", partial(layers.BatchNormalization, trainable=False), IMAGES)
    layer = case.twin
    assert_same(layer.forward(IMAGES, training=True), case.keras_layer(IMAGES, training=True))
    y, backward = layer.vjp(IMAGES)
    assert_same(y, case.expected)
    np.testing.assert_array_equal(backward(y)[0], layer.vjp(IMAGES, training=False)[1](y)[0])


@pytest.mark.parametrize("statistics", ["a large mean", "a tiny variance"])
def test_statistics_of_another_scale(statistics: str) -> None:
    case = Case(statistics, layers.BatchNormalization, random(6, 3))
    mean, variance = [20.0, -30.0, 10.0], [2.0, 1.0, 3.0]
    x = case.x + np.asarray(mean, np.float32)
    if statistics == "a tiny variance":
        mean, variance, x = [0.0, 0.0, 0.0], [1e-7, 0.0, 1e-5], 0.01 * case.x
    weights = case.keras_layer.get_weights()
    case.keras_layer.set_weights([*weights[:2], np.asarray(mean, "f"), np.asarray(variance, "f")])
    assert_same(case.twin.forward(x), case.keras_layer(x))


CLIPPED = {"rmin": 0.7, "rmax": 1.5, "dmax": 0.3}
TRAINING: dict[str, tuple[Any, dict[str, Any], Any]] = {
    "rows": (ROWS, {}, None),
    "images, axis 1": (IMAGES, {"axis": 1}, None),
    "steps, no center": (STEPS, {"center": False}, None),
    "steps, masked": (STEPS, {}, MASK),
    "steps, axis 1, masked": (STEPS, {"axis": 1}, MASK),
    "images, axis -2, masked": (IMAGES, {"axis": -2}, IMAGES[..., 0] > 0),
    "renorm": (ROWS, {"renorm": True, "epsilon": 0.1}, None),
    "renorm, clipped": (ROWS, {"renorm": True, "renorm_clipping": CLIPPED, "axis": 1}, None),
    "renorm, no scale, masked": (STEPS, {"renorm": True, "scale": False, "epsilon": 0.1}, MASK),
    "renorm, no center, axis 1": (IMAGES, {"renorm": True, "center": False, "axis": 1, "epsilon": 0.1}, None),
}


@pytest.mark.parametrize("name", TRAINING)
def test_in_training_the_batch_is_its_own_measure(name: str) -> None:
    x, settings, mask = TRAINING[name]
    case = Case(name, partial(layers.BatchNormalization, **settings), x)
    keras_layer = case.keras_layer
    if "renorm" in settings:  # standard deviations, of which one is below the square root of epsilon
        *others, stddev = keras_layer.get_weights()
        keras_layer.set_weights([*others, np.linspace(0.01, 1.5, len(stddev), dtype=np.float32)])
    mine = case.twin
    at_first = {name: weight.copy() for name, weight in mine.weights.items()}
    given = {} if mask is None else {"mask": tf.constant(mask)}
    tensor = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        expected = keras_layer(tensor, training=True, **given)
        dy = random(*expected.shape, seed="dy")
        loss = tf.reduce_sum(expected * dy)
    variables = keras_layer.trainable_variables
    slopes = tape.gradient(loss, [tensor, *(variable.value for variable in variables)])
    y, backward = mine.vjp(x, True, mask)
    dx, gradients = backward(dy)
    assert_same(y, expected)
    assert set(gradients) == {variable.name for variable in variables}
    found = [dx, *(gradients[variable.name] for variable in variables)]
    for part, slope in zip(found, slopes, strict=True):
        assert_same(part, slope)
    after = {variable.name: variable.numpy() for variable in keras_layer.variables}
    assert any(not np.array_equal(after[name], before) for name, before in at_first.items())
    for name, weight in mine.weights.items():  # the moving averages have followed
        assert_same(weight, after[name])


def test_renorm_through_files(tmp_path: Path) -> None:
    model = keras.Sequential(
        [keras.Input((5, 4, 3)), layers.BatchNormalization(renorm=True, renorm_clipping=CLIPPED)]
    )
    scramble(model)
    mine = maju.load(model)
    mine.save(tmp_path / "again.keras")
    again = keras.models.load_model(tmp_path / "again.keras")
    assert_same(again.predict(IMAGES, verbose=0), model.predict(IMAGES, verbose=0), tolerance=0)
    assert again.layers[0].renorm_clipping == CLIPPED
    kept = mine.layers[-1].get_config()
    assert (kept["renorm"], kept["renorm_clipping"]) == (True, CLIPPED)
    assert not any("renorm" in key for key in maju.layers.BatchNormalizationLayer(*ROWS[:2]).get_config())


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"axes": [1, -1]}, "axis=[1, -1]; expected whole numbers of at least 1"),
        ({"renorm_clipping": {"rmax": 2, "r": 1}}, "expected rmin, rmax and dmax"),
    ],
    ids=["axes", "clipping"],
)
def test_what_is_refused(config: dict[str, Any], message: str) -> None:
    (problem,) = maju.layers.BatchNormalizationLayer.problems(config, "here")
    assert message in str(problem)
