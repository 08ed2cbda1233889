"""The layers that make one tensor of several."""

from __future__ import annotations

from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from parity.compare import Case, check_alone, check_through_file, random

A, B, C = (random(4, 6, 5, seed=name) for name in "abc")
ROW, COLUMN, NARROW = random(4, 5, seed="row"), random(4, 6, 1, seed="column"), random(4, 1, 5, seed="narrow")
ELEMENTWISE = [layers.Add, layers.Multiply, layers.Average, layers.Maximum, layers.Minimum]

CASES = [
    *(Case(f"{kind.__name__} of {len(x)}", kind, x) for kind, x in product(ELEMENTWISE, [[A, B], [A, B, C]])),
    *(
        Case(f"{kind.__name__}, stretched, {name}", kind, x)
        for kind, (name, x) in product(
            [*ELEMENTWISE, layers.Subtract],
            {"fewer axes": [A, ROW], "a column": [COLUMN, A], "both ways": [COLUMN, NARROW]}.items(),
        )
    ),
    Case("Subtract", layers.Subtract, [A, B]),
    Case("Concatenate", layers.Concatenate, [A, B, C]),
    Case("Concatenate, other lengths", layers.Concatenate, [A, COLUMN]),
    Case("Concatenate, axis 1", partial(layers.Concatenate, axis=1), [A, NARROW, B]),
    Case("Concatenate, axis -2", partial(layers.Concatenate, axis=-2), [NARROW, A]),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_alone(case: Case) -> None:
    check_alone(case)


def test_all_of_them_through_a_file(tmp_path: Path) -> None:
    check_through_file(CASES, tmp_path)


MASK, OTHER_MASK = (random(4, 6, seed=name) > 0 for name in ("mask", "other mask"))
MASKS = {
    "both": [MASK, OTHER_MASK],
    "the first": [MASK, None],
    "the second": [None, MASK],
    "none": [None, None],
}


@pytest.mark.parametrize("masks", MASKS.values(), ids=MASKS)
@pytest.mark.parametrize(
    "make",
    [
        layers.Add,
        layers.Subtract,
        layers.Multiply,
        layers.Average,
        layers.Maximum,
        layers.Minimum,
        layers.Concatenate,
        lambda: layers.Concatenate(axis=1),
    ],
    ids=[
        "Add",
        "Subtract",
        "Multiply",
        "Average",
        "Maximum",
        "Minimum",
        "Concatenate",
        "Concatenate, axis 1",
    ],
)
def test_masks_are_joined_as_in_keras(make: Any, masks: list[Any]) -> None:
    case = Case("masked", make, [A, B])
    tensors = keras.tree.map_structure(keras.ops.convert_to_tensor, [A, B])
    of_keras = [None if mask is None else keras.ops.convert_to_tensor(mask) for mask in masks]
    expected = case.keras_layer.compute_mask(tensors, of_keras)
    found = case.twin.compute_mask([A, B], masks)
    assert (found is None) == (expected is None)
    if found is not None:
        np.testing.assert_array_equal(found, keras.ops.convert_to_numpy(expected))
