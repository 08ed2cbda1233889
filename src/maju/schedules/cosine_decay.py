"""CosineDecay."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from maju.schedules.checked import real, steps
from maju.schedules.learning_rate_schedule import Float, LearningRateSchedule

__all__ = ["CosineDecay"]


class CosineDecay(LearningRateSchedule):
    """η(t) = η₀ · ((1 − α) · ½ (1 + cos(π t / steps)) + α), and η₀ α from then on.

    With a warm-up the learning rate first rises in a straight line from η₀ to the target, which then takes
    the place of η₀, and t counts from the end of the warm-up.

    Args:
        initial_learning_rate: η₀.
        decay_steps: over how many steps it falls, the warm-up not counted.
        alpha: α, the share of the learning rate that stays in the end.
        warmup_target: the learning rate after the warm-up; None for no warm-up.

    Source: `keras.optimizers.schedules.CosineDecay`; Loshchilov and Hutter, "SGDR", 2016; the warm-up:
    Goyal et al., "Accurate, Large Minibatch SGD", 2017.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        alpha: float = 0.0,
        name: str = "CosineDecay",
        warmup_target: float | None = None,
        warmup_steps: float = 0,
    ) -> None:
        self.initial_learning_rate = real("CosineDecay", "initial_learning_rate", initial_learning_rate)
        self.decay_steps = steps("CosineDecay", "decay_steps", decay_steps)
        self.alpha = real("CosineDecay", "alpha", alpha)
        self.name = name
        self.warmup_target = warmup_target
        if warmup_target is not None:
            self.warmup_target = real("CosineDecay", "warmup_target", warmup_target)
        self.warmup_steps = steps("CosineDecay", "warmup_steps", warmup_steps) if warmup_steps != 0 else 0

    def value(self, step: np.float32) -> Any:
        start, steps = Float(self.initial_learning_rate), Float(self.decay_steps)
        if self.warmup_target is None:
            return self._decayed(start, np.minimum(step, steps) / steps)
        target, warmup = Float(self.warmup_target), Float(self.warmup_steps)
        step = np.minimum(step, steps + warmup)
        if step < warmup:
            return (target - start) * (step / warmup) + start
        return self._decayed(target, (step - warmup) / steps)

    def _decayed(self, start: np.float32, done: np.float32) -> Any:
        cosine = Float(0.5) * (Float(1) + np.cos(Float(math.pi) * done))
        return start * (Float(1 - self.alpha) * cosine + Float(self.alpha))
