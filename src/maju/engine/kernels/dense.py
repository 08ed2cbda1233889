"""Dense, with the normalization and the activation behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from maju.engine.frame import Frame
from maju.engine.kernels.activate import in_place
from maju.engine.kernels.affine import Affine
from maju.engine.kernels.kernel import Fused, Places
from maju.engine.lowering import Instruction
from maju.layers.activations import Activation
from maju.layers.base import Array
from maju.layers.batch_normalization import BatchNormalizationLayer
from maju.layers.dense import DenseLayer

__all__ = ["DenseKernel"]


class DenseKernel(Fused):
    """Y = φ(x·W + b) in one product, into memory that was there before."""

    kind = "one product"

    def __init__(
        self,
        instructions: Sequence[Instruction],
        places: Places,
        layer: DenseLayer,
        normalization: BatchNormalizationLayer | None,
        activation: Activation,
    ) -> None:
        super().__init__(instructions, places)
        self.affine = Affine(layer.kernel, layer.bias).then(normalization)
        self.activate = in_place(activation)

    def fits(self, x: Array, mask: Any) -> bool:
        return x.ndim > 1 and x.shape[-1] == len(self.affine.kernel)

    def compute(self, x: Array, mask: Any, frame: Frame) -> Array:
        y = self.made(frame, *x.shape[:-1], self.affine.kernel.shape[1])
        rows = y.reshape(-1, y.shape[-1])
        np.matmul(x.reshape(-1, x.shape[-1]), self.affine.kernel, out=rows)
        if self.affine.bias is not None:
            rows += self.affine.bias
        self.activate(y)
        return y

    def mask(self, x: Array, mask: Any) -> Any:
        return mask  # which Dense, normalization and activation hand on
