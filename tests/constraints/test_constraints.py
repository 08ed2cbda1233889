from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maju import constraints
from maju.errors import InputError

CASES: list[tuple[str, dict[str, Any]]] = [
    ("MaxNorm", {}),
    ("MaxNorm", {"max_value": 1.3, "axis": [0, 1]}),
    ("NonNeg", {}),
    ("UnitNorm", {}),
    ("UnitNorm", {"axis": 1}),
    ("MinMaxNorm", {}),
    ("MinMaxNorm", {"min_value": 1.5, "max_value": 2.5, "rate": 0.4, "axis": [0, 2]}),
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "arguments"), CASES, ids=str)
def test_weights_are_where_keras_leaves_them(name: str, arguments: dict[str, Any], dtype: str) -> None:
    ours, theirs = getattr(constraints, name)(**arguments), getattr(keras.constraints, name)(**arguments)
    w = np.random.default_rng(3).normal(size=(4, 3, 2)).astype(dtype)
    w[:, 1] = 0
    found = ours(w)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, theirs(w), rtol=2e-6 if dtype == "float32" else 1e-12)


@pytest.mark.parametrize(("name", "arguments"), CASES, ids=str)
def test_configs_are_those_of_keras(name: str, arguments: dict[str, Any]) -> None:
    theirs = keras.constraints.serialize(getattr(keras.constraints, name)(**arguments))
    assert constraints.serialize(getattr(constraints, name)(**arguments)) == theirs
    of_keras2 = {"class_name": name, "config": theirs["config"]}
    assert repr(constraints.get(of_keras2)) == repr(constraints.get(theirs))


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4), st.floats(0.01, 10))
def test_lengths(shape: list[int], value: float) -> None:
    w = np.random.default_rng(len(shape)).normal(size=shape)
    before = np.linalg.norm(w, axis=0)
    np.testing.assert_allclose(
        np.linalg.norm(constraints.MaxNorm(value)(w), axis=0), np.minimum(before, value), rtol=1e-4
    )
    np.testing.assert_allclose(np.linalg.norm(constraints.UnitNorm()(w), axis=0), 1, rtol=1e-4)
    assert (constraints.NonNeg()(w) >= 0).all()


def test_names() -> None:
    for name in ("max_norm", "MaxNorm", "maxnorm", "non_neg", "unit_norm", "min_max_norm"):
        assert isinstance(constraints.get(name), constraints.Constraint)
    assert constraints.get(None) is None
    with pytest.raises(InputError, match=r"^no constraint 'max_nrm'; near it are .*MaxNorm"):
        constraints.get("max_nrm")
    with pytest.raises(InputError, match=r"^constraint NonNeg: \{'axis': 0\} are not its arguments$"):
        constraints.get({"class_name": "NonNeg", "config": {"axis": 0}})
