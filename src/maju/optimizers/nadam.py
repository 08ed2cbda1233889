"""Nadam: Adam with Nesterov's momentum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

import numpy as np

from maju.layers.base import Array
from maju.optimizers.gradient import Gradient, blocks
from maju.optimizers.optimizer import Optimizer, SharedOptions
from maju.schedules import LearningRateSchedule

__all__ = ["Nadam"]


class Nadam(Optimizer):
    """Adam that looks one step ahead along its momentum.

    At step t, counted from 1, with μₜ = β₁ (1 − ½ · 0.96ᵗ) and Πₜ = μ₁ μ₂ … μₜ:
    m ← m + (g − m)(1 − β₁), v ← v + (g² − v)(1 − β₂),
    m̂ = μₜ₊₁ m / (1 − Πₜ₊₁) + (1 − μₜ) g / (1 − Πₜ), v̂ = v / (1 − β₂ᵗ), w ← w − η m̂ / (√v̂ + ε).

    Args:
        learning_rate: η.
        beta_1: β₁.
        beta_2: β₂.
        epsilon: ε.

    Source: `keras.optimizers.Nadam`; Dozat, "Incorporating Nesterov Momentum into Adam", 2016.
    """

    hyper_parameters = ("beta_1", "beta_2", "epsilon")

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **shared: Unpack[SharedOptions],
    ) -> None:
        super().__init__(learning_rate, **shared)
        self.beta_1 = self._between_0_and_1("beta_1", beta_1)
        self.beta_2 = self._between_0_and_1("beta_2", beta_2)
        self.epsilon = self._at_least_0("epsilon", epsilon)

    @property
    def slots(self) -> tuple[tuple[str, ...], ...]:
        return (("momentum", "velocity"),)

    def build(self, weights: Mapping[str, Array]) -> None:
        first = not self.built
        super().build(weights)
        if first:  # Π is part of the state, after all else
            self._extra[f"{self.name}/variable"] = np.ones((), next(iter(weights.values())).dtype)

    def begin_step(self) -> None:
        product = self._extra[f"{self.name}/variable"]
        product[...] = product * self._momentum_at(self.iterations + 1, product.dtype.type)

    def _momentum_at(self, step: int, number: Any) -> Any:
        return number(self.beta_1) * (number(1) - number(0.5) * number(0.96) ** number(step))

    def update(self, weight: Array, gradient: Gradient, rate: Any, slots: Mapping[str, Array]) -> None:
        number = weight.dtype.type
        one, step = number(1), self.iterations + 1
        now, ahead = self._momentum_at(step, number), self._momentum_at(step + 1, number)
        product = number(self._extra[f"{self.name}/variable"])
        of_gradient, of_momentum = one - product, one - product * ahead
        correction = one - number(self.beta_2) ** number(step)
        keep_1, keep_2 = one - number(self.beta_1), one - number(self.beta_2)
        for w, g, m, v, t, s in blocks(weight, gradient, slots["momentum"], slots["velocity"], scratch=2):
            np.subtract(g.values, m, out=t)
            t *= keep_1
            m += t
            g.square(out=t)
            t -= v
            t *= keep_2
            v += t
            np.multiply(m, ahead, out=t)
            t /= of_momentum
            np.multiply(g.values, one - now, out=s)
            s /= of_gradient
            t += s  # m̂
            np.divide(v, correction, out=s)
            np.sqrt(s, out=s)
            s += self.epsilon
            t *= rate
            t /= s
            w -= t
