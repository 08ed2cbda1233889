"""Penalties on absolute values and on squares."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from maju.regularizers.regularizer import Array, Regularizer, amount

__all__ = ["L1", "L1L2", "L2"]


class L1L2(Regularizer):
    """l1·Σ|w| + l2·Σw², with gradient l1·sign(w) + 2·l2·w.

    Args:
        l1: the factor of the absolute values; None is 0.
        l2: the factor of the squares; None is 0.

    Source: `keras.regularizers.L1L2`.
    """

    arguments: ClassVar[tuple[str, ...]] = ("l1", "l2")

    def __init__(self, l1: float | None = 0.0, l2: float | None = 0.0) -> None:
        self.l1 = amount(0.0 if l1 is None else l1, f"{type(self).__name__}: l1")
        self.l2 = amount(0.0 if l2 is None else l2, f"{type(self).__name__}: l2")

    def __call__(self, w: Array) -> float:
        penalty: Any = 0.0
        if self.l1:
            penalty += w.dtype.type(self.l1) * np.abs(w).sum()
        if self.l2:
            penalty += w.dtype.type(self.l2) * np.square(w).sum()
        return float(penalty)

    def gradient(self, w: Array) -> Array:
        return np.asarray(w.dtype.type(self.l1) * np.sign(w) + w.dtype.type(2 * self.l2) * w)


class L1(L1L2):
    """l1·Σ|w|, with gradient l1·sign(w).

    Args:
        l1: the factor; None is 0.01.

    Source: `keras.regularizers.L1`.
    """

    arguments = ("l1",)

    def __init__(self, l1: float | None = 0.01) -> None:
        super().__init__(l1=0.01 if l1 is None else l1)


class L2(L1L2):
    """l2·Σw², with gradient 2·l2·w.

    Args:
        l2: the factor; None is 0.01.

    Source: `keras.regularizers.L2`.
    """

    arguments = ("l2",)

    def __init__(self, l2: float | None = 0.01) -> None:
        super().__init__(l2=0.01 if l2 is None else l2)
