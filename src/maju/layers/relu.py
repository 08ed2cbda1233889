"""ReLU: the rectifier, with a cap, a threshold and a slope, as a layer of its own."""

from __future__ import annotations

from maju.layers import activations
from maju.layers.base import Array, Backward, Layer
from maju.layers.registry import layer

__all__ = ["ReLULayer"]


@layer
class ReLULayer(Layer):
    """Rectify every value: y = min(x, max_value) for x > threshold, else negative_slope · (x − threshold).

    Shapes:
        x and y: the same, (batch, ...).

    Source: `keras.layers.ReLU`.
    """

    keras_class = "ReLU"
    masking = "passes"
    hyper_parameters = ("max_value", "negative_slope", "threshold")

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        *,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.max_value = max_value
        self.negative_slope = negative_slope
        self.threshold = threshold

    @property
    def _relu(self) -> activations.Activation:
        return activations.get(
            "relu",
            max_value=self.max_value,
            negative_slope=self.negative_slope,
            threshold=self.threshold,
        )

    def forward(self, x: Array, training: bool = False, mask: Array | None = None) -> Array:
        y: Array = self._relu(x)
        return y

    def vjp(self, x: Array, training: bool = True, mask: Array | None = None) -> tuple[Array, Backward]:
        relu = self._relu
        y = relu(x)
        return y, lambda dy: (relu.gradient(x, y, dy), {})
