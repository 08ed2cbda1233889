"""Normalization: numbers to mean 0 and variance 1, by what a data set had."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array, Backward, Config, Layer, Shape
from maju.layers.dtypes import as_float
from maju.layers.registry import layer

__all__ = ["NormalizationLayer"]

#: No deviation counts as smaller than this.
EPSILON = 1e-7


@layer
class NormalizationLayer(Layer):
    """Take a mean off and divide by a deviation: y = (x − m) / max(√v, ε), with ``invert`` the other way.

    m and v were given to Keras as hyper-parameters, or learned from data and stored as weights.

    Shapes:
        x and y: (batch, ...). m and v: the lengths of x along ``axis``, in the order of the axes; a given
            one is stretched to that.

    Source: `keras.layers.Normalization`.
    """

    keras_class = "Normalization"
    masking = "passes"
    hyper_parameters = ("axis", "mean", "variance", "invert")
    choices = {"invert": (False, True)}
    non_trainable = frozenset({"mean", "variance", "count"})

    def __init__(
        self,
        mean: Any,
        variance: Any,
        count: Array | None = None,
        *,
        axis: int | Sequence[int] | None = -1,
        invert: bool = False,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.axis = () if axis is None else (axis,) if isinstance(axis, int) else tuple(axis)
        self.mean = mean
        self.variance = variance
        #: How many rows they were learned from, where they were learned.
        self.count = count
        self.invert = invert
        if np.shape(mean) != np.shape(variance):
            raise ValueError(f"mean and variance of shapes {np.shape(mean)} and {np.shape(variance)}")

    @classmethod
    def weight_shapes(cls, config: Config, input_shape: Shape | None) -> dict[str, Shape]:
        if config.get("mean") is not None:
            return {}
        axis = config.get("axis", -1)
        axes = [] if axis is None else [axis] if isinstance(axis, int) else axis
        lengths: Shape = tuple(None for _ in axes)
        if input_shape is not None:
            rank = len(input_shape)
            lengths = tuple(input_shape[place] for place in sorted(a % rank for a in axes))
        return {"mean": lengths, "variance": lengths, "count": ()}

    @classmethod
    def from_config(cls, config: Config, weights: Any = None) -> NormalizationLayer:
        learned = {key for key in ("mean", "variance") if config.get(key) is None}
        return super().from_config({k: v for k, v in config.items() if k not in learned}, weights)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        learned = self.count is not None
        for key in ("mean", "variance"):
            config[key] = None if learned else np.asarray(config[key]).tolist()
        return config

    def forward(self, x: Array, training: bool = False, mask: Array | None = None) -> Array:
        x = as_float(x)
        mean, deviation = self._stretched(x)
        return mean + x * deviation if self.invert else (x - mean) / deviation

    def vjp(self, x: Array, training: bool = True, mask: Array | None = None) -> tuple[Array, Backward]:
        y = self.forward(x, training, mask)
        _, deviation = self._stretched(as_float(x))
        return y, lambda dy: (dy * deviation if self.invert else dy / deviation, {})

    def _stretched(self, x: Array) -> tuple[Array, Array]:
        """The mean and the deviation in shapes that broadcast against x."""
        mean, variance = (np.asarray(part, x.dtype) for part in (self.mean, self.variance))
        inside = all(-x.ndim <= axis < x.ndim for axis in self.axis)
        axes = sorted(axis % x.ndim for axis in self.axis) if inside else []
        shape = [1] * x.ndim
        for place in range(1, mean.ndim + 1):
            if place <= len(axes):
                shape[axes[-place]] = mean.shape[-place]
        fits = inside and mean.ndim <= len(axes)
        if not fits or any(n not in (1, x.shape[axis]) for axis, n in enumerate(shape)):
            where = f"layer {self.name!r} (Normalization)"
            raise InputError(
                f"{where}: a mean of shape {mean.shape} along axis {self.axis} does not fit x of {x.shape}"
            )
        return mean.reshape(shape), np.maximum(np.sqrt(variance), EPSILON).reshape(shape)
