"""LayerScale: a learned factor for each channel, as ConvNeXt has one at the end of each block."""

from __future__ import annotations

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array, Backward, Config, Layer, Shape
from maju.layers.dtypes import as_float
from maju.layers.registry import layer

__all__ = ["LayerScaleLayer"]


@layer
class LayerScaleLayer(Layer):
    """Multiply each channel by a number of its own: y = x ∘ γ.

    Shapes:
        x and y: the same, (batch, ..., channels). gamma γ: (channels,), or (1,) for all of them.

    Source: Touvron et al., "Going deeper with Image Transformers", 2021, and `LayerScale` of
    `keras.applications.convnext`.
    """

    keras_class = "LayerScale"
    keras_module = "keras.src.applications.convnext"
    hyper_parameters = ("init_values", "projection_dim")
    derived = frozenset({"projection_dim"})

    def __init__(self, gamma: Array, *, init_values: float = 1e-6, name: str | None = None) -> None:
        super().__init__(name)
        self.gamma = gamma
        self.init_values = init_values

    @property
    def projection_dim(self) -> int:
        """How many numbers gamma holds."""
        return int(self.gamma.shape[0])

    @classmethod
    def weight_shapes(cls, config: Config, input_shape: Shape | None) -> dict[str, Shape]:
        return {"gamma": (config["projection_dim"],)}

    def forward(self, x: Array, training: bool = False, mask: object = None) -> Array:
        if x.ndim < 2 or self.projection_dim not in (1, x.shape[-1]):
            where = f"layer {self.name!r} (LayerScale)"
            raise InputError(
                f"{where}: expected {self.projection_dim} channels on the last axis, got x of {x.shape}"
            )
        return np.asarray(as_float(x) * self.gamma)

    def vjp(self, x: Array, training: bool = True, mask: object = None) -> tuple[Array, Backward]:
        def backward(dy: Array) -> tuple[Array, dict[str, Array]]:
            shares = (dy * x).reshape(-1, self.projection_dim)
            return dy * self.gamma, {"gamma": shares.sum(axis=0)}

        return self.forward(x, training, mask), backward
