"""GroupNormalization: groups of channels at mean 0 and variance 1, then scaled and shifted."""

from __future__ import annotations

import operator

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array, Backward, Config, Shape
from maju.layers.normalizing import NormalizingLayer, deviation, lengths_along, standardized_back
from maju.layers.registry import layer

__all__ = ["GroupNormalizationLayer"]


@layer
class GroupNormalizationLayer(NormalizingLayer):
    """Bring each row's channels, a group of them at a time, to mean 0 and variance 1; then scale and shift.

    y = γ · (x − μ) / √(σ² + ε) + β

    where μ and σ² are taken over all values that a group of neighbouring channels has in a row of the batch.
    ``groups=-1`` makes every channel a group of its own, which is instance normalization.

    Shapes:
        x and y: (batch, ..., channels), or wherever ``axis`` says that the channels are.
        gamma γ and beta β: (channels,).

    Source: Wu & He, 2018, and `keras.layers.GroupNormalization`.
    """

    keras_class = "GroupNormalization"
    masking = "passes"
    autocast = False
    rounds_weights = False
    hyper_parameters = ("groups", "axis", "epsilon", "center", "scale")
    derived = frozenset({"center", "scale"})
    choices = {"center": (True, False), "scale": (True, False)}

    def __init__(
        self,
        gamma: Array | None = None,
        beta: Array | None = None,
        *,
        groups: int = 32,
        axis: int = -1,
        epsilon: float = 1e-3,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.gamma = gamma
        self.beta = beta
        self.groups = operator.index(groups)
        if self.groups < 1 and self.groups != -1:
            raise ValueError(f"groups is a whole number of at least 1, or -1, not {groups!r}")
        self.axis = operator.index(axis)
        self.epsilon = epsilon

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
        names = ["gamma"] * config.get("scale", True) + ["beta"] * config.get("center", True)
        return dict.fromkeys(names, lengths_along(config.get("axis", -1), input_shape))

    def forward(self, x: Array, training: bool = False, mask: Array | None = None) -> Array:
        normal, _ = self._standardized(x)
        gamma, beta = self._spread(self.gamma, x), self._spread(self.beta, x)
        scaled = normal.reshape(x.shape) if gamma is None else normal.reshape(x.shape) * gamma
        return np.asarray(scaled if beta is None else scaled + beta)

    def _standardized(self, x: Array) -> tuple[Array, Array]:
        """X with its channels in groups, each at mean 0 and variance 1, and 1 / √(σ² + ε) of each.

        Where x has an axis of channels, it has two: (..., groups, channels of a group, ...).
        """
        (axis,) = self.axes_of(x)
        channels = x.shape[axis]
        groups = channels if self.groups == -1 else self.groups
        weight = self.gamma if self.gamma is not None else self.beta
        if axis == 0 or channels % groups or (weight is not None and len(weight) != channels):
            expected = f"a multiple of {groups}" if weight is None else f"{len(weight)}"
            where = f"layer {self.name!r} (GroupNormalization)"
            raise InputError(
                f"{where}: expected {expected} channels on axis {self.axis}, got shape {x.shape}"
            )
        grouped = x.reshape(*x.shape[:axis], groups, channels // groups, *x.shape[axis + 1 :])
        centred, inverse = deviation(grouped, self._within(grouped, axis), self.epsilon)
        return centred * inverse, inverse

    @staticmethod
    def _within(grouped: Array, axis: int) -> tuple[int, ...]:
        """The axes over which a group extends: all but the batch's and the groups'."""
        return tuple(i for i in range(1, grouped.ndim) if i != axis)

    def _spread(self, weight: Array | None, x: Array) -> Array | None:
        """A weight with an axis for each of x, 1 long everywhere but at the channels."""
        (axis,) = self.axes_of(x)
        shape = [-1 if place == axis else 1 for place in range(x.ndim)]
        return None if weight is None else weight.reshape(shape).astype(x.dtype, copy=False)

    def vjp(self, x: Array, training: bool = True, mask: Array | None = None) -> tuple[Array, Backward]:
        y = self.forward(x, training, mask)
        (axis,) = self.axes_of(x)
        gamma = self._spread(self.gamma, x)
        normal, inverse = self._standardized(x)
        others = tuple(i for i in range(x.ndim) if i != axis)

        def backward(dy: Array) -> tuple[Array, dict[str, Array]]:
            gradients = {}
            if self.gamma is not None:
                gradients["gamma"] = (dy * normal.reshape(x.shape)).sum(axis=others)
            if self.beta is not None:
                gradients["beta"] = dy.sum(axis=others)
            d = (dy if gamma is None else dy * gamma).reshape(normal.shape)
            dx = standardized_back(d, normal, inverse, self._within(normal, axis))
            return dx.reshape(x.shape), gradients

        return y, backward

    def output_shape(self, input_shape: Shape) -> Shape:
        (channels,) = lengths_along(self.axis, input_shape)
        if channels is None or channels % (channels if self.groups == -1 else self.groups):
            raise ValueError(f"{channels} channels do not make {self.groups} groups")
        return input_shape
