"""Dtype policies: in which type of number a layer keeps its weights, and in which it computes.

A layer in half precision gets its input and its weights rounded to that type, computes in float32, and its
output is rounded again: so do the kernels of the hardware, which add up in float32. NumPy has no bfloat16;
its values are held as a `BFloat16`, a float32 array that tells what it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

__all__ = [
    "FLOAT32",
    "HALF",
    "BFloat16",
    "Policy",
    "from_bits",
    "leaves",
    "map_arrays",
    "plain",
    "to_bfloat16",
    "widened",
]

Array = npt.NDArray[Any]
Structure = TypeVar("Structure")
#: Every policy: the type that its layers compute in, and that of their weights.
NAMES = {
    **{name: (name, name) for name in ("float32", "float64", "float16", "bfloat16")},
    "mixed_float16": ("float16", "float32"),
    "mixed_bfloat16": ("bfloat16", "float32"),
}
#: The types whose values are held as float32 while a layer computes.
HALF = ("float16", "bfloat16")
#: What a policy for weights of few bits begins with, as in ``"int8_from_float32"``.
QUANTIZED = ("int8", "int4", "float8", "gptq", "awq")


class BFloat16(npt.NDArray[Any]):
    """Float32 values that are all values of bfloat16, the type that they have in Keras.

    What is computed with them is float32 until it is rounded.
    """

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return getattr(ufunc, method)(*plain(inputs), **plain(kwargs))


def to_bfloat16(x: Array) -> Array:
    """The float32 values next to x that bfloat16, the upper half of their bits, has; ties to even."""
    with np.errstate(over="ignore"):
        x = np.asarray(x, np.float32, order="C")
    bits = x.view(np.uint32)
    rounded = (bits + np.uint32(0x7FFF) + ((bits >> 16) & 1)) & np.uint32(0xFFFF0000)
    return np.where(np.isnan(x), x, rounded.view(np.float32))


def from_bits(values: Array) -> Array:
    """The float32 values of bfloat16s that stand in a file as two bytes each."""
    halves = np.frombuffer(values.tobytes(), "<u2").astype(np.uint32)
    return (halves << 16).view(np.float32).reshape(values.shape)


def plain(x: Any) -> Any:
    """A structure with every `BFloat16` in it as the float32 array that it is."""
    return map_arrays(x, lambda array: np.asarray(array))


def leaves(structure: Any) -> Iterator[Any]:
    """What is in a nesting of lists, tuples and dicts."""
    if isinstance(structure, Mapping):
        structure = list(structure.values())
    if isinstance(structure, (list, tuple)):
        for item in structure:
            yield from leaves(item)
    else:
        yield structure


def map_arrays(structure: Any, function: Any) -> Any:
    """The same nesting with `function` of each array of floating-point numbers in its place."""
    if isinstance(structure, Mapping):
        return {key: map_arrays(value, function) for key, value in structure.items()}
    if isinstance(structure, (list, tuple)):
        return type(structure)(map_arrays(value, function) for value in structure)
    floating = isinstance(structure, (np.ndarray, np.floating)) and structure.dtype.kind == "f"
    return function(structure) if floating else structure


@dataclass(frozen=True)
class Policy:
    """A dtype policy of Keras.

    Attributes:
        name: as Keras has it, ``"mixed_float16"``; of weights in few bits that of the floating-point policy.
        quantization: how few bits they are in, ``"int8"`` or ``"gptq/4/128"``; None where they are not.
    """

    name: str = "float32"
    quantization: str | None = None

    @classmethod
    def of(cls, dtype: Any) -> Policy:
        """The policy that a config's ``dtype`` means.

        Raises:
            ValueError: it means none that is implemented.
        """
        if isinstance(dtype, Mapping) and isinstance(dtype.get("config"), Mapping):
            held = dtype["config"]
            if "mode" in held:
                dtype = f"{held['mode']}_from_{held.get('source_name') or 'float32'}"
            else:
                dtype = held.get("name") or str(dtype.get("class_name"))
        if dtype is None:
            return FLOAT32
        mode, quantized, name = dtype.partition("_from_") if isinstance(dtype, str) else ("", "", "")
        if quantized and mode.split("/")[0] in QUANTIZED and name in NAMES:
            return cls(name, mode)
        if not isinstance(dtype, str) or dtype not in NAMES:
            raise ValueError(f"dtype policy {dtype!r}; expected {', '.join(map(repr, NAMES))}")
        return cls(dtype)

    @classmethod
    def at(cls, config: Mapping[str, Any], path: str) -> Policy:
        """The policy of a weight at a path, ``"layer/kernel"``: that of the layer inside, if there is any."""
        first, _, rest = path.partition("/")
        held = config.get("layer" if first in ("forward_layer", "backward_layer") else first)
        if first == "cells" and isinstance(held, list) and held:
            held = held[0]
        if rest and isinstance(held, Mapping) and isinstance(held.get("config"), Mapping):
            return cls.at(held["config"], rest)
        return cls.of(config.get("dtype"))

    @property
    def compute(self) -> str:
        """The type that a layer computes in."""
        return NAMES[self.name][0]

    @property
    def variable(self) -> str:
        """The type of a layer's weights."""
        return NAMES[self.name][1]

    @property
    def half(self) -> bool:
        """Whether it is in half precision that a layer computes."""
        return self.compute in HALF

    def rounded(self, x: Array) -> Array:
        """X as the layer computes with it: of half precision a float32 array of values that the type has."""
        return _rounded(x, self.compute)

    def entering(self, structure: Any) -> Any:
        """What a layer is given, as it computes with it: floating-point numbers in its type."""
        return map_arrays(structure, self.rounded)

    def leaving(self, structure: Any) -> Any:
        """What a layer has computed, in the type in which it goes out."""
        return map_arrays(structure, self._outward)

    def _outward(self, x: Array) -> Array:
        if self.compute == "float16":
            with np.errstate(over="ignore"):
                return np.asarray(x, np.float16)
        rounded = self.rounded(x)
        return rounded.view(BFloat16) if self.compute == "bfloat16" else rounded

    def as_weight(self, x: Array) -> Array:
        """A weight as the layer keeps it."""
        with np.errstate(over="ignore"):  # float64 beyond float32 is infinite for Keras too
            return to_bfloat16(x) if self.variable == "bfloat16" else np.array(x, self.variable, order="C")


FLOAT32 = Policy()


def _rounded(x: Array, dtype: str) -> Array:
    if dtype == "bfloat16":
        return np.asarray(x) if isinstance(x, BFloat16) else to_bfloat16(x)
    with np.errstate(over="ignore"):
        if dtype == "float16":
            return np.asarray(x, np.float16).astype(np.float32)
        return np.asarray(x, dtype)


def widened(structure: Any) -> Any:
    """What a layer is given that rounds nothing on entering: half precision as float32, float64 as it is."""
    return map_arrays(structure, lambda x: np.asarray(x, np.float64 if x.dtype == np.float64 else np.float32))
