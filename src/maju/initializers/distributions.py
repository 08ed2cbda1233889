"""Initializers that draw every value from one distribution, whatever the shape."""

from __future__ import annotations

import numpy as np

from maju.initializers.initializer import Array, RandomInitializer

__all__ = ["RandomNormal", "RandomUniform", "TruncatedNormal", "truncated_normal"]


class RandomNormal(RandomInitializer):
    """w ~ N(mean, stddev²)."""

    arguments = ("mean", "stddev", "seed")

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        super().__init__(seed)
        self.mean = mean
        self.stddev = stddev

    def drawn(self, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
        return self.mean + self.stddev * rng.standard_normal(shape)


class TruncatedNormal(RandomNormal):
    """w ~ N(mean, stddev²), drawn again wherever it is more than 2·stddev from the mean.

    What is left has a standard deviation of 0.8796·stddev.
    """

    def drawn(self, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
        return self.mean + self.stddev * truncated_normal(shape, rng)


class RandomUniform(RandomInitializer):
    """w ~ U(minval, maxval)."""

    arguments = ("minval", "maxval", "seed")

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None) -> None:
        super().__init__(seed)
        self.minval = minval
        self.maxval = maxval

    def drawn(self, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
        return rng.uniform(self.minval, self.maxval, shape)


def truncated_normal(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Values of N(0, 1) that are at most 2 from 0."""
    values = rng.standard_normal(shape)
    while (beyond := np.abs(values) > 2).any():
        values[beyond] = rng.standard_normal(np.count_nonzero(beyond))
    return values
