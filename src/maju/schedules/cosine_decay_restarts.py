"""CosineDecayRestarts."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from maju.schedules.checked import real, steps
from maju.schedules.learning_rate_schedule import Float, LearningRateSchedule

__all__ = ["CosineDecayRestarts"]


class CosineDecayRestarts(LearningRateSchedule):
    """A cosine that falls, jumps up again, and falls again over a longer time.

    In the period i, which is t_mul^i times as long as the first, and of which the share p has passed:
    η(t) = η₀ · ((1 − α) · ½ m_mul^i (1 + cos(π p)) + α).

    Args:
        initial_learning_rate: η₀.
        first_decay_steps: the length of the first period.
        alpha: α, the share of the learning rate that is left at the end of a period.

    Source: `keras.optimizers.schedules.CosineDecayRestarts`; Loshchilov and Hutter, "SGDR", 2016.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: float,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
        name: str = "SGDRDecay",
    ) -> None:
        self.initial_learning_rate = real(
            "CosineDecayRestarts", "initial_learning_rate", initial_learning_rate
        )
        self.first_decay_steps = steps("CosineDecayRestarts", "first_decay_steps", first_decay_steps)
        self.t_mul = real("CosineDecayRestarts", "t_mul", t_mul, least=1)
        self.m_mul = real("CosineDecayRestarts", "m_mul", m_mul, least=0)
        self.alpha = real("CosineDecayRestarts", "alpha", alpha)
        self.name = name

    def value(self, step: np.float32) -> Any:
        one, longer, alpha = Float(1), Float(self.t_mul), Float(self.alpha)
        passed = step / Float(self.first_decay_steps)  # in lengths of the first period
        if longer == one:
            period = np.floor(passed)
            passed = passed - period
        else:  # the first i periods are (1 − t_mul^i) / (1 − t_mul) long
            period = np.floor(np.log(one - passed * (one - longer)) / np.log(longer))
            before = (one - np.power(longer, period)) / (one - longer)
            passed = (passed - before) / np.power(longer, period)
        height = Float(0.5) * np.power(Float(self.m_mul), period)
        cosine = height * (one + np.cos(Float(math.pi) * passed))
        return Float(self.initial_learning_rate) * ((one - alpha) * cosine + alpha)
