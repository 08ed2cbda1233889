"""Discretization: numbers to the bins that they fall into."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from maju.errors import Problem
from maju.layers.base import Array, Config, Layer, Shape
from maju.layers.categories import encode, encoded_shape
from maju.layers.registry import layer

__all__ = ["DiscretizationLayer"]


@layer
class DiscretizationLayer(Layer):
    """Give each number its bin: how many of the ascending ``bin_boundaries`` it reaches.

    Shapes:
        x: (batch, ...) of numbers. y: in mode int the same, of int32; else see `maju.layers.categories`.

    Source: `keras.layers.Discretization`.
    """

    keras_class = "Discretization"
    autocast = False
    hyper_parameters = ("bin_boundaries", "num_bins", "epsilon", "output_mode")
    choices = {"output_mode": ("int", "one_hot", "multi_hot", "count")}
    only = {"sparse": ...}  # Keras gives the same values as a SparseTensor

    def __init__(
        self,
        bin_boundaries: Sequence[float],
        num_bins: int | None = None,
        epsilon: float = 0.01,
        output_mode: str = "int",
        *,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.bin_boundaries = [float(boundary) for boundary in bin_boundaries]
        self.num_bins = num_bins
        self.epsilon = epsilon
        self.output_mode = output_mode
        if any(np.diff(self.bin_boundaries) < 0):
            raise ValueError(f"bin_boundaries must ascend, not {bin_boundaries!r}")

    @classmethod
    def problems(cls, config: Config, where: str) -> list[Problem]:
        found = super().problems(config, where)
        if config.get("bin_boundaries") is None:
            found.append(
                Problem(where, "the file does not hold its bin_boundaries", "call adapt, save again")
            )
        return found

    def forward(self, x: Any, training: bool = False, mask: Any = None) -> Array:
        x = np.asarray(x, np.float32)
        boundaries = np.asarray(self.bin_boundaries, np.float32)
        bins = np.searchsorted(boundaries, x.ravel(), side="right").reshape(x.shape)
        dtype = np.int32 if self.output_mode == "int" else np.float32
        return encode(bins, self.output_mode, len(self.bin_boundaries) + 1, dtype)

    def output_shape(self, input_shape: Shape) -> Shape:
        return encoded_shape(input_shape, self.output_mode, len(self.bin_boundaries) + 1)
