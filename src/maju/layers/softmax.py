"""Softmax: values to probabilities, as a layer of its own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from maju.errors import InputError
from maju.layers import activations
from maju.layers.base import Array, Backward, Layer
from maju.layers.registry import layer

__all__ = ["SoftmaxLayer"]


@layer
class SoftmaxLayer(Layer):
    """Make the values along an axis positive and sum to 1: y_i = e^(x_i) / Σ_j e^(x_j).

    Where the mask is False, y is 0 and x counts for nothing. With ``empty_rows`` "uniform", as in Keras
    before 3.10, what is masked is made less by 10⁹ and no more: values that are all masked share the sum.

    Shapes:
        x and y: the same, (batch, ...). mask: broadcast against x from the last axis on.

    Source: `keras.layers.Softmax`.
    """

    keras_class = "Softmax"
    masking = "uses"
    call_arguments = ("mask",)
    hyper_parameters = ("axis", "empty_rows")
    choices = {"empty_rows": ("zeros", "uniform")}
    beyond_keras = {"empty_rows": "zeros"}

    def __init__(
        self, axis: int | Sequence[int] = -1, *, empty_rows: str = "zeros", name: str | None = None
    ) -> None:
        super().__init__(name)
        self.axis = axis if isinstance(axis, int) else tuple(axis)
        self.empty_rows = empty_rows

    def forward(self, x: Array, training: bool = False, mask: Array | None = None) -> Array:
        softmax = activations.get("softmax", axis=self.axis)
        if mask is None:
            return np.asarray(softmax(x))
        kept = self._kept(x, np.asarray(mask))
        lowest = -3e4 if x.dtype == np.float16 else -1e9
        if self.empty_rows == "uniform":
            return np.asarray(softmax(x + np.where(kept, 0, lowest).astype(x.dtype)))
        return np.where(kept, softmax(np.where(kept, x, lowest)), 0)

    def vjp(self, x: Array, training: bool = True, mask: Array | None = None) -> tuple[Array, Backward]:
        softmax = activations.get("softmax", axis=self.axis)
        y = self.forward(x, training, mask)
        return y, lambda dy: (softmax.gradient(x, y, dy), {})  # 0 where y is: a mask needs no more

    def _kept(self, x: Array, mask: Array) -> Array:
        """Which values count, in a shape that broadcasts against x."""
        lengths = zip(mask.shape[::-1], x.shape[::-1], strict=False)
        if mask.ndim > x.ndim or any(length not in (1, axis) for length, axis in lengths):
            raise InputError(
                f"layer {self.name!r} (Softmax): a mask of shape {mask.shape} does not broadcast "
                f"against x of shape {x.shape}"
            )
        return np.asarray(mask if mask.dtype == bool else mask > 0.5)

    def compute_mask(self, x: Array, mask: Array | None = None) -> Array | None:
        return mask
