"""Initializers whose spread depends on how many values go into an output, and into how many one goes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from maju.errors import InputError
from maju.initializers.distributions import truncated_normal
from maju.initializers.initializer import Array, RandomInitializer

__all__ = [
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "LecunNormal",
    "LecunUniform",
    "VarianceScaling",
    "fans",
]

MODES = ("fan_in", "fan_out", "fan_avg")
DISTRIBUTIONS = ("uniform", "truncated_normal", "untruncated_normal")
#: The standard deviation of N(0, 1) between −2 and 2.
TRUNCATED_DEVIATION = 0.87962566103423978


class VarianceScaling(RandomInitializer):
    """Values of variance scale / n, around 0.

    n is the number of inputs (``mode="fan_in"``), of outputs ("fan_out"), or the mean of both ("fan_avg");
    `fans` counts them. With σ² = scale / n:

        "uniform":             w ~ U(−√3·σ, √3·σ)
        "truncated_normal":    w ~ N(0, (σ / 0.8796)²), at most two standard deviations from 0
        "untruncated_normal":  w ~ N(0, σ²)

    Args:
        input_axes, output_axes: which axes of the weight are inputs and which are outputs, where the shape
            does not tell.

    Source: `keras.initializers.VarianceScaling`.
    """

    arguments: ClassVar[tuple[str, ...]] = ("scale", "mode", "distribution", "seed")

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: int | None = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        super().__init__(seed)
        distribution = "truncated_normal" if distribution == "normal" else distribution
        if not isinstance(scale, (int, float)) or scale <= 0:
            raise InputError(f"initializer {type(self).__name__}: scale={scale!r}; expected a number above 0")
        for key, value, known in (("mode", mode, MODES), ("distribution", distribution, DISTRIBUTIONS)):
            if value not in known:
                expected = " or ".join(map(repr, known))
                raise InputError(f"initializer {type(self).__name__}: {key}={value!r}; expected {expected}")
        self.scale = scale
        self.mode = mode
        self.distribution = distribution
        self.input_axes = input_axes
        self.output_axes = output_axes

    def drawn(self, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
        inputs, outputs = fans(shape, self.input_axes, self.output_axes)
        n = {"fan_in": inputs, "fan_out": outputs, "fan_avg": (inputs + outputs) / 2}[self.mode]
        deviation = math.sqrt(self.scale / max(1.0, n))
        if self.distribution == "uniform":
            limit = math.sqrt(3) * deviation
            return rng.uniform(-limit, limit, shape)
        if self.distribution == "untruncated_normal":
            return deviation * rng.standard_normal(shape)
        return deviation / TRUNCATED_DEVIATION * truncated_normal(shape, rng)

    def get_config(self) -> dict[str, Any]:
        axes = {key: getattr(self, key) for key in ("input_axes", "output_axes")}
        # Keras before 3.15 has no axes.
        return {**super().get_config(), **{key: value for key, value in axes.items() if value is not None}}


class _Named(VarianceScaling):
    """A `VarianceScaling` that has a name of its own: its seed is all that it is told."""

    arguments = ("seed",)
    #: The scale, the mode and the distribution.
    kind: ClassVar[tuple[float, str, str]]

    def __init__(
        self,
        seed: int | None = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        super().__init__(*self.kind, seed, input_axes, output_axes)


class GlorotUniform(_Named):
    """w ~ U(−l, l) with l = √(6 / (inputs + outputs)).

    Source: Glorot & Bengio, 2010.
    """

    kind = (1.0, "fan_avg", "uniform")


class GlorotNormal(_Named):
    """w ~ N(0, 2 / (inputs + outputs)), truncated.

    Source: Glorot & Bengio, 2010.
    """

    kind = (1.0, "fan_avg", "truncated_normal")


class HeUniform(_Named):
    """w ~ U(−l, l) with l = √(6 / inputs).

    Source: He et al., 2015.
    """

    kind = (2.0, "fan_in", "uniform")


class HeNormal(_Named):
    """w ~ N(0, 2 / inputs), truncated.

    Source: He et al., 2015.
    """

    kind = (2.0, "fan_in", "truncated_normal")


class LecunUniform(_Named):
    """w ~ U(−l, l) with l = √(3 / inputs).

    Source: LeCun et al., 1998.
    """

    kind = (1.0, "fan_in", "uniform")


class LecunNormal(_Named):
    """w ~ N(0, 1 / inputs), truncated.

    Source: LeCun et al., 1998; Klambauer et al., 2017.
    """

    kind = (1.0, "fan_in", "truncated_normal")


def fans(
    shape: Sequence[int], input_axes: Sequence[int] | None = None, output_axes: Sequence[int] | None = None
) -> tuple[int, int]:
    """How many inputs an output is made of, and how many outputs an input goes into.

    A matrix is (inputs, outputs). A kernel (..., channels, filters) has its window before them, each place of
    which counts. Of one axis both are its length; of none they are 1.
    """
    if input_axes is not None and output_axes is not None:
        return math.prod(shape[axis] for axis in input_axes), math.prod(shape[axis] for axis in output_axes)
    if len(shape) < 2:
        return (shape[0], shape[0]) if shape else (1, 1)
    window = math.prod(shape[:-2])
    return shape[-2] * window, shape[-1] * window
