"""RMSprop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

import numpy as np

from maju.layers.base import Array
from maju.optimizers.gradient import Gradient, blocks
from maju.optimizers.optimizer import Optimizer, SharedOptions
from maju.schedules import LearningRateSchedule
from maju.schedules.checked import flag

__all__ = ["RMSprop"]


class RMSprop(Optimizer):
    """The gradient divided by the root of a running mean of its square.

    v ← ρ v + (1 − ρ) g², w ← w − η g / √(v + ε).
    Centered: there is also a ← ρ a + (1 − ρ) g, and v − a² takes the place of v in the root.
    With a momentum μ: m ← μ m + η g / √(v + ε), w ← w − m.

    Args:
        learning_rate: η.
        rho: ρ.
        momentum: μ.
        epsilon: ε, inside the root.
        centered: whether the mean of the gradient is taken off.

    Source: `keras.optimizers.RMSprop`; Hinton, "Neural Networks for Machine Learning", lecture 6, 2012.
    """

    hyper_parameters = ("rho", "momentum", "epsilon", "centered")

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        **shared: Unpack[SharedOptions],
    ) -> None:
        super().__init__(learning_rate, **shared)
        self.rho = self._between_0_and_1("rho", rho)
        self.momentum = self._between_0_and_1("momentum", momentum)
        self.epsilon = self._at_least_0("epsilon", epsilon)
        self.centered = flag("RMSprop", "centered", centered)

    @property
    def slots(self) -> tuple[tuple[str, ...], ...]:
        momentum = (("momentum",),) if self.momentum else ()
        average = (("average_gradient",),) if self.centered else ()
        return (("velocity",), *momentum, *average)

    def update(self, weight: Array, gradient: Gradient, rate: Any, slots: Mapping[str, Array]) -> None:
        velocity = slots["velocity"]
        momentum = slots.get("momentum", velocity)  # where there is none, it is not touched
        average = slots.get("average_gradient", velocity)
        for w, g, v, m, a, t, s in blocks(weight, gradient, velocity, momentum, average, scratch=2):
            g.square(out=t)
            t *= 1 - self.rho
            v *= self.rho
            v += t
            if self.centered:
                np.multiply(g.values, 1 - self.rho, out=t)
                a *= self.rho
                a += t
                np.square(a, out=t)
                np.subtract(v, t, out=s)
                s += self.epsilon
            else:
                np.add(v, self.epsilon, out=s)
            np.sqrt(s, out=s)
            np.multiply(g.values, rate, out=t)
            t /= s
            if self.momentum:
                m *= self.momentum
                m += t
                w -= m
            else:
                w -= t
