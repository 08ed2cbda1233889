"""Adafactor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

import numpy as np

from maju.layers.base import Array
from maju.optimizers.gradient import Gradient
from maju.optimizers.optimizer import Optimizer, SharedOptions
from maju.schedules import LearningRateSchedule
from maju.schedules.checked import flag, real

__all__ = ["Adafactor"]


class Adafactor(Optimizer):
    """The mean square of the gradient of a matrix, kept as one number a row and one a column.

    At step t, counted from 1, with β = 1 − t^decay and RMS(x) the root of the mean of x²:
    r ← β r + (1 − β) mean of (g² + ε₁) over each row, c likewise over each column, v = r cᵀ / mean(r);
    of a vector v ← β v + (1 − β)(g² + ε₁);
    u = g / √v, w ← w − min(η, 1/√t) · max(ε₂, RMS(w)) · u / max(1, RMS(u) / threshold).
    What has more than two axes is a stack of matrices, over its last two.

    Args:
        learning_rate: η.
        beta_2_decay: the exponent of β.
        epsilon_1: ε₁.
        epsilon_2: ε₂.
        clip_threshold: from which RMS of u on a step is made shorter.
        relative_step: whether η is at most 1/√t; without a schedule it comes to the same.

    Source: `keras.optimizers.Adafactor`; Shazeer and Stern, "Adafactor", 2018.
    """

    hyper_parameters = ("beta_2_decay", "epsilon_1", "epsilon_2", "clip_threshold", "relative_step")

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        beta_2_decay: float = -0.8,
        epsilon_1: float = 1e-30,
        epsilon_2: float = 1e-3,
        clip_threshold: float = 1.0,
        relative_step: bool = True,
        **shared: Unpack[SharedOptions],
    ) -> None:
        super().__init__(learning_rate, **shared)
        self.beta_2_decay = real("Adafactor", "beta_2_decay", beta_2_decay)
        self.epsilon_1 = self._at_least_0("epsilon_1", epsilon_1)
        self.epsilon_2 = self._at_least_0("epsilon_2", epsilon_2)
        self.clip_threshold = self._at_least_0("clip_threshold", clip_threshold)
        self.relative_step = flag("Adafactor", "relative_step", relative_step)

    @property
    def slots(self) -> tuple[tuple[str, ...], ...]:
        return (("row", "column", "velocity"),)

    def new_slot(self, slot: str, path: str, weight: Array) -> Array:
        if slot == "velocity":
            return np.zeros(weight.shape, weight.dtype)
        if weight.ndim < 2:
            return np.zeros((), np.int32)  # Keras keeps a place for it
        shape = weight.shape[:-1] if slot == "row" else (*weight.shape[:-2], weight.shape[-1])
        return np.zeros(shape, weight.dtype)

    def update(self, weight: Array, gradient: Gradient, rate: Any, slots: Mapping[str, Array]) -> None:
        number = weight.dtype.type
        one, step = number(1), number(self.iterations + 1)
        alpha = np.maximum(number(self.epsilon_2), _rms(weight)) * np.minimum(rate, one / np.sqrt(step))
        beta = one - step ** number(self.beta_2_decay)
        velocity = slots["velocity"]
        squares = np.empty(weight.shape, weight.dtype)
        gradient.square(out=squares)
        squares += self.epsilon_1
        if weight.ndim < 2:
            squares *= one - beta
            velocity *= beta
            velocity += squares
        else:
            row, column = slots["row"], slots["column"]
            row *= beta
            row += (one - beta) * squares.mean(axis=-1)
            column *= beta
            column += (one - beta) * squares.mean(axis=-2)
            share = row / row.mean(axis=-1, keepdims=True)
            np.multiply(share[..., None], column[..., None, :], out=velocity)
        gradient.square(out=squares)
        squares /= velocity  # u²
        too_long = np.maximum(one, np.sqrt(squares.mean()) / number(self.clip_threshold))
        change = np.sqrt(velocity, out=squares)
        np.divide(gradient.values, change, out=change)
        change /= too_long
        change *= alpha
        weight -= change


def _rms(x: Array) -> Any:
    return np.sqrt(np.mean(np.square(x)))
