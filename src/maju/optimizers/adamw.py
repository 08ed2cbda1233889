"""AdamW."""

from __future__ import annotations

from typing import Unpack

from maju.errors import InputError
from maju.optimizers.adam import Adam
from maju.optimizers.optimizer import OtherOptions
from maju.schedules import LearningRateSchedule

__all__ = ["AdamW"]


class AdamW(Adam):
    """Adam with a weight decay beside it: w ← w − η λ w, and then the step of Adam.

    Args:
        weight_decay: λ.

    Source: `keras.optimizers.AdamW`; Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019.
    """

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **shared: Unpack[OtherOptions],
    ) -> None:
        if weight_decay is None:
            raise InputError("AdamW: weight_decay=None; expected a number of 0 or more, or else take Adam")
        super().__init__(learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay=weight_decay, **shared)
