"""ExponentialDecay."""

from __future__ import annotations

from typing import Any

import numpy as np

from maju.schedules.checked import flag, real, steps
from maju.schedules.learning_rate_schedule import Float, LearningRateSchedule

__all__ = ["ExponentialDecay"]


class ExponentialDecay(LearningRateSchedule):
    """η(t) = η₀ · rate^(t / steps), where a staircase takes the whole part of t / steps.

    Args:
        initial_learning_rate: η₀.
        decay_steps: in how many steps the learning rate falls by the factor `decay_rate`.
        staircase: whether it falls all at once, every `decay_steps` steps.

    Source: `keras.optimizers.schedules.ExponentialDecay`.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str = "ExponentialDecay",
    ) -> None:
        self.initial_learning_rate = real("ExponentialDecay", "initial_learning_rate", initial_learning_rate)
        self.decay_steps = steps("ExponentialDecay", "decay_steps", decay_steps)
        self.decay_rate = real("ExponentialDecay", "decay_rate", decay_rate)
        self.staircase = flag("ExponentialDecay", "staircase", staircase)
        self.name = name

    def value(self, step: np.float32) -> Any:
        p = step / Float(self.decay_steps)
        if self.staircase:
            p = np.floor(p)
        return Float(self.initial_learning_rate) * np.power(Float(self.decay_rate), p)
