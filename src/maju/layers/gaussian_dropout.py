"""GaussianDropout: the values multiplied by random numbers around 1 in training."""

from __future__ import annotations

import math
from typing import Any

from maju.layers.base import Array
from maju.layers.noise import NoiseLayer, probability
from maju.layers.registry import layer

__all__ = ["GaussianDropoutLayer"]


@layer
class GaussianDropoutLayer(NoiseLayer):
    """In training, multiply each value by a normally distributed number; else do nothing.

    y = x ∘ (1 + √(rate / (1 − rate)) · e), where e has mean 0 and standard deviation 1

    Source: Srivastava et al., 2014, and `keras.layers.GaussianDropout`.
    """

    keras_class = "GaussianDropout"
    hyper_parameters = ("rate", "seed")

    def __init__(self, rate: float, *, seed: int | None = None, name: str | None = None) -> None:
        super().__init__(seed, name)
        self.rate = probability(rate)

    @property
    def active(self) -> bool:
        return self.rate > 0

    def draw(self, x: Array) -> tuple[Any, Any]:
        self.refuse_one(self.rate)
        spread = math.sqrt(self.rate / (1 - self.rate))
        return self.rng.normal(1, spread, x.shape).astype(x.dtype), 0
