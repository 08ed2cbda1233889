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

from maju.formats.versions import Version, modern
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


@pytest.mark.parametrize("masks", MASKS.values(), ids=MASKS)
@pytest.mark.parametrize("more", [False, True], ids=["two", "three"])
@pytest.mark.parametrize(
    "make", [*ELEMENTWISE, layers.Subtract, layers.Concatenate], ids=lambda kind: kind.__name__
)
def test_what_masks_leave_out(make: Any, more: bool, masks: list[Any]) -> None:
    x = [A, B, C] if more and make is not layers.Subtract else [A, B]
    given = [*masks, random(4, 6, seed="third mask") > 0][: len(x)]
    case = Case("masked", make, x)
    tensors = [keras.ops.convert_to_tensor(tensor) for tensor in x]
    for tensor, mask in zip(tensors, given, strict=True):
        if mask is not None:
            keras.src.backend.set_keras_mask(tensor, keras.ops.convert_to_tensor(mask))
    expected = keras.ops.convert_to_numpy(case.keras_layer(tensors))
    np.testing.assert_allclose(case.twin.forward(x, mask=given), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", ["Maximum", "Minimum", "Multiply"])
def test_before_3_4_masks_changed_no_value(kind: str) -> None:
    make = getattr(layers, kind)
    plain = Case("plain", make, [A, B]).twin
    today, before = (
        modern(kind, {}, Version("3.4.0", masked=True)),
        modern(kind, {}, Version("3.3.3", masked=True)),
    )
    assert modern(kind, {}, Version("2.15.0")) == today == (kind, {})  # without a mask there is no difference
    older = type(plain).from_config(before[1])
    np.testing.assert_array_equal(older.forward([A, B], mask=[MASK, OTHER_MASK]), plain.forward([A, B]))
    assert np.abs(plain.forward([A, B], mask=[MASK, OTHER_MASK]) - plain.forward([A, B])).max() > 0.1
