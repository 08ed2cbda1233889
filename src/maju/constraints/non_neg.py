"""No weight below zero."""

from __future__ import annotations

import numpy as np

from maju.constraints.constraint import Array, Constraint

__all__ = ["NonNeg"]


class NonNeg(Constraint):
    """max(w, 0).

    Source: `keras.constraints.NonNeg`.
    """

    def __call__(self, w: Array) -> Array:
        return np.asarray(np.maximum(w, 0))
