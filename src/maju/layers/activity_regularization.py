"""ActivityRegularization: a term of the loss in training, and nothing else."""

from __future__ import annotations

from maju.layers.base import Array, Backward, Layer
from maju.layers.registry import layer

__all__ = ["ActivityRegularizationLayer"]


@layer
class ActivityRegularizationLayer(Layer):
    """Hand x on as it is; in training, add ``l1`` · Σ |x| + ``l2`` · Σ x² to the loss.

    The loss is the training loop's, and so is the gradient of this term: the way back is that of y = x.

    Shapes:
        x and y: the same, any.

    Source: `keras.layers.ActivityRegularization`.
    """

    keras_class = "ActivityRegularization"
    masking = "passes"
    hyper_parameters = ("l1", "l2")

    def __init__(self, l1: float = 0.0, l2: float = 0.0, *, name: str | None = None) -> None:
        super().__init__(name)
        self.l1 = l1
        self.l2 = l2

    def forward(self, x: Array, training: bool = False, mask: Array | None = None) -> Array:
        return x

    def vjp(self, x: Array, training: bool = True, mask: Array | None = None) -> tuple[Array, Backward]:
        return x, lambda dy: (dy, {})
