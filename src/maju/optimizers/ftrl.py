"""Ftrl: follow the regularized leader."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array
from maju.optimizers.gradient import Gradient, blocks
from maju.optimizers.optimizer import Optimizer, SharedOptions
from maju.schedules import LearningRateSchedule
from maju.schedules.checked import real

__all__ = ["Ftrl"]


class Ftrl(Optimizer):
    """Weights that are computed anew from sums over all steps, and exactly 0 where L1 outweighs these.

    With s = −(learning_rate_power): n = a + g²,
    z ← z + g + 2 λ₃ w − w (nˢ − aˢ) / η,
    w ← (clip(z, −λ₁, λ₁) − z) / (nˢ / η + 2 λ₂ + β / η), and a ← n.

    Args:
        learning_rate: η.
        initial_accumulator_value: the first a.
        l1_regularization_strength: λ₁.
        l2_regularization_strength: λ₂.
        l2_shrinkage_regularization_strength: λ₃, which shrinks a weight only where there is a gradient.
        beta: β.

    Source: `keras.optimizers.Ftrl`; McMahan et al., "Ad Click Prediction", 2013.
    """

    hyper_parameters = (
        "learning_rate_power",
        "initial_accumulator_value",
        "l1_regularization_strength",
        "l2_regularization_strength",
        "l2_shrinkage_regularization_strength",
        "beta",
    )

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float = 0.0,
        **shared: Unpack[SharedOptions],
    ) -> None:
        super().__init__(learning_rate, **shared)
        self.learning_rate_power = real("Ftrl", "learning_rate_power", learning_rate_power)
        if self.learning_rate_power > 0:
            raise InputError(f"Ftrl: learning_rate_power={learning_rate_power!r}; expected 0 or less")
        self.initial_accumulator_value = self._at_least_0(
            "initial_accumulator_value", initial_accumulator_value
        )
        self.l1_regularization_strength = self._at_least_0(
            "l1_regularization_strength", l1_regularization_strength
        )
        self.l2_regularization_strength = self._at_least_0(
            "l2_regularization_strength", l2_regularization_strength
        )
        self.l2_shrinkage_regularization_strength = self._at_least_0(
            "l2_shrinkage_regularization_strength", l2_shrinkage_regularization_strength
        )
        self.beta = self._at_least_0("beta", beta)

    @property
    def slots(self) -> tuple[tuple[str, ...], ...]:
        return (("accumulator", "linear"),)

    def new_slot(self, slot: str, path: str, weight: Array) -> Array:
        first = self.initial_accumulator_value if slot == "accumulator" else 0
        return np.full(weight.shape, first, weight.dtype)

    def update(self, weight: Array, gradient: Gradient, rate: Any, slots: Mapping[str, Array]) -> None:
        number = weight.dtype.type
        l1, shrinkage = self.l1_regularization_strength, 2 * self.l2_shrinkage_regularization_strength
        l2 = number(2) * (number(self.l2_regularization_strength) + number(self.beta) / (number(2) * rate))
        accumulator, linear = slots["accumulator"], slots["linear"]
        for w, g, a, z, t, s in blocks(weight, gradient, accumulator, linear, scratch=2):
            self._power(a, out=t)
            g.square(out=s)
            a += s
            self._power(a, out=s)
            np.subtract(s, t, out=t)
            t /= rate
            t *= w
            w *= shrinkage
            w += g.values
            w -= t
            z += w
            s /= rate
            s += l2
            np.clip(z, -l1, l1, out=w)
            w -= z
            w /= s

    def _power(self, x: Array, out: Array) -> None:
        if self.learning_rate_power == -0.5:
            np.sqrt(x, out=out)
        else:
            np.power(x, -self.learning_rate_power, out=out)
