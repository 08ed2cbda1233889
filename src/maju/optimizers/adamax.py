"""Adamax."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

import numpy as np

from maju.layers.base import Array
from maju.optimizers.gradient import Gradient, blocks
from maju.optimizers.optimizer import Optimizer, SharedOptions
from maju.schedules import LearningRateSchedule

__all__ = ["Adamax"]


class Adamax(Optimizer):
    """Adam with the largest gradient in place of the root of the mean square.

    At step t, counted from 1:
    m ← m + (g − m)(1 − β₁), u ← max(β₂ u, |g|), w ← w − η m / ((1 − β₁ᵗ)(u + ε)).

    Args:
        learning_rate: η.
        beta_1: β₁.
        beta_2: β₂.
        epsilon: ε.

    Source: `keras.optimizers.Adamax`; Kingma and Ba, "Adam", 2015, section 7.
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
        return (("momentum", "norm"),)

    def update(self, weight: Array, gradient: Gradient, rate: Any, slots: Mapping[str, Array]) -> None:
        number = weight.dtype.type
        correction = number(1) - number(self.beta_1) ** number(self.iterations + 1)
        for w, g, m, u, t, s in blocks(weight, gradient, slots["momentum"], slots["norm"], scratch=2):
            np.subtract(g.values, m, out=t)
            t *= 1 - self.beta_1
            m += t
            g.magnitude(out=t)
            u *= self.beta_2
            np.maximum(u, t, out=u)
            np.add(u, self.epsilon, out=s)
            s *= correction
            np.multiply(m, rate, out=t)
            t /= s
            w -= t
