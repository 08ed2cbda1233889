"""Dense: a fully connected layer."""

from __future__ import annotations

import numpy as np

from maju.errors import InputError
from maju.layers import activations
from maju.layers.base import Array, Backward, Config, Shape
from maju.layers.dtypes import as_float
from maju.layers.quantizable import QuantizableLayer
from maju.layers.registry import layer

__all__ = ["DenseLayer"]


@layer
class DenseLayer(QuantizableLayer):
    """Every output sees every input: y = φ(x·W + b).

    Shapes:
        x: (batch, ..., inputs). kernel W: (inputs, units). bias b: (units,). y: (batch, ..., units).

    Source: `keras.layers.Dense`.
    """

    keras_class = "Dense"
    masking = "passes"
    hyper_parameters = ("units", "activation", "use_bias")
    derived = frozenset({"units", "use_bias"})

    def __init__(
        self,
        kernel: Array,
        bias: Array | None = None,
        *,
        activation: str | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.kernel = kernel
        self.bias = bias
        self.activation = activations.get(activation).name

    @property
    def units(self) -> int:
        """How many outputs there are."""
        return int(self.kernel.shape[1])

    @property
    def use_bias(self) -> bool:
        """Whether a bias is added."""
        return self.bias is not None

    @classmethod
    def plain_shapes(cls, config: Config, input_shape: Shape | None) -> dict[str, Shape]:
        shapes: dict[str, Shape] = {"kernel": (input_shape[-1] if input_shape else None, config["units"])}
        if config.get("use_bias", True):
            shapes["bias"] = (config["units"],)
        return shapes

    def forward(self, x: Array, training: bool = False, mask: Array | None = None) -> Array:
        y: Array = activations.get(self.activation)(self._affine(x))
        return y

    def _affine(self, x: Array) -> Array:
        x = as_float(x)
        if x.shape[-1] != self.kernel.shape[0]:
            raise InputError(
                f"layer {self.name!r} (Dense): expected {self.kernel.shape[0]} values on the last axis, "
                f"got shape {x.shape}"
            )
        z = self.rounded(self.quantized(x, axes=(-1,)) @ self.kernel)
        return np.asarray(z if self.bias is None else self.rounded(z + self.bias))

    def vjp(self, x: Array, training: bool = True, mask: Array | None = None) -> tuple[Array, Backward]:
        self.no_gradient()
        activation = activations.get(self.activation)
        x = as_float(x)
        z = self._affine(x)
        y = activation(z)

        def backward(dy: Array) -> tuple[Array, dict[str, Array]]:
            dz = activation.gradient(z, y, dy)
            rows_x, rows_dz = x.reshape(-1, x.shape[-1]), dz.reshape(-1, dz.shape[-1])
            gradients = {"kernel": rows_x.T @ rows_dz}  # (inputs, units)
            if self.bias is not None:
                gradients["bias"] = rows_dz.sum(axis=0)  # (units,)
            return dz @ self.kernel.T, gradients

        return y, backward

    def output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape[:-1], self.units)
