"""LeakyReLU: the rectifier that lets some through below 0, as a layer of its own."""

from __future__ import annotations

from maju.layers import activations
from maju.layers.base import Array, Backward, Layer
from maju.layers.registry import layer

__all__ = ["LeakyReLULayer"]


@layer
class LeakyReLULayer(Layer):
    """Rectify every value, but let some through below 0: y = x for x > 0, else negative_slope · x.

    Shapes:
        x and y: the same, (batch, ...).

    Source: `keras.layers.LeakyReLU`.
    """

    keras_class = "LeakyReLU"
    masking = "passes"
    hyper_parameters = ("negative_slope",)

    def __init__(self, negative_slope: float = 0.3, *, name: str | None = None) -> None:
        super().__init__(name)
        self.negative_slope = negative_slope

    def forward(self, x: Array, training: bool = False, mask: Array | None = None) -> Array:
        y: Array = activations.get("leaky_relu", negative_slope=self.negative_slope)(x)
        return y

    def vjp(self, x: Array, training: bool = True, mask: Array | None = None) -> tuple[Array, Backward]:
        leaky_relu = activations.get("leaky_relu", negative_slope=self.negative_slope)
        y = leaky_relu(x)
        return y, lambda dy: (leaky_relu.gradient(x, y, dy), {})
