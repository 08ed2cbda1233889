"""Flatten and Reshape, which move values, and InputLayer, which checks and casts them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

import maju
from maju.layers.base import Array
from parity.compare import Case, assert_same, check_alone, check_through_file, random

ROWS = random(4, 12)
IMAGES = random(2, 5, 4, 3)

CASES = [
    Case("Flatten, images", layers.Flatten, IMAGES),
    Case("Flatten, images, channels first", partial(layers.Flatten, data_format="channels_first"), IMAGES),
    Case("Flatten, steps", layers.Flatten, random(3, 5, 2)),
    Case("Flatten, steps, channels first", partial(layers.Flatten, "channels_first"), random(3, 5, 2)),
    Case("Flatten, rows", layers.Flatten, ROWS),
    Case("Flatten, five axes", partial(layers.Flatten, "channels_first"), random(2, 2, 3, 4, 5)),
    Case("Reshape, to images", partial(layers.Reshape, (2, 3, 2)), ROWS),
    Case("Reshape, to rows", partial(layers.Reshape, (60,)), IMAGES),
    Case("Reshape, what is left over", partial(layers.Reshape, (3, -1)), ROWS),
    Case("Reshape, all of it left over", partial(layers.Reshape, (-1,)), IMAGES),
    Case("Reshape, left over in front", partial(layers.Reshape, (-1, 3)), IMAGES),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_alone(case: Case) -> None:
    check_alone(case)


def test_all_of_them_through_a_file(tmp_path: Path) -> None:
    check_through_file(CASES, tmp_path)


INTEGERS = np.arange(24).reshape(4, 6) % 7
INPUTS = {
    "float32": ("float32", ROWS),
    "float64 data": ("float32", ROWS.astype(np.float64)),
    "integer data": ("float32", INTEGERS),
    "int32": ("int32", INTEGERS.astype(np.int32)),
    "int64 from floats": ("int64", INTEGERS.astype(np.float32)),
    "uint8": ("uint8", INTEGERS.astype(np.uint8)),
    "bool": ("bool", INTEGERS > 3),
    "a list of lists": ("float32", INTEGERS.tolist()),
}


@pytest.mark.parametrize(("dtype", "x"), INPUTS.values(), ids=INPUTS)
def test_an_input_is_cast_as_in_keras(dtype: str, x: Array | list[list[int]], tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input(np.shape(x)[1:], dtype=dtype), layers.Dense(3)])
    model.layers[0].set_weights([random(np.shape(x)[1], 3), random(3)])
    model.save(tmp_path / "model.keras")
    array = np.asarray(x)
    assert_same(maju.load(tmp_path / "model.keras").predict(x), model(keras.ops.convert_to_tensor(array)))


@pytest.mark.parametrize(
    ("declared", "given"), [((5,), (4, 5, 1)), ((5, 1), (4, 5))], ids=["one too many", "one missing"]
)
def test_a_last_axis_of_length_1_comes_and_goes(
    declared: tuple[int, ...], given: tuple[int, ...], tmp_path: Path
) -> None:
    model = keras.Sequential([keras.Input(declared), layers.Flatten(), layers.Dense(2)])
    model.save(tmp_path / "model.keras")
    x = random(*given)
    assert_same(maju.load(tmp_path / "model.keras").predict(x), model(x))
