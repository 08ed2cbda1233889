from __future__ import annotations

from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from maju.errors import GradientError
from parity.compare import Case, assert_same, check_alone, check_through_file, random

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


def test_training_with_renorm_is_refused() -> None:
    layer = Case("renorm", partial(layers.BatchNormalization, renorm=True, name="bn"), IMAGES).twin
    with pytest.raises(GradientError) as caught:
        layer.forward(IMAGES, training=True)
    assert str(caught.value) == (
        "layer 'bn' (BatchNormalization) has renorm=True, with which maju does not train"
    )


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


@pytest.mark.parametrize(
    ("x", "settings", "mask"),
    [
        (ROWS, {}, None),
        (IMAGES, {"axis": 1}, None),
        (STEPS, {"center": False}, None),
        (STEPS, {}, MASK),
    ],
    ids=["rows", "images, axis 1", "steps, no center", "steps, masked"],
)
def test_in_training_the_batch_is_its_own_measure(x: Any, settings: dict[str, Any], mask: Any) -> None:
    case = Case("training", partial(layers.BatchNormalization, **settings), x)
    layer = case.twin
    given = {} if mask is None else {"mask": keras.ops.convert_to_tensor(mask)}
    expected = case.keras_layer(keras.ops.convert_to_tensor(x), training=True, **given)
    assert_same(layer.forward(x, training=True, mask=mask), expected)
