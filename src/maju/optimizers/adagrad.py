"""Adagrad."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

import numpy as np

from maju.layers.base import Array
from maju.optimizers.gradient import Gradient, blocks
from maju.optimizers.optimizer import Optimizer, SharedOptions
from maju.schedules import LearningRateSchedule

__all__ = ["Adagrad"]


class Adagrad(Optimizer):
    """The gradient divided by the root of the sum of all its squares so far.

    a ← a + g², w ← w − η g / √(a + ε).

    Args:
        learning_rate: η.
        initial_accumulator_value: the first a.
        epsilon: ε, inside the root.

    Source: `keras.optimizers.Adagrad`; Duchi et al., "Adaptive Subgradient Methods", 2011.
    """

    hyper_parameters = ("initial_accumulator_value", "epsilon")

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        **shared: Unpack[SharedOptions],
    ) -> None:
        super().__init__(learning_rate, **shared)
        self.initial_accumulator_value = self._at_least_0(
            "initial_accumulator_value", initial_accumulator_value
        )
        self.epsilon = self._at_least_0("epsilon", epsilon)

    @property
    def slots(self) -> tuple[tuple[str, ...], ...]:
        return (("accumulator",),)

    def new_slot(self, slot: str, path: str, weight: Array) -> Array:
        return np.full(weight.shape, self.initial_accumulator_value, weight.dtype)

    def update(self, weight: Array, gradient: Gradient, rate: Any, slots: Mapping[str, Array]) -> None:
        for w, g, a, t, s in blocks(weight, gradient, slots["accumulator"], scratch=2):
            g.square(out=t)
            a += t
            np.add(a, self.epsilon, out=s)
            np.sqrt(s, out=s)
            np.multiply(g.values, rate, out=t)
            t /= s
            w -= t
