"""Which type of number an operation of Keras computes in, and gives.

NumPy alone would make float64 of int32 and float32 together; Keras makes float32. Numbers of Python are
weak: they take the type of the arrays that they meet.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from maju.layers.base import Array

__all__ = [
    "DTYPES",
    "SINGLE",
    "DType",
    "common",
    "floating",
    "logical",
    "result_type",
    "summable",
    "tensor",
    "tensors",
]

DType: TypeAlias = np.dtype[Any]
#: The types of Keras that NumPy has.
DTYPES = (
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "float32", "float64"),
)
#: A float32, for what is to be computed in no less.
SINGLE = np.float32(0)
#: What the small integers add up in.
SUMS = {"bool": "int32", "int8": "int32", "int16": "int32", "uint8": "uint32", "uint16": "uint32"}


def tensor(value: Any) -> Array:
    """An array; of numbers of Python one of the types that Keras prefers: bool, int32, float32."""
    if isinstance(value, (np.ndarray, np.generic)):
        return np.asarray(value)
    array = np.asarray(value)
    if array.dtype.kind == "f":
        return array.astype(np.float32)
    fits = array.dtype.kind == "i" and (not array.size or np.abs(array).max() < 2**31)
    return array.astype(np.int32) if fits else array


def result_type(*values: Any) -> DType:
    """The type of what arrays and numbers of Python give together.

    The floating-point types decide if there are any, whatever the integers' sizes; else a weak float, which
    is a float32; else the integers, a uint64 as a uint32; else a weak integer, an int32; else all are bool.
    """
    weak = {type(value) for value in values if isinstance(value, (bool, int, float))}
    strong = [v.dtype for v in values if not isinstance(v, (bool, int, float))]
    floats = [dtype for dtype in strong if dtype.kind == "f"]
    integers = [dtype for dtype in strong if dtype.kind in "iu"]
    if len(floats) + len(integers) + sum(dtype.kind == "b" for dtype in strong) < len(strong):
        raise TypeError(f"not numbers: {', '.join(map(str, strong))}")
    if floats:
        return np.result_type(*floats)
    together = np.result_type(*integers) if integers else np.dtype(np.int32 if int in weak else bool)
    # No integer holds both uint64 and int64, and NumPy would make float64 of them.
    if float in weak or together.kind == "f":
        return np.dtype(np.float32)
    return np.dtype(np.uint32) if together == np.uint64 else together


def _weak_or_tensor(value: Any) -> Any:
    return value if isinstance(value, (bool, int, float)) else tensor(value)


def common(*values: Any) -> list[Array]:
    """All in the type that they give together; one alone as it is."""
    if len(values) == 1:
        return [tensor(values[0])]
    found = [_weak_or_tensor(value) for value in values]
    dtype = result_type(*found)
    return [np.asarray(value, dtype) for value in found]


def floating(*values: Any) -> list[Array]:
    """All in the floating-point type that they give together: float32 for integers."""
    found = [_weak_or_tensor(value) for value in values]
    dtype = result_type(*found, 1.0)
    return [np.asarray(value, dtype) for value in found]


def tensors(*values: Any) -> list[Array]:
    """All in the type that they give together, where a number of Python counts as an int32 or a float32."""
    return common(*map(tensor, values))


def logical(*values: Any) -> list[Array]:
    """All as bool: what is not 0."""
    return [tensor(value).astype(bool) for value in values]


def summable(x: Any) -> Array:
    """X in the type that its values add up in: a small integer as an int32 or uint32."""
    array = tensor(x)
    return array.astype(SUMS.get(array.dtype.name, array.dtype))
