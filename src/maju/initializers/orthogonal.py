"""Orthogonal: a matrix whose columns, or rows, are at right angles and of length 1."""

from __future__ import annotations

import math

import numpy as np

from maju.errors import InputError
from maju.initializers.initializer import Array, RandomInitializer

__all__ = ["Orthogonal"]


class Orthogonal(RandomInitializer):
    """A matrix W, drawn evenly from those with WᵀW = gain²·I, or WWᵀ = gain²·I if it is broader than high.

    A random normal matrix is cut into Q·R, and the signs of R's diagonal are moved to Q: without that, the
    matrices would not be drawn evenly. A weight of more axes is a matrix with all but the last as its rows.

    Source: Saxe et al., 2014; Mezzadri, 2007.
    """

    arguments = ("gain", "seed")

    def __init__(self, gain: float = 1.0, seed: int | None = None) -> None:
        super().__init__(seed)
        self.gain = gain

    def drawn(self, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
        if len(shape) < 2:
            raise InputError(
                f"initializer Orthogonal makes weights of two axes or more, not of shape {shape}"
            )
        rows, columns = math.prod(shape[:-1]), shape[-1]
        q, r = np.linalg.qr(rng.standard_normal((max(rows, columns), min(rows, columns))))
        q = q * np.sign(np.diag(r))
        return self.gain * (q.T if rows < columns else q).reshape(shape)
