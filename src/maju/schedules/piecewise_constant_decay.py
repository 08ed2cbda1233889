"""PiecewiseConstantDecay."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from maju.errors import InputError
from maju.schedules.checked import real
from maju.schedules.learning_rate_schedule import LearningRateSchedule

__all__ = ["PiecewiseConstantDecay"]


class PiecewiseConstantDecay(LearningRateSchedule):
    """η(t) is the first value up to and with the first boundary, the second up to the next, and so on.

    Args:
        boundaries: the last step of every value but the last one, in rising order.
        values: the learning rates, one more than there are boundaries.

    Source: `keras.optimizers.schedules.PiecewiseConstantDecay`.
    """

    def __init__(
        self, boundaries: Sequence[float], values: Sequence[float], name: str = "PiecewiseConstant"
    ) -> None:
        for key, given in [("boundaries", boundaries), ("values", values)]:
            if not isinstance(given, (list, tuple)):
                raise InputError(f"PiecewiseConstantDecay: {key}={given!r}; expected a list of numbers")
            for number in given:
                real("PiecewiseConstantDecay", key, number)
        if len(values) != len(boundaries) + 1:
            raise InputError(
                "PiecewiseConstantDecay: expected one more of values than of boundaries, "
                f"got {len(values)} and {len(boundaries)}"
            )
        if any(low >= high for low, high in pairwise(boundaries)):
            raise InputError(f"PiecewiseConstantDecay: boundaries={boundaries!r}; expected rising numbers")
        self.boundaries = list(boundaries)
        self.values = list(values)
        self.name = name

    def value(self, step: np.float32) -> Any:
        return np.float32(self.values[bisect_left(self.boundaries, float(step))])
