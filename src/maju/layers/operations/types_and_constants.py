"""Other number types, and arrays made after the shape of another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from maju.layers.operations.function import elementwise, operation
from maju.layers.operations.types import common, result_type, tensor, tensors

__all__: list[str] = []


def _sent_on(dy: Any, y: Any, x: Any, **_: Any) -> Any:
    return dy


# Types


@operation("Cast", module="core", gradient=_sent_on)
def cast(x: Any, *, dtype: str) -> Any:
    """X in another type: fractions cut off, bool where it is not 0."""
    return tensor(x).astype(dtype)


@operation("SaturateCast", module="core", gradient=_sent_on)
def saturate_cast(x: Any, *, dtype: str) -> Any:
    """X in another type, what does not fit into it as its lowest or highest number."""
    x = tensor(x)
    if x.dtype == bool:
        return x.astype(dtype)
    low, high = _limits(np.dtype(dtype), x.dtype)
    return np.clip(x, low, high).astype(dtype)


def _limits(target: Any, own: Any) -> tuple[Any, Any]:
    """The lowest and the highest number of a type that another one has too."""
    if target.kind == "b":
        return own.type(0), own.type(1)
    (low, high), (own_low, own_high) = _range(target), _range(own)
    lowest, highest = own.type(max(low, own_low)), own.type(min(high, own_high))
    if own.kind == "f" and target.kind != "f":
        # The highest int32 is no float32; the next one below is.
        lowest = np.nextafter(lowest, own.type(0)) if int(lowest) < low else lowest
        highest = np.nextafter(highest, own.type(0)) if int(highest) > high else highest
    return lowest, highest


def _range(dtype: Any) -> tuple[Any, Any]:
    if dtype.kind == "f":
        return float(np.finfo(dtype).min), float(np.finfo(dtype).max)
    return int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)


@operation("ConvertToTensor", module="core", gradient=_sent_on)
def convert_to_tensor(x: Any, *, dtype: str | None = None, sparse: Any = None, ragged: Any = None) -> Any:
    """X itself, in a type if one is given."""
    return tensor(x).astype(dtype) if dtype else tensor(x)


@operation("Array", gradient=_sent_on)
def array(x: Any, *, dtype: str | None = None) -> Any:
    """X itself, in a type if one is given."""
    return tensor(x).astype(dtype) if dtype else tensor(x)


@elementwise("Copy", types=tensors, derivative=lambda x, y: 1)
def copy(x: Any) -> Any:
    """X."""
    return x


@operation("StopGradient", module="core", gradient=lambda dy, y, variable: None)
def stop_gradient(variable: Any) -> Any:
    """X, through which no gradient goes back."""
    return tensor(variable)


# Constants


@operation("ZerosLike", "EmptyLike", gradient=lambda dy, y, x, **_: None)
def zeros_like(x: Any, *, dtype: str | None = None) -> Any:
    """0 in the shape of x."""
    return np.zeros_like(tensor(x), dtype=dtype)


@operation("OnesLike", gradient=lambda dy, y, x, **_: None)
def ones_like(x: Any, *, dtype: str | None = None) -> Any:
    """1 in the shape of x."""
    return np.ones_like(tensor(x), dtype=dtype)


@operation("FullLike", gradient=lambda dy, y, x, fill_value, **_: (None, dy))
def full_like(x: Any, fill_value: Any, *, dtype: str | None = None) -> Any:
    """A value in the shape of x."""
    x = tensor(x)
    return np.broadcast_to(np.asarray(fill_value).astype(dtype or x.dtype), x.shape).copy()


@operation("Full", gradient=lambda dy, y, fill_value, **_: dy)
def full(fill_value: Any, *, shape: int | Sequence[int], dtype: str | None = None) -> Any:
    """A value in a shape, as float32 if no type is given."""
    return np.full(shape, np.asarray(fill_value).astype(dtype or "float32"))


def _linspace_gradient(
    dy: Any, y: Any, start: Any, stop: Any, num: int, endpoint: bool, axis: int, **_: Any
) -> Any:
    shape = [1] * np.ndim(y)
    shape[axis] = num
    shares = np.linspace(0, 1, num, endpoint).reshape(shape)
    return np.sum(dy * (1 - shares), axis=axis), np.sum(dy * shares, axis=axis)


@operation("Linspace", gradient=_linspace_gradient, choices={"retstep": (False,)})
def linspace(
    start: Any,
    stop: Any,
    *,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: str | None = None,
    axis: int = 0,
) -> Any:
    """So many numbers from start to stop, equally far apart, on a new axis."""
    start, stop = common(start, stop)
    found = np.linspace(start, stop, num, endpoint, axis=axis)
    return found.astype(dtype or result_type(start, stop, 1.0))


def _power_gradient(base: Any, dy: Any, y: Any, **settings: Any) -> Any:
    slope = dy * y * np.log(base)
    return _linspace_gradient(slope, y, **settings)


@operation(
    "Logspace",
    gradient=lambda dy, y, start, stop, num, endpoint, base, dtype, axis: _power_gradient(
        base, dy, y, start=start, stop=stop, num=num, endpoint=endpoint, axis=axis
    ),
)
def logspace(
    start: Any,
    stop: Any,
    *,
    num: int = 50,
    endpoint: bool = True,
    base: float = 10,
    dtype: str | None = None,
    axis: int = 0,
) -> Any:
    """The base to the power of so many numbers from start to stop, equally far apart."""
    powers = linspace(start, stop, num=num, endpoint=endpoint, dtype=dtype, axis=axis)
    return np.power(powers.dtype.type(base), powers)


def _geomspace_gradient(
    dy: Any, y: Any, start: Any, stop: Any, num: int, endpoint: bool, axis: int, **_: Any
) -> Any:
    of_start, of_stop = _linspace_gradient(dy * y, y, start, stop, num, endpoint, axis)
    return of_start / start, of_stop / stop


@operation("Geomspace", gradient=_geomspace_gradient)
def geomspace(
    start: Any,
    stop: Any,
    *,
    num: int = 50,
    endpoint: bool = True,
    dtype: str | None = None,
    axis: int = 0,
) -> Any:
    """So many numbers from start to stop, each as many times the one before."""
    ends = [np.log10(np.abs(end)).astype(dtype or np.float32) for end in tensors(start, stop)]
    powers = linspace(*ends, num=num, endpoint=endpoint, dtype=dtype, axis=axis)
    return np.power(powers.dtype.type(10), powers) * np.sign(start).astype(powers.dtype)


@operation("Size")
def size(x: Any) -> Any:
    """How many values x holds."""
    return np.int32(np.size(x))
