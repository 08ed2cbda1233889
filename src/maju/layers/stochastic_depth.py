"""StochasticDepth: in training, whole rows of a block's output are dropped."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np

from maju.layers.base import Array
from maju.layers.noise import NoiseLayer, probability
from maju.layers.registry import layer

__all__ = ["StochasticDepthLayer"]


@layer
class StochasticDepthLayer(NoiseLayer):
    """In training, set each row of the batch to 0 with probability ``drop_path_rate``, else scale it up.

    y = x / (1 − drop_path_rate), or 0; outside training y = x.

    Shapes:
        x and y: the same, (batch, ...).

    Source: Huang et al., 2016, and `StochasticDepth` of `keras.applications.convnext`.
    """

    keras_class = "StochasticDepth"
    keras_module = "keras.src.applications.convnext"
    masking: ClassVar[Literal["uses", "passes", "drops"]] = "drops"
    hyper_parameters = ("drop_path_rate",)

    def __init__(self, drop_path_rate: float, *, name: str | None = None) -> None:
        super().__init__(name=name)
        self.drop_path_rate = probability(drop_path_rate)

    @property
    def active(self) -> bool:
        return self.drop_path_rate > 0

    def draw(self, x: Array) -> tuple[Any, Any]:
        self.refuse_one(self.drop_path_rate)
        rows = self.rng.random((len(x),) + (1,) * (x.ndim - 1)) >= self.drop_path_rate
        return (rows / (1 - self.drop_path_rate)).astype(x.dtype), np.zeros((), x.dtype)
