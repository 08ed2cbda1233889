"""Lion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array
from maju.optimizers.gradient import Gradient, blocks
from maju.optimizers.optimizer import Optimizer, SharedOptions
from maju.schedules import LearningRateSchedule

__all__ = ["Lion"]


class Lion(Optimizer):
    """Steps of one length, whose direction is the sign of a mixture of momentum and gradient.

    w ← w − η sign(β₁ m + (1 − β₁) g), and then m ← β₂ m + (1 − β₂) g.

    Args:
        learning_rate: η.
        beta_1: β₁, above 0.
        beta_2: β₂.

    Source: `keras.optimizers.Lion`; Chen et al., "Symbolic Discovery of Optimization Algorithms", 2023.
    """

    hyper_parameters = ("beta_1", "beta_2")

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
        **shared: Unpack[SharedOptions],
    ) -> None:
        super().__init__(learning_rate, **shared)
        self.beta_1 = self._between_0_and_1("beta_1", beta_1)
        self.beta_2 = self._between_0_and_1("beta_2", beta_2)
        if self.beta_1 == 0:
            raise InputError("Lion: beta_1=0; expected a number above 0, or else it is the sign of g alone")

    @property
    def slots(self) -> tuple[tuple[str, ...], ...]:
        return (("momentum",),)

    def update(self, weight: Array, gradient: Gradient, rate: Any, slots: Mapping[str, Array]) -> None:
        number = weight.dtype.type
        of_1, of_2 = number(1) - number(self.beta_1), number(1) - number(self.beta_2)
        for w, g, m, t, s in blocks(weight, gradient, slots["momentum"], scratch=2):
            np.multiply(m, self.beta_1, out=t)
            np.multiply(g.values, of_1, out=s)
            t += s
            np.sign(t, out=t)
            t *= rate
            w -= t
            m *= self.beta_2
            np.multiply(g.values, of_2, out=s)
            m += s
