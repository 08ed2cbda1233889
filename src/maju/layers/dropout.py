"""Dropout: silence a random part of the values in training."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from maju.layers.base import Array, Backward, Layer
from maju.layers.noise import drawn_shape, probability
from maju.layers.registry import layer
from maju.random import generator

__all__ = ["DropoutLayer"]


@layer
class DropoutLayer(Layer):
    """In training, set each value to 0 with probability ``rate`` and scale the others; else do nothing.

    y = x ∘ m / (1 − rate), where m is 1 with probability 1 − rate, else 0

    ``noise_shape`` gives m's shape where it is to be shared along axes (length 1; None is x's own).

    Attributes:
        rng: where the next m comes from; the one thing that changes from call to call in training.

    Source: Srivastava et al., 2014, and `keras.layers.Dropout`.
    """

    keras_class = "Dropout"
    masking = "passes"
    hyper_parameters = ("rate", "noise_shape", "seed")

    def __init__(
        self,
        rate: float,
        *,
        noise_shape: Sequence[int | None] | None = None,
        seed: int | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.rate = probability(rate)
        self.noise_shape = None if noise_shape is None else tuple(noise_shape)
        self.seed = seed
        self.rng = generator(seed)

    def forward(self, x: Array, training: bool = False, mask: Array | None = None) -> Array:
        return x * self._scale(x) if training and self.rate > 0 else x

    def vjp(self, x: Array, training: bool = True, mask: Array | None = None) -> tuple[Array, Backward]:
        if not training or self.rate == 0:
            return x, lambda dy: (dy, {})
        scale = self._scale(x)
        return x * scale, lambda dy: (dy * scale, {})

    def _scale(self, x: Array) -> Array:
        """M / (1 − rate), drawn anew."""
        kept = self.rng.random(drawn_shape(x.shape, self.noise_shape)) >= self.rate
        return np.asarray(kept / np.asarray(max(1 - self.rate, np.finfo(x.dtype).tiny), x.dtype))
