"""Activation: a function of every value, as a layer of its own."""

from __future__ import annotations

from maju.layers import activations
from maju.layers.base import Array, Backward, Layer
from maju.layers.registry import layer

__all__ = ["ActivationLayer"]


@layer
class ActivationLayer(Layer):
    """Apply an activation function: y = φ(x).

    Shapes:
        x and y: the same, (batch, ...).

    Source: `keras.layers.Activation`; the functions are in `maju.layers.activations`.
    """

    keras_class = "Activation"
    masking = "passes"
    hyper_parameters = ("activation",)

    def __init__(self, activation: str | None, *, name: str | None = None) -> None:
        super().__init__(name)
        self.activation = activations.get(activation).name

    def forward(self, x: Array, training: bool = False, mask: Array | None = None) -> Array:
        y: Array = activations.get(self.activation)(x)
        return y

    def vjp(self, x: Array, training: bool = True, mask: Array | None = None) -> tuple[Array, Backward]:
        activation = activations.get(self.activation)
        y = activation(x)
        return y, lambda dy: (activation.gradient(x, y, dy), {})
