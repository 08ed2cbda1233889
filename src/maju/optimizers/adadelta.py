"""Adadelta."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

import numpy as np

from maju.layers.base import Array
from maju.optimizers.gradient import Gradient, blocks
from maju.optimizers.optimizer import Optimizer, SharedOptions
from maju.schedules import LearningRateSchedule

__all__ = ["Adadelta"]


class Adadelta(Optimizer):
    """Steps in proportion to the steps before, so that they have the units of the weights.

    a ← ρ a + (1 − ρ) g², δ = g √(d + ε) / √(a + ε), d ← ρ d + (1 − ρ) δ², w ← w − η δ.

    Args:
        learning_rate: η; 1 is what the paper has.
        rho: ρ.
        epsilon: ε.

    Source: `keras.optimizers.Adadelta`; Zeiler, "ADADELTA", 2012.
    """

    hyper_parameters = ("rho", "epsilon")

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        rho: float = 0.95,
        epsilon: float = 1e-7,
        **shared: Unpack[SharedOptions],
    ) -> None:
        super().__init__(learning_rate, **shared)
        self.rho = self._between_0_and_1("rho", rho)
        self.epsilon = self._at_least_0("epsilon", epsilon)

    @property
    def slots(self) -> tuple[tuple[str, ...], ...]:
        return (("accumulated_grad", "accumulated_delta_var"),)

    def update(self, weight: Array, gradient: Gradient, rate: Any, slots: Mapping[str, Array]) -> None:
        grads, deltas = slots["accumulated_grad"], slots["accumulated_delta_var"]
        for w, g, a, d, t, s in blocks(weight, gradient, grads, deltas, scratch=2):
            g.square(out=t)
            t *= 1 - self.rho
            a *= self.rho
            a += t
            np.add(a, self.epsilon, out=s)
            np.add(d, self.epsilon, out=t)
            np.sqrt(s, out=s)
            np.sqrt(t, out=t)
            np.divide(t, s, out=s)  # δ / g
            g.square(out=t)
            t *= s
            t *= s
            t *= 1 - self.rho
            d *= self.rho
            d += t
            s *= g.values
            s *= rate
            w -= s
