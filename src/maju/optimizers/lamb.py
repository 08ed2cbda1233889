"""Lamb: Adam whose steps are measured by the weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

import numpy as np

from maju.layers.base import Array
from maju.optimizers.gradient import Gradient, blocks
from maju.optimizers.optimizer import Optimizer, SharedOptions
from maju.schedules import LearningRateSchedule

__all__ = ["Lamb"]


class Lamb(Optimizer):
    """Adam, but that the step of each weight has the length η ‖w‖.

    At step t, counted from 1: m ← m + (g − m)(1 − β₁), v ← v + (g² − v)(1 − β₂),
    u = m / (1 − β₁ᵗ) / (√(v / (1 − β₂ᵗ)) + ε), w ← w − η u ‖w‖ / ‖u‖, or w − η u where a norm is 0.

    Args:
        learning_rate: η.
        beta_1: β₁.
        beta_2: β₂.
        epsilon: ε.

    Source: `keras.optimizers.Lamb`; You et al., "Large Batch Optimization for Deep Learning", 2020.
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

    def update(self, weight: Array, gradient: Gradient, rate: Any, slots: Mapping[str, Array]) -> None:
        number = weight.dtype.type
        one, step = number(1), number(self.iterations + 1)
        correction_1, correction_2 = one - number(self.beta_1) ** step, one - number(self.beta_2) ** step
        change = np.empty_like(weight)
        of_weight = of_change = 0.0  # squares of norms
        for w, g, m, v, u, t in blocks(weight, gradient, slots["momentum"], slots["velocity"], change):
            np.subtract(g.values, m, out=t)
            t *= 1 - self.beta_1
            m += t
            g.square(out=t)
            t -= v
            t *= 1 - self.beta_2
            v += t
            np.divide(v, correction_2, out=t)
            np.sqrt(t, out=t)
            t += self.epsilon
            np.divide(m, correction_1, out=u)
            u /= t
            of_weight += float(np.vdot(w, w))
            of_change += float(np.vdot(u, u))
        ratio = np.sqrt(number(of_weight)) / np.sqrt(number(of_change)) if of_weight and of_change else one
        change *= ratio * rate
        weight -= change
