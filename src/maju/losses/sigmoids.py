"""What the losses of yes and no share: the sigmoid, smoothed labels, the cross-entropy from logits."""

from __future__ import annotations

import numpy as np

from maju.errors import InputError
from maju.losses.loss import Array, clipped

__all__ = ["check_labels", "crossentropy", "crossentropy_of_logits", "sigmoid", "smoothed"]


def check_labels(y_true: Array, name: str) -> None:
    """Refuse labels that are no probabilities.

    Raises:
        InputError: one is below 0 or above 1.
    """
    wrong = (y_true < 0) | (y_true > 1)
    if wrong.any():
        place = np.argwhere(wrong)[0]
        raise InputError(
            f"loss {name!r}: label {y_true[tuple(place)]:g} in row {place[0]}; expected labels from 0 to 1; "
            "for numbers of categories take 'sparse_categorical_crossentropy'"
        )


def sigmoid(x: Array) -> Array:
    """1 / (1 + e⁻ˣ), by an exponential that never overflows."""
    small = np.exp(-np.abs(x))
    return np.asarray(np.where(x >= 0, 1, small) / (1 + small))


def smoothed(y_true: Array, label_smoothing: float) -> Array:
    """The labels moved this share of the way to ½."""
    return y_true * (1 - label_smoothing) + label_smoothing / 2 if label_smoothing else y_true


def crossentropy_of_logits(true: Array, x: Array) -> Array:
    """−y·ln σ(x) − (1 − y)·ln(1 − σ(x)) = max(x, 0) − x·y + ln(1 + e⁻|ˣ|)."""
    return np.asarray(np.maximum(x, 0) - x * true + np.log1p(np.exp(-np.abs(x))))


def crossentropy(true: Array, y_pred: Array) -> tuple[Array, Array]:
    """−y·ln p − (1 − y)·ln(1 − p) with p held between ε and 1 − ε, and its derivative by y_pred."""
    p, inside = clipped(y_pred)
    values = -(true * np.log(p) + (1 - true) * np.log(1 - p))
    return values, np.where(inside, (1 - true) / (1 - p) - true / p, 0)
