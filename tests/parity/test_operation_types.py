"""The types that operations give for arguments of all types, and their values, against Keras."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

import maju
from maju.errors import InputError
from maju.layers import operations
from maju.layers.base import Array
from maju.layers.operations.types import DTYPES, result_type

TYPES = ("bool", "int32", "int64", "uint8", "float16", "float32", "float64")
NUMBERS = {"a bool": True, "a whole number": 2, "a fraction": 0.75}
#: Two tensors of each type, all values of which are small, and none of the second 0.
TENSORS = {
    f"{name}{place}": np.array(values).astype(name)
    for place, values in enumerate([[3, 0, 1, 5], [2, 4, 1, 3]])
    for name in TYPES
}
OF_TWO = (
    *("add", "subtract", "multiply", "divide", "true_divide", "floor_divide", "mod", "fmod", "power"),
    *("maximum", "minimum", "fmax", "fmin", "hypot", "arctan2", "logaddexp", "heaviside", "divide_no_nan"),
    *("equal", "not_equal", "greater", "less_equal", "logical_and", "logical_xor", "isclose"),
    *(
        "bitwise_and",
        "bitwise_or",
        "bitwise_left_shift",
        "outer",
        "append",
        "dot",
        "tensordot_0",
        "where_true",
    ),
)
OF_ONE = (
    *("negative", "absolute", "fabs", "square", "sign", "reciprocal", "exp", "log1p", "sqrt", "cbrt", "sin"),
    *("floor", "ceil", "trunc", "round", "isnan", "isfinite", "signbit", "nan_to_num", "clip", "deg2rad"),
    *("sum", "mean", "var", "std", "max", "min", "prod", "median", "average", "ptp", "all", "argmax"),
    *("cumsum", "cumprod", "count_nonzero", "sort", "argsort", "zeros_like", "trace", "norm", "logsumexp"),
    *("nansum", "nanmean", "nanmax", "nanvar", "nanprod", "relu", "relu6", "sigmoid", "softmax", "diff"),
    *("bitwise_not", "logical_not", "top_k", "pad", "repeat", "triu", "where_self", "quantile", "rsqrt"),
)
SPECIAL: dict[str, Any] = {
    "tensordot_0": lambda x, y: ops.tensordot(x, y, axes=0),
    "where_true": lambda x, y: ops.where(np.array([True, False, True, False]), x, y),
    "clip": lambda x: ops.clip(x, 1, 3),
    "trace": lambda x: ops.trace(ops.reshape(x, (2, 2))),
    "pad": lambda x: ops.pad(x, ((1, 0),)),
    "repeat": lambda x: ops.repeat(x, 2),
    "triu": lambda x: ops.triu(ops.reshape(x, (2, 2))),
    "top_k": lambda x: ops.top_k(x, 2)[0],
    "where_self": lambda x: ops.where(x, x, 1),
    "quantile": lambda x: ops.quantile(x, 0.3),
}


def assert_types(name: str, pairs: list[tuple[Any, ...]], folder: Path) -> None:
    """All that Keras can compute of an operation comes out the same from scratch, types included."""
    function = SPECIAL.get(name) or getattr(ops, name)
    inputs = {
        key: keras.Input(batch_shape=x.shape, dtype=x.dtype.name, name=key) for key, x in TENSORS.items()
    }
    given = {**{key: ops.convert_to_tensor(x) for key, x in TENSORS.items()}, **NUMBERS}
    outputs: dict[str, Any] = {}
    expected: dict[str, Array] = {}
    for pair in pairs:
        key = " and ".join(pair)
        try:
            found = ops.convert_to_numpy(function(*(given[name] for name in pair)))
            outputs[key] = function(*({**inputs, **NUMBERS}[name] for name in pair))
        except Exception:  # Keras and TensorFlow do not take all types, and say so in many ways
            continue
        expected[key] = found
    assert len(outputs) > len(pairs) / 9
    keras.Model(inputs, outputs).save(folder / "model.keras")
    opened = maju.load(folder / "model.keras").forward(TENSORS)
    for key, array in expected.items():
        assert opened[key].dtype == array.dtype, f"{name} of {key}"
        np.testing.assert_allclose(
            opened[key], array, rtol=1e-3 if array.dtype == np.float16 else 1e-6, atol=1e-6, err_msg=key
        )


@pytest.mark.parametrize("name", OF_TWO)
def test_of_two(name: str, tmp_path: Path) -> None:
    firsts = [*(f"{t}0" for t in TYPES), *NUMBERS]
    seconds = [*(f"{t}1" for t in TYPES), *NUMBERS]
    pairs = [(a, b) for a in firsts for b in seconds if a in TENSORS or b in TENSORS]
    assert_types(name, pairs, tmp_path)


@pytest.mark.parametrize("name", OF_ONE)
def test_of_one(name: str, tmp_path: Path) -> None:
    assert_types(name, [(f"{t}0",) for t in TYPES], tmp_path)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_what_types_give_together(count: int) -> None:
    values: dict[Any, Any] = {name: np.zeros(2, name) for name in DTYPES}
    values |= {bool: True, int: 1, float: 0.5}
    for together in itertools.combinations_with_replacement(values, count):
        found = result_type(*(values[name] for name in together))
        assert found.name == keras.backend.result_type(*together), together


def test_an_operation_by_itself() -> None:
    total = operations.Operation("Sum", "total", {"axis": 1})
    assert total.get_config() == {"name": "total", "axis": 1, "keepdims": False}
    assert repr(total) == "Operation(Sum: axis=1, keepdims=False)"
    np.testing.assert_array_equal(total.forward(np.array([[True, False], [True, True]])), np.array([1, 2]))
    with pytest.raises(InputError, match=r"^maju has no operation 'Summon'$"):
        operations.Operation("Summon", "total")
