"""AlphaDropout: a random part of the values at what SELU is far below 0, in training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from maju.layers.activations import SELU_ALPHA, SELU_SCALE
from maju.layers.base import Array
from maju.layers.noise import NoiseLayer, drawn_shape, probability
from maju.layers.registry import layer

__all__ = ["AlphaDropoutLayer"]

#: What SELU tends to far below 0.
LOWEST = -SELU_ALPHA * SELU_SCALE


@layer
class AlphaDropoutLayer(NoiseLayer):
    """In training, set each value to α′ with probability ``rate``, then scale and shift all; else do nothing.

    y = a · (x ∘ m + α′ · (1 − m)) + b, where m is 1 with probability q = 1 − rate, else 0, and

        α′ = −1.7581, a = 1 / √(q · (1 + rate · α′²)), b = −a · rate · α′

    With that, values of mean 0 and variance 1 keep them. ``noise_shape`` gives m's shape where it is to be
    shared along axes (length 1; None is x's own).

    Source: Klambauer et al., 2017, and `keras.layers.AlphaDropout`.
    """

    keras_class = "AlphaDropout"
    hyper_parameters = ("rate", "noise_shape", "seed")

    def __init__(
        self,
        rate: float,
        *,
        noise_shape: Sequence[int | None] | None = None,
        seed: int | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(seed, name)
        self.rate = probability(rate)
        self.noise_shape = None if noise_shape is None else tuple(noise_shape)

    @property
    def active(self) -> bool:
        return self.rate > 0

    def draw(self, x: Array) -> tuple[Any, Any]:
        self.refuse_one(self.rate)
        kept = self.rng.random(drawn_shape(x.shape, self.noise_shape)) >= self.rate
        a = ((1 - self.rate) * (1 + self.rate * LOWEST**2)) ** -0.5
        shift = a * LOWEST * (~kept - self.rate)  # a · α′ · (1 − m) + b
        return (a * kept).astype(x.dtype), np.asarray(shift, x.dtype)
