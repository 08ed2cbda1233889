"""A penalty on vectors that are not at right angles."""

from __future__ import annotations

import numpy as np

from maju.errors import InputError
from maju.losses.unit_vectors import unit_vectors
from maju.regularizers.regularizer import Array, Regularizer, amount

__all__ = ["OrthogonalRegularizer"]


class OrthogonalRegularizer(Regularizer):
    """The factor times the mean of |uᵢ·uⱼ| over all pairs of unit vectors u, the rows or the columns of w.

    Args:
        factor: by which the mean is multiplied.
        mode: ``"rows"`` or ``"columns"``.

    Shapes:
        w: (rows, columns), two or more of what the mode says.

    Source: `keras.regularizers.OrthogonalRegularizer`.
    """

    arguments = ("factor", "mode")

    def __init__(self, factor: float = 0.01, mode: str = "rows") -> None:
        self.factor = amount(factor, "OrthogonalRegularizer: factor")
        if mode not in ("rows", "columns"):
            raise InputError(f"OrthogonalRegularizer: mode={mode!r}; expected 'rows' or 'columns'")
        self.mode = mode

    def _vectors(self, w: Array) -> Array:
        vectors = w.T if self.mode == "columns" and w.ndim == 2 else w
        if w.ndim != 2 or len(vectors) < 2:
            raise InputError(f"OrthogonalRegularizer: expected two {self.mode} or more, got shape {w.shape}")
        return vectors

    def __call__(self, w: Array) -> float:
        u, _ = unit_vectors(self._vectors(w), 1)
        products = np.abs(u @ u.T) * (1 - np.eye(len(u), dtype=u.dtype))
        return float(self.factor * products.sum() / (len(u) * (len(u) - 1)))

    def gradient(self, w: Array) -> Array:
        u, to_vectors = unit_vectors(self._vectors(w), 1)
        # Each product stands in the sum twice, as (i, j) and as (j, i).
        signs = np.sign(u @ u.T) * (1 - np.eye(len(u), dtype=u.dtype))
        dw = to_vectors(u.dtype.type(2 * self.factor / (len(u) * (len(u) - 1))) * (signs @ u))
        return dw.T if self.mode == "columns" else dw
