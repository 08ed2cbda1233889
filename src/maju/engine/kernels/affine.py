"""Affine: the matrix and the bias of a layer, with the normalization after it folded in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maju.layers.base import Array
from maju.layers.batch_normalization import BatchNormalizationLayer

__all__ = ["Affine", "scale_and_shift"]


@dataclass(frozen=True)
class Affine:
    """y = x·W + b.

    Attributes:
        kernel: (inputs ..., outputs), in whatever form the layer has it.
        bias: (outputs,), or None.
    """

    kernel: Array
    bias: Array | None

    def then(self, normalization: BatchNormalizationLayer | None) -> Affine:
        """The same with a normalization after it, as one: (x·W + b)·s + t = x·(W·s) + (b·s + t)."""
        if normalization is None:
            return self
        s, t = scale_and_shift(normalization)
        bias = t if self.bias is None else np.asarray(self.bias * s + t)
        return Affine(self.kernel * s, bias)


def scale_and_shift(normalization: BatchNormalizationLayer) -> tuple[Array, Array]:
    """What a normalization does in inference, y = x·s + t: s = γ / √(σ² + ε), t = β − μ·s."""
    s = 1 / np.sqrt(normalization.moving_variance.astype(np.float64) + normalization.epsilon)
    if normalization.gamma is not None:
        s = s * normalization.gamma
    t = -normalization.moving_mean * s
    if normalization.beta is not None:
        t = t + normalization.beta
    return s.astype(np.float32), t.astype(np.float32)
