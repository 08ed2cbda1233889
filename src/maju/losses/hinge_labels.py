"""Labels of two classes as the hinge losses take them."""

from __future__ import annotations

import numpy as np

from maju.losses.loss import Array

__all__ = ["signs"]


def signs(y_true: Array) -> Array:
    """The labels with 0 and 1 as −1 and 1; as they are, if the batch has any other."""
    binary = np.all((y_true == 0) | (y_true == 1))
    return 2 * y_true - 1 if binary else y_true
