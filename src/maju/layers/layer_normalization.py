"""LayerNormalization: the values of each row at mean 0 and variance 1, then scaled and shifted."""

from __future__ import annotations

import math

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array, Backward, Config, Shape
from maju.layers.normalizing import (
    Axes,
    NormalizingLayer,
    as_axes,
    deviation,
    lengths_along,
    standardized_back,
)
from maju.layers.registry import layer

__all__ = ["LayerNormalizationLayer"]


@layer
class LayerNormalizationLayer(NormalizingLayer):
    """Bring the values along some axes to mean 0 and variance 1, then scale them by γ and shift them by β.

    y = γ · (x − μ) / √(σ² + ε) + β, with ``rms_scaling`` y = γ · x / √(σ² + ε)

    where μ and σ² are taken over ``axis``, anew for each place on the other axes.

    Shapes:
        x and y: the same, (batch, ...). gamma γ and beta β: the lengths of x along ``axis``.

    Source: Ba, Kiros & Hinton, 2016, and `keras.layers.LayerNormalization`.
    """

    keras_class = "LayerNormalization"
    masking = "passes"
    autocast = False
    rounds_weights = False
    hyper_parameters = ("axis", "epsilon", "center", "scale", "rms_scaling")
    derived = frozenset({"center", "scale"})
    choices = dict.fromkeys(("center", "scale", "rms_scaling"), (True, False))

    def __init__(
        self,
        gamma: Array | None = None,
        beta: Array | None = None,
        *,
        axis: Axes = -1,
        epsilon: float = 1e-3,
        rms_scaling: bool = False,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.gamma = gamma
        self.beta = beta
        self.axis = as_axes(axis)
        self.epsilon = epsilon
        self.rms_scaling = rms_scaling

    @property
    def scale(self) -> bool:
        """Whether there is a γ."""
        return self.gamma is not None

    @property
    def center(self) -> bool:
        """Whether there is a β."""
        return self.beta is not None

    @classmethod
    def weight_shapes(cls, config: Config, input_shape: Shape | None) -> dict[str, Shape]:
        rms_scaling = config.get("rms_scaling", False)  # it always has a γ, and never a β
        gamma = config.get("scale", True) or rms_scaling
        beta = config.get("center", True) and not rms_scaling
        lengths = lengths_along(config.get("axis", -1), input_shape)
        return dict.fromkeys(["gamma"] * gamma + ["beta"] * beta, lengths)

    def forward(self, x: Array, training: bool = False, mask: Array | None = None) -> Array:
        axes = self.axes_of(x)
        centred, inverse = deviation(x, axes, self.epsilon)
        normal = (x if self.rms_scaling else centred) * inverse
        gamma, beta = self._spread(self.gamma, x, axes), self._spread(self.beta, x, axes)
        scaled = normal if gamma is None else normal * gamma
        return np.asarray(scaled if beta is None else scaled + beta)

    def _spread(self, weight: Array | None, x: Array, axes: tuple[int, ...]) -> Array | None:
        """A weight with an axis for each of x, 1 long where it is shared."""
        if weight is None:
            return None
        shape = [length if axis in axes else 1 for axis, length in enumerate(x.shape)]
        if weight.size != math.prod(shape):
            where = f"layer {self.name!r} (LayerNormalization)"
            expected = f"{weight.shape} values along axis {self.axis}"
            raise InputError(f"{where}: expected {expected}, got shape {x.shape}")
        return weight.reshape(shape).astype(np.result_type(x.dtype, np.float32), copy=False)

    def vjp(self, x: Array, training: bool = True, mask: Array | None = None) -> tuple[Array, Backward]:
        y = self.forward(x, training, mask)
        axes = self.axes_of(x)
        gamma = self._spread(self.gamma, x, axes)
        centred, inverse = deviation(x, axes, self.epsilon)
        normal = (x if self.rms_scaling else centred) * inverse
        others = tuple(axis for axis in range(x.ndim) if axis not in axes)

        def backward(dy: Array) -> tuple[Array, dict[str, Array]]:
            gradients = {}
            if self.gamma is not None:
                gradients["gamma"] = (dy * normal).sum(axis=others).reshape(self.gamma.shape)
            if self.beta is not None:
                gradients["beta"] = dy.sum(axis=others).reshape(self.beta.shape)
            d = dy if gamma is None else dy * gamma
            if self.rms_scaling:
                along = (d * normal).mean(axis=axes, keepdims=True)
                return np.asarray((d - centred * inverse * along) * inverse), gradients
            return standardized_back(d, normal, inverse, axes), gradients

        return y, backward

    def output_shape(self, input_shape: Shape) -> Shape:
        lengths_along(self.axis, input_shape)  # an axis that is not there is an error
        return input_shape
