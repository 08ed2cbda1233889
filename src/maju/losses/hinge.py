"""The hinge loss of a maximum-margin classifier."""

from __future__ import annotations

import numpy as np

from maju.losses.hinge_labels import signs
from maju.losses.loss import Array, ElementwiseLoss, Slope

__all__ = ["Hinge"]


class Hinge(ElementwiseLoss):
    """The mean over the last axis of max(1 − y·ŷ, 0).

    Labels of 0 and 1 are taken as −1 and 1, if the whole batch has no others.

    Shapes:
        y_true, y_pred: (batch, ..., n). Values: (batch, ...).

    Source: `keras.losses.Hinge`.
    """

    def elements(self, y_true: Array, y_pred: Array) -> tuple[Array, Slope]:
        sign = signs(y_true)
        margin = 1 - sign * y_pred
        return np.maximum(margin, 0), lambda: np.where(margin >= 0, -sign, 0)
