"""The squared hinge loss."""

from __future__ import annotations

import numpy as np

from maju.losses.hinge_labels import signs
from maju.losses.loss import Array, ElementwiseLoss, Slope

__all__ = ["SquaredHinge"]


class SquaredHinge(ElementwiseLoss):
    """The mean over the last axis of max(1 − y·ŷ, 0)².

    Labels of 0 and 1 are taken as −1 and 1, if the whole batch has no others.

    Shapes:
        y_true, y_pred: (batch, ..., n). Values: (batch, ...).

    Source: `keras.losses.SquaredHinge`.
    """

    def elements(self, y_true: Array, y_pred: Array) -> tuple[Array, Slope]:
        sign = signs(y_true)
        margin = np.maximum(1 - sign * y_pred, 0)
        return np.square(margin), lambda: -2 * sign * margin
