"""SGD: gradient descent, with momentum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

import numpy as np

from maju.layers.base import Array
from maju.optimizers.gradient import Gradient, blocks
from maju.optimizers.optimizer import Optimizer, SharedOptions
from maju.schedules import LearningRateSchedule
from maju.schedules.checked import flag

__all__ = ["SGD"]


class SGD(Optimizer):
    """w ← w − η g.

    With a momentum μ there is a velocity, m ← μ m − η g, and w ← w + m; with Nesterov's momentum
    w ← w + μ m − η g, with the new m.

    Args:
        learning_rate: η.
        momentum: μ.
        nesterov: whether the momentum is Nesterov's.

    Source: `keras.optimizers.SGD`; Sutskever et al., "On the importance of initialization and momentum in
    deep learning", 2013.
    """

    hyper_parameters = ("momentum", "nesterov")

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        **shared: Unpack[SharedOptions],
    ) -> None:
        super().__init__(learning_rate, **shared)
        self.momentum = self._between_0_and_1("momentum", momentum)
        self.nesterov = flag("SGD", "nesterov", nesterov)

    @property
    def slots(self) -> tuple[tuple[str, ...], ...]:
        return (("momentum",),) if self.momentum else ()

    def update(self, weight: Array, gradient: Gradient, rate: Any, slots: Mapping[str, Array]) -> None:
        if not self.momentum:
            for w, g, t in blocks(weight, gradient):
                np.multiply(g.values, rate, out=t)
                w -= t
            return
        for w, g, m, t, s in blocks(weight, gradient, slots["momentum"], scratch=2):
            np.multiply(g.values, rate, out=t)
            m *= self.momentum
            m -= t
            if self.nesterov:
                np.multiply(m, self.momentum, out=s)
                s -= t
                w += s
            else:
                w += m
