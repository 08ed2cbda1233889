"""The derivative of a power."""

from __future__ import annotations

import numpy as np

from maju.losses.loss import Array

__all__ = ["power_slope"]


def power_slope(x: Array, exponent: float) -> Array:
    """γ·x^(γ − 1), and 0 for γ = 0, also where x is 0."""
    return np.zeros_like(x) if exponent == 0 else np.asarray(exponent * x ** (exponent - 1))
