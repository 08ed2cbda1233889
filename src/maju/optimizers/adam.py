"""Adam."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

import numpy as np

from maju.layers.base import Array
from maju.optimizers.gradient import Gradient, blocks
from maju.optimizers.optimizer import Optimizer, SharedOptions
from maju.schedules import LearningRateSchedule
from maju.schedules.checked import flag

__all__ = ["Adam"]


class Adam(Optimizer):
    """Steps of about the same length in every direction, from running means of the gradient and its square.

    At step t, counted from 1:
    m ← m + (g − m)(1 − β₁), v ← v + (g² − v)(1 − β₂), α = η √(1 − β₂ᵗ) / (1 − β₁ᵗ), w ← w − α m / (√v + ε).
    With AMSGrad the largest v so far takes the place of v in the last.

    Args:
        learning_rate: η.
        beta_1: β₁.
        beta_2: β₂.
        epsilon: ε; "ε̂" of the paper, outside the correction for the first steps.

    Source: `keras.optimizers.Adam`; Kingma and Ba, "Adam", 2015; AMSGrad: Reddi et al., "On the Convergence
    of Adam and Beyond", 2018.
    """

    hyper_parameters = ("beta_1", "beta_2", "epsilon", "amsgrad")

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **shared: Unpack[SharedOptions],
    ) -> None:
        super().__init__(learning_rate, **shared)
        self.beta_1 = self._between_0_and_1("beta_1", beta_1)
        self.beta_2 = self._between_0_and_1("beta_2", beta_2)
        self.epsilon = self._at_least_0("epsilon", epsilon)
        self.amsgrad = flag(type(self).__name__, "amsgrad", amsgrad)

    @property
    def slots(self) -> tuple[tuple[str, ...], ...]:
        moments = ("momentum", "velocity")
        return (moments, ("velocity_hat",)) if self.amsgrad else (moments,)

    def update(self, weight: Array, gradient: Gradient, rate: Any, slots: Mapping[str, Array]) -> None:
        number = weight.dtype.type
        one, step = number(1), number(self.iterations + 1)
        alpha = rate * np.sqrt(one - number(self.beta_2) ** step) / (one - number(self.beta_1) ** step)
        momentum, velocity = slots["momentum"], slots["velocity"]
        largest = slots["velocity_hat"] if self.amsgrad else velocity
        for w, g, m, v, v_hat, t, s in blocks(weight, gradient, momentum, velocity, largest, scratch=2):
            np.subtract(g.values, m, out=t)
            t *= 1 - self.beta_1
            m += t
            g.square(out=t)
            t -= v
            t *= 1 - self.beta_2
            v += t
            if self.amsgrad:
                np.maximum(v_hat, v, out=v_hat)
            np.sqrt(v_hat, out=s)
            s += self.epsilon
            np.multiply(m, alpha, out=t)
            t /= s
            w -= t
