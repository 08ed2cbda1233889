"""GaussianNoise: random numbers added to the values in training."""

from __future__ import annotations

from typing import Any

from maju.layers.base import Array
from maju.layers.noise import NoiseLayer
from maju.layers.registry import layer

__all__ = ["GaussianNoiseLayer"]


@layer
class GaussianNoiseLayer(NoiseLayer):
    """In training, add a normally distributed number to each value; else do nothing.

    y = x + ``stddev`` · e, where e has mean 0 and standard deviation 1

    Source: `keras.layers.GaussianNoise`.
    """

    keras_class = "GaussianNoise"
    hyper_parameters = ("stddev", "seed")

    def __init__(self, stddev: float, *, seed: int | None = None, name: str | None = None) -> None:
        super().__init__(seed, name)
        if not stddev >= 0:
            raise ValueError(f"stddev is a number of at least 0, not {stddev!r}")
        self.stddev = stddev

    @property
    def active(self) -> bool:
        return self.stddev > 0

    def draw(self, x: Array) -> tuple[Any, Any]:
        return 1, self.rng.normal(0, self.stddev, x.shape).astype(x.dtype)
