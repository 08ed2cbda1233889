"""What the losses over categories share: softmax, smoothed labels, probabilities that add up to 1."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np

from maju.losses.loss import Array, clipped

__all__ = ["log_softmax", "more_than_one", "probabilities", "smoothed"]


def log_softmax(logits: Array, axis: int) -> Array:
    """The logarithm of softmax, by a shift that no exponential overflows with."""
    shifted = logits - logits.max(axis=axis, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True)))


def smoothed(y_true: Array, label_smoothing: float) -> Array:
    """The labels with this share of them spread evenly over the categories."""
    if not label_smoothing:
        return y_true
    return np.asarray(y_true * (1 - label_smoothing) + label_smoothing / y_true.shape[-1])


def probabilities(y_pred: Array, axis: int) -> tuple[Array, Callable[[Array], Array]]:
    """The predictions over their sum, clipped, and the way back."""
    total = y_pred.sum(axis=axis, keepdims=True)
    share = y_pred / total
    p, inside = clipped(share)

    def backward(dp: Array) -> Array:
        dshare = dp * inside
        return np.asarray((dshare - (dshare * share).sum(axis=axis, keepdims=True)) / total)

    return p, backward


def more_than_one(y_pred: Array, name: str) -> None:
    """Warn of one category, with which every prediction is right."""
    if y_pred.shape[-1] == 1:
        warnings.warn(
            f"loss {name!r}: y_pred has shape {y_pred.shape}, one category, of which the loss is 0 whatever "
            "is predicted; for two classes take 'binary_crossentropy'",
            stacklevel=2,
        )
