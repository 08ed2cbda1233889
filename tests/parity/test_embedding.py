from __future__ import annotations

from functools import partial
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from maju.errors import InputError
from maju.layers.base import Array
from parity.compare import Case, check_alone, check_through_file, twin

IDS = np.random.default_rng(3).integers(0, 9, (4, 6))
IDS[1, 2:] = 0
IDS[3] = 0

CASES = [
    Case("int32", partial(layers.Embedding, 9, 5), IDS.astype(np.int32)),
    Case("int64", partial(layers.Embedding, 9, 5), IDS),
    Case("uint8", partial(layers.Embedding, 9, 5), IDS.astype(np.uint8)),
    Case("floats are cut off", partial(layers.Embedding, 9, 5), (IDS + 0.9).astype(np.float32)),
    Case("mask_zero", partial(layers.Embedding, 9, 5, mask_zero=True), IDS),
    Case("negative ids count from the end", partial(layers.Embedding, 9, 5), IDS - 9),
    Case("negative fractions are id 0", partial(layers.Embedding, 9, 5), np.full((2, 2), -0.5, "f")),
    Case("one id a row", partial(layers.Embedding, 9, 5), IDS[:, 0]),
    Case("three axes", partial(layers.Embedding, 9, 5), IDS.reshape(2, 2, 6)),
    Case("vectors of length 1", partial(layers.Embedding, 9, 1), IDS),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_alone(case: Case) -> None:
    check_alone(case)


def test_all_of_them_through_a_file(tmp_path: Path) -> None:
    check_through_file([case for case in CASES if case.x.ndim > 1], tmp_path)


@pytest.mark.parametrize(
    ("ids", "got"),
    [
        (np.array([[0, 9]]), "0 to 9"),
        (np.array([[-10, 1]]), "-10 to 1"),
        (np.array([[3.4, 9.9]]), "3 to 9"),
    ],
    ids=["9", "-10", "9.9"],
)
def test_ids_that_the_table_lacks_raise_here_as_in_keras(ids: Array, got: str) -> None:
    layer = Case("table", partial(layers.Embedding, 9, 5, name="words"), IDS).keras_layer
    with pytest.raises(
        InputError, match=rf"^layer 'words' \(Embedding\): the table has the ids 0 to 8, got {got}$"
    ):
        twin(layer, ids.shape).forward(ids)
    with pytest.raises(Exception, match="indices"):
        layer(keras.ops.convert_to_tensor(ids))


@pytest.mark.parametrize("ids", [1e12, -1e30, 2**40], ids=str)
def test_ids_that_fit_no_integer_are_refused_and_not_wrapped(ids: float) -> None:
    layer = Case("table", partial(layers.Embedding, 9, 5), IDS).twin
    with pytest.raises(InputError, match=rf"the table has the ids 0 to 8, got {ids:.0f} to {ids:.0f}$"):
        layer.forward(np.array([ids]))


@pytest.mark.parametrize("dtype", ["int32", "uint8", "float32"])
def test_the_mask_is_keras_s(dtype: str) -> None:
    ids = IDS.astype(dtype)
    layer = Case("masking", partial(layers.Embedding, 9, 5, mask_zero=True), ids).keras_layer
    expected = keras.ops.convert_to_numpy(layer.compute_mask(keras.ops.convert_to_tensor(ids)))
    found = twin(layer, ids.shape).compute_mask(ids)
    assert found is not None
    assert found.dtype == bool
    assert (found == expected).all()
    assert 0 < found.mean() < 1


def test_without_mask_zero_there_is_no_mask() -> None:
    layer = Case("no mask", partial(layers.Embedding, 9, 5), IDS).keras_layer
    assert layer.compute_mask(IDS) is None
    assert twin(layer, IDS.shape).compute_mask(IDS, IDS != 0) is None
