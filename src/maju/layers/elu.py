"""ELU: the exponential linear unit, as a layer of its own."""

from __future__ import annotations

from maju.layers import activations
from maju.layers.base import Array, Backward, Layer
from maju.layers.registry import layer

__all__ = ["ELULayer"]


@layer
class ELULayer(Layer):
    """Keep what is above 0 and bend what is below: y = x for x > 0, else alpha · (e^x − 1).

    Shapes:
        x and y: the same, (batch, ...).

    Source: `keras.layers.ELU`.
    """

    keras_class = "ELU"
    masking = "passes"
    hyper_parameters = ("alpha",)

    def __init__(self, alpha: float = 1.0, *, name: str | None = None) -> None:
        super().__init__(name)
        self.alpha = alpha

    def forward(self, x: Array, training: bool = False, mask: Array | None = None) -> Array:
        y: Array = activations.get("elu", alpha=self.alpha)(x)
        return y

    def vjp(self, x: Array, training: bool = True, mask: Array | None = None) -> tuple[Array, Backward]:
        elu = activations.get("elu", alpha=self.alpha)
        y = elu(x)
        return y, lambda dy: (elu.gradient(x, y, dy), {})
