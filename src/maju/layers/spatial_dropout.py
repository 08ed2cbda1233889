"""What the three spatial dropouts share."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array, Backward, Config
from maju.layers.noise import NoiseLayer, probability

__all__ = ["SpatialDropout"]


class SpatialDropout(NoiseLayer):
    """Dropout that silences whole channels of a row: all their places at once."""

    hyper_parameters: ClassVar[tuple[str, ...]] = ("rate", "seed", "data_format")
    choices = {"data_format": ("channels_last", "channels_first")}
    only = {"noise_shape": ...}  # Keras 2 stored it, and never looked at it
    #: How many axes there are beside the batch's and the channels'.
    rank: ClassVar[int]

    def __init__(
        self,
        rate: float,
        *,
        seed: int | None = None,
        data_format: str = "channels_last",
        name: str | None = None,
    ) -> None:
        super().__init__(seed, name)
        self.rate = probability(rate)
        self.data_format = data_format

    def keep_extra(self, config: Config) -> None:
        super().keep_extra(config)
        self.extra_config.pop("noise_shape", None)  # Keras 3 does not take it

    @property
    def active(self) -> bool:
        return self.rate > 0

    def draw(self, x: Array) -> tuple[Any, Any]:
        channels = 1 if self.data_format == "channels_first" else x.ndim - 1
        shape = tuple(n if axis in (0, channels) else 1 for axis, n in enumerate(x.shape))
        kept = self.rng.random(shape) >= self.rate  # nowhere, if the rate is 1
        return kept / np.asarray(max(1 - self.rate, np.finfo(x.dtype).tiny), x.dtype), 0

    def forward(self, x: Array, training: bool = False, mask: Array | None = None) -> Array:
        self._check_axes(x)
        return super().forward(x, training, mask)

    def vjp(self, x: Array, training: bool = True, mask: Array | None = None) -> tuple[Array, Backward]:
        self._check_axes(x)
        return super().vjp(x, training, mask)

    def _check_axes(self, x: Array) -> None:
        if x.ndim != self.rank + 2:
            where = f"layer {self.name!r} ({self.keras_class})"
            raise InputError(f"{where}: expected {self.rank + 2} axes, got shape {x.shape}")
