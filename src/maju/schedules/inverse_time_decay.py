"""InverseTimeDecay."""

from __future__ import annotations

from typing import Any

import numpy as np

from maju.schedules.checked import flag, real, steps
from maju.schedules.learning_rate_schedule import Float, LearningRateSchedule

__all__ = ["InverseTimeDecay"]


class InverseTimeDecay(LearningRateSchedule):
    """η(t) = η₀ / (1 + rate · t / steps), where a staircase takes the whole part of t / steps.

    Args:
        initial_learning_rate: η₀.
        staircase: whether the learning rate falls all at once, every `decay_steps` steps.

    Source: `keras.optimizers.schedules.InverseTimeDecay`.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str = "InverseTimeDecay",
    ) -> None:
        self.initial_learning_rate = real("InverseTimeDecay", "initial_learning_rate", initial_learning_rate)
        self.decay_steps = steps("InverseTimeDecay", "decay_steps", decay_steps)
        self.decay_rate = real("InverseTimeDecay", "decay_rate", decay_rate)
        self.staircase = flag("InverseTimeDecay", "staircase", staircase)
        self.name = name

    def value(self, step: np.float32) -> Any:
        p = step / Float(self.decay_steps)
        if self.staircase:
            p = np.floor(p)
        return Float(self.initial_learning_rate) / (Float(1) + Float(self.decay_rate) * p)
