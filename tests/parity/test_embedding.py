from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers
from parity.compare import Case, check_alone, check_through_file, twin

from maju.errors import InputError
from maju.layers.base import Array

IDS = np.random.default_rng(3).integers(0, 9, (4, 6))
IDS[1, 2:] = 0
IDS[3] = 0

CASES = [
    Case("int32", lambda: layers.Embedding(9, 5), IDS.astype(np.int32)),
    Case("int64", lambda: layers.Embedding(9, 5), IDS),
    Case("uint8", lambda: layers.Embedding(9, 5), IDS.astype(np.uint8)),
    Case("floats are cut off", lambda: layers.Embedding(9, 5), (IDS + 0.9).astype(np.float32)),
    Case("mask_zero", lambda: layers.Embedding(9, 5, mask_zero=True), IDS),
    Case("negative ids count from the end", lambda: layers.Embedding(9, 5), IDS - 9),
    Case("negative fractions are id 0", lambda: layers.Embedding(9, 5), np.full((2, 2), -0.5, "f")),
    Case("one id a row", lambda: layers.Embedding(9, 5), IDS[:, 0]),
    Case("three axes", lambda: layers.Embedding(9, 5), IDS.reshape(2, 2, 6)),
    Case("vectors of length 1", lambda: layers.Embedding(9, 1), IDS),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_alone(case: Case) -> None:
    check_alone(case)


def test_all_of_them_through_a_file(tmp_path: Path) -> None:
    check_through_file([case for case in CASES if case.x.ndim > 1], tmp_path)


@pytest.mark.parametrize(
    "ids", [np.array([[0, 9]]), np.array([[-10, 1]]), np.array([[3.0, 1e12]])], ids=["9", "-10", "1e12"]
)
def test_ids_that_the_table_lacks_raise_here_as_in_keras(ids: Array) -> None:
    layer = Case("table", lambda: layers.Embedding(9, 5, name="words"), IDS).keras_layer
    message = r"layer 'words' \(Embedding\): the table has the ids 0 to 8, got .* to "
    with pytest.raises(InputError, match=message):
        twin(layer, ids.shape).forward(ids)
    if ids.max() < 2**31:  # Keras wraps what is larger, unseen
        with pytest.raises(Exception, match="indices"):
            layer(keras.ops.convert_to_tensor(ids))


@pytest.mark.parametrize("dtype", ["int32", "uint8", "float32"])
def test_the_mask_is_keras_s(dtype: str) -> None:
    ids = IDS.astype(dtype)
    layer = Case("masking", lambda: layers.Embedding(9, 5, mask_zero=True), ids).keras_layer
    expected = keras.ops.convert_to_numpy(layer.compute_mask(keras.ops.convert_to_tensor(ids)))
    found = twin(layer, ids.shape).compute_mask(ids)
    assert found is not None
    assert found.dtype == bool
    assert (found == expected).all()
    assert 0 < found.mean() < 1


def test_without_mask_zero_there_is_no_mask() -> None:
    layer = Case("no mask", lambda: layers.Embedding(9, 5), IDS).keras_layer
    assert layer.compute_mask(IDS) is None
    assert twin(layer, IDS.shape).compute_mask(IDS, IDS != 0) is None
