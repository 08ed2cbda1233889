"""Weights in a few bits each: what a file holds of a quantized layer, and what it stands for.

A quantized layer is the layer that it was, with a kernel made of whole numbers and of scales. Some
round their input too, anew for each call, to the same few numbers: that is part of what they compute.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from maju.layers.base import Array, Config
from maju.layers.policies import Policy

__all__ = ["Quantization", "dequantized", "groups_of", "packed", "through_float8", "unpacked"]

#: What Keras's `quantization_config` may be.
CONFIGS = (
    "AWQConfig",
    "Float8QuantizationConfig",
    "GPTQConfig",
    "Int4QuantizationConfig",
    "Int8QuantizationConfig",
    "QuantizationConfig",
)
#: The largest number of float8 (e4m3fn), the least exponent of its normal numbers, the bits behind the point.
FLOAT8_MAX, FLOAT8_EXPONENT, FLOAT8_BITS = 448.0, -6, 3


@dataclass(frozen=True)
class AbsMax:
    """How inputs are rounded: scaled so that the largest of them is the end of a range of whole numbers."""

    low: float = -127
    high: float = 127
    epsilon: float = 1e-7
    axes: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Quantization:
    """In how many bits a layer keeps its weights, and how.

    Attributes:
        mode: ``"int8"``, ``"int4"``, ``"float8"``, ``"gptq"`` or ``"awq"``.
        group: how many inputs share a scale; None if all do.
        inputs: how the inputs are rounded; None if they are not.
    """

    mode: str
    bits: int
    group: int | None = None
    inputs: AbsMax | None = None

    @classmethod
    def of(cls, config: Config, rounds_inputs: Sequence[str]) -> Quantization | None:
        """What a layer's config says; None if its weights are not quantized.

        Args:
            rounds_inputs: the modes in which the layer rounds its inputs where the config is silent.

        Raises:
            ValueError: it is nothing that Keras has.
        """
        policy = Policy.of(config.get("dtype"))
        if policy.quantization is None:
            return None
        mode, *numbers = policy.quantization.split("/")
        bits = {"int8": 8, "float8": 8}.get(mode, 4)
        if mode in ("gptq", "awq"):
            if len(numbers) != 2 or not numbers[0].isdigit():
                raise ValueError(
                    f"dtype policy {policy.quantization!r}; expected '{mode}/<bits>/<group size>'"
                )
            bits, numbers = int(numbers[0]), numbers[1:]
        if bits not in {"gptq": (2, 3, 4, 8), "awq": (4,)}.get(mode, (bits,)) or len(numbers) > 1:
            raise ValueError(f"dtype policy {policy.quantization!r}, which Keras does not have")
        group = _group(numbers[0] if numbers else None)
        given = config.get("quantization_config")
        if given is None:
            inputs = AbsMax() if mode in rounds_inputs else None
            return cls(mode, bits, group, inputs)
        class_name, held = given["class_name"], given["config"]
        if class_name not in CONFIGS:
            raise ValueError(f"quantization_config of class {class_name}, which maju does not have")
        if class_name == "Int4QuantizationConfig":
            group = _group(held.get("block_size"))
        return cls(mode, bits, group, _abs_max(held.get("activation_quantizer")))


def _group(size: Any) -> int | None:
    """A group's size; None and -1 mean one group for all."""
    if size is None or str(size) == "-1":
        return None
    if not str(size).isdigit() or int(size) < 1:
        raise ValueError(f"groups of {size!r} inputs; expected a whole number of at least 1, or -1")
    return int(size)


def _abs_max(quantizer: Any) -> AbsMax | None:
    if quantizer is None:
        return None
    if quantizer["class_name"] != "AbsMaxQuantizer":
        raise ValueError(
            f"an activation quantizer {quantizer['class_name']}; only AbsMaxQuantizer is implemented"
        )
    held = quantizer["config"]
    low, high = _listed(held.get("value_range", (-127, 127)))
    axis = _listed(held.get("axis"))
    return AbsMax(
        float(low), float(high), float(held.get("epsilon", 1e-7)), None if axis is None else tuple(axis)
    )


def _listed(value: Any) -> Any:
    """A tuple, which Keras writes as an object."""
    if isinstance(value, Mapping):
        return value["items"]
    return [value] if isinstance(value, int) else value


# Arrays


def unpacked(values: Array, length: int, axis: int) -> Array:
    """The numbers of 4 bits that stand in bytes, two in each along an axis, the first in the lower half.

    Args:
        values: signed bytes for numbers from −8 to 7, unsigned ones for 0 to 15.
        length: how many there are; an odd one leaves half a byte over.
    """
    low, high = values & 0x0F, (values >> 4) & 0x0F
    pairs = np.stack([low, high], axis=axis % values.ndim + 1)
    shape = [-1 if place == axis % values.ndim else n for place, n in enumerate(values.shape)]
    numbers = pairs.reshape(shape).take(range(length), axis=axis)
    return (numbers ^ 8) - 8 if values.dtype.kind == "i" else numbers


def packed(length: int | None) -> int | None:
    """How many bytes so many numbers of 4 bits take."""
    return None if length is None else (length + 1) // 2


def dequantized(values: Array, scale: Array, zero: Array | None, groups: Array | None, axis: int) -> Array:
    """What whole numbers stand for: (values − zero) · scale, where a scale and a zero belong to a group.

    Args:
        groups: the group of each place along the axis; None where values / scale is meant.
    """
    if groups is None or zero is None:
        return np.asarray(values / scale)
    groups = groups.astype(np.int64)
    if groups.size and not 0 <= groups.min() <= groups.max() < scale.shape[axis]:
        raise ValueError("g_idx names a group that has no scale")
    zeros, scales = (part.take(groups, axis=axis) for part in (zero, scale))
    return np.asarray((values.astype(scale.dtype) - zeros.astype(scale.dtype)) * scales)


def to_float8(x: Array) -> Array:
    """The values next to x that float8 (e4m3fn) has, in x's own type; ties to even."""
    _, exponent = np.frexp(x)
    step = np.ldexp(np.ones_like(x), np.maximum(exponent - 1, FLOAT8_EXPONENT) - FLOAT8_BITS)
    return np.asarray(np.rint(x / step) * step)


def groups_of(rows: int | None, size: int | None) -> int | None:
    """How many groups of a size so many rows make."""
    if size is None:
        return 1
    return None if rows is None else math.ceil(rows / size)


def through_float8(x: Array, scale: Array, rounded: Any = np.asarray) -> Array:
    """X / scale rounded to float8, and back."""
    scale = rounded(np.asarray(scale, x.dtype))
    inside = np.clip(rounded(x / scale), -FLOAT8_MAX, FLOAT8_MAX)
    return np.asarray(rounded(to_float8(inside) * scale))
