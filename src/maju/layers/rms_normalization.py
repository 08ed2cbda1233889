"""RMSNormalization: the values of each row at a mean square of 1, then scaled."""

from __future__ import annotations

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array, Backward, Config, Shape
from maju.layers.normalizing import Axes, NormalizingLayer, as_axes, lengths_along
from maju.layers.registry import layer

__all__ = ["RMSNormalizationLayer"]


@layer
class RMSNormalizationLayer(NormalizingLayer):
    """Divide the values along some axes by the root of their mean square: y = scale · x / √(mean(x²) + ε).

    As in Keras, ``scale`` lies along the *last* axes of x whatever ``axis`` says; a shape that it does not
    fit there is refused.

    Shapes:
        x and y: the same, (batch, ...). scale: the lengths of x along ``axis``.

    Source: Zhang & Sennrich, 2019, and `keras.layers.RMSNormalization`.
    """

    keras_class = "RMSNormalization"
    hyper_parameters = ("axis", "epsilon")

    def __init__(
        self, scale: Array, *, axis: Axes = -1, epsilon: float = 1e-6, name: str | None = None
    ) -> None:
        super().__init__(name)
        self.scale = scale
        self.axis = as_axes(axis)
        self.epsilon = epsilon

    @classmethod
    def weight_shapes(cls, config: Config, input_shape: Shape | None) -> dict[str, Shape]:
        return {"scale": lengths_along(config.get("axis", -1), input_shape)}

    def forward(self, x: Array, training: bool = False, mask: Array | None = None) -> Array:
        normal, _ = self._normal(x)
        return np.asarray(normal * self.scale)

    def _normal(self, x: Array) -> tuple[Array, Array]:
        """X at a mean square of 1, and the factor that brought it there."""
        axes = self.axes_of(x)
        lengths = zip(self.scale.shape[::-1], x.shape[::-1], strict=False)
        if self.scale.ndim > x.ndim or any(n not in (1, m) for n, m in lengths):
            where = f"layer {self.name!r} (RMSNormalization)"
            expected = f"{self.scale.shape} as the last lengths, since scale lies along them"
            raise InputError(f"{where}: expected {expected}, got shape {x.shape}")
        squares = np.square(x).mean(axis=axes, keepdims=True)
        inverse = 1 / np.sqrt(squares + np.asarray(self.epsilon, x.dtype))
        return x * inverse, inverse

    def vjp(self, x: Array, training: bool = True, mask: Array | None = None) -> tuple[Array, Backward]:
        (normal, inverse), axes = self._normal(x), self.axes_of(x)
        stretched = tuple(i for i, n in enumerate(self.scale.shape) if n == 1)
        before = tuple(range(x.ndim - self.scale.ndim))

        def backward(dy: Array) -> tuple[Array, dict[str, Array]]:
            d_scale = (dy * normal).sum(axis=before).sum(axis=stretched, keepdims=True)
            d = dy * self.scale
            along = (d * normal).mean(axis=axes, keepdims=True)
            return (d - normal * along) * inverse, {"scale": d_scale}

        return np.asarray(normal * self.scale), backward

    def output_shape(self, input_shape: Shape) -> Shape:
        lengths_along(self.axis, input_shape)  # an axis that is not there is an error
        return input_shape
