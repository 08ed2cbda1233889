"""PolynomialDecay."""

from __future__ import annotations

from typing import Any

import numpy as np

from maju.schedules.checked import flag, real, steps
from maju.schedules.learning_rate_schedule import Float, LearningRateSchedule

__all__ = ["PolynomialDecay"]


class PolynomialDecay(LearningRateSchedule):
    """η(t) = (η₀ − η₁) · (1 − t / steps)^power + η₁, and η₁ from then on.

    Args:
        initial_learning_rate: η₀.
        end_learning_rate: η₁.
        cycle: whether it starts to fall again, from ever lower, whenever η₁ is reached: `decay_steps` is then
            the next multiple of itself.

    Source: `keras.optimizers.schedules.PolynomialDecay`.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str = "PolynomialDecay",
    ) -> None:
        self.initial_learning_rate = real("PolynomialDecay", "initial_learning_rate", initial_learning_rate)
        self.decay_steps = steps("PolynomialDecay", "decay_steps", decay_steps)
        self.end_learning_rate = real("PolynomialDecay", "end_learning_rate", end_learning_rate)
        self.power = real("PolynomialDecay", "power", power)
        self.cycle = flag("PolynomialDecay", "cycle", cycle)
        self.name = name

    def value(self, step: np.float32) -> Any:
        steps, end = Float(self.decay_steps), Float(self.end_learning_rate)
        if self.cycle:
            steps = steps * (np.ceil(step / steps) if step else Float(1))
        else:
            step = np.minimum(step, steps)
        left = np.power(Float(1) - step / steps, Float(self.power))
        return (Float(self.initial_learning_rate) - end) * left + end
