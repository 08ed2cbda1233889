"""PReLU: the leaky rectifier whose slopes are learned."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array, Backward, Config, Layer, Shape
from maju.layers.registry import layer

__all__ = ["PReLULayer"]


@layer
class PReLULayer(Layer):
    """Rectify every value, with a slope below 0 that is learned: y = max(x, 0) + α · min(x, 0).

    Shapes:
        x and y: the same, (batch, ...). alpha α: x's shape without the batch, 1 along ``shared_axes``.

    Source: He et al., 2015, and `keras.layers.PReLU`.
    """

    keras_class = "PReLU"
    masking = "passes"
    hyper_parameters = ("shared_axes",)

    def __init__(
        self, alpha: Array, *, shared_axes: int | Sequence[int] | None = None, name: str | None = None
    ) -> None:
        super().__init__(name)
        self.alpha = alpha
        self.shared_axes = [shared_axes] if isinstance(shared_axes, int) else shared_axes

    @classmethod
    def weight_shapes(cls, config: Config, input_shape: Shape | None) -> dict[str, Shape]:
        if input_shape is None:
            return {"alpha": ()}
        shared = config.get("shared_axes") or ()
        axes = enumerate(input_shape[1:], start=1)
        return {"alpha": tuple(1 if axis in shared else length for axis, length in axes)}

    def forward(self, x: Array, training: bool = False, mask: Array | None = None) -> Array:
        fits = x.ndim == self.alpha.ndim + 1 and all(
            length in (1, n) for length, n in zip(self.alpha.shape, x.shape[1:], strict=True)
        )
        if not fits:
            where = f"layer {self.name!r} (PReLU)"
            raise InputError(f"{where}: slopes of shape {self.alpha.shape} do not fit x of shape {x.shape}")
        return np.asarray(np.maximum(x, 0) + self.alpha * np.minimum(x, 0))

    def vjp(self, x: Array, training: bool = True, mask: Array | None = None) -> tuple[Array, Backward]:
        def backward(dy: Array) -> tuple[Array, dict[str, Array]]:
            shared = tuple(axis + 1 for axis, length in enumerate(self.alpha.shape) if length == 1)
            slope = (dy * np.minimum(x, 0)).sum(axis=(0, *shared), keepdims=True)[0]
            return dy * np.where(x > 0, 1, self.alpha), {"alpha": slope}

        return self.forward(x, training, mask), backward
