"""BatchNormalization: each channel at mean 0 and variance 1, then scaled and shifted."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from maju.errors import InputError, Problem
from maju.layers.base import Array, Backward, Config, Layer, Shape
from maju.layers.dtypes import as_float
from maju.layers.registry import layer

__all__ = ["BatchNormalizationLayer"]


@layer
class BatchNormalizationLayer(Layer):
    """Bring each channel to mean 0 and variance 1, then scale it by γ and shift it by β.

    y = γ · (x − μ) / √(σ² + ε) + β

    In inference μ and σ² are the moving averages that training left behind; in training they are the
    batch's own, over all axes but the channels' (and over the places that the mask keeps), and the moving
    averages follow them, m ← momentum · m + (1 − momentum) · μ; unless the layer is frozen
    (``trainable=False``).

    With ``renorm`` training brings what it normalized nearer to what inference will make of it:

    y = γ · (r · (x − μ) / √(σ² + ε) + d) + β,    r = √(σ² + ε) / s,    d = (μ − m) / s,    s ≥ √ε

    where m is renorm_mean and s renorm_stddev. r and d stay within ``renorm_clipping``, and no gradient flows
    through them.

    Shapes:
        x and y: (batch, ..., channels), or wherever ``axis`` says that the channels are.
        mask: the shape of x without its last axis, whichever holds the channels.
        gamma γ, beta β, moving_mean μ, moving_variance σ²: (channels,); with ``renorm`` there are also
        moving_stddev, renorm_mean and renorm_stddev. With ``axes`` all are of x's rank, and 1 long elsewhere.

    Attributes:
        axes: several axes that together stand for the channels, as Keras 2 has it, in place of ``axis``.

    Source: Ioffe & Szegedy, 2015; Ioffe, 2017 (renorm); `keras.layers.BatchNormalization`.
    """

    keras_class = "BatchNormalization"
    masking = "passes"
    call_arguments = ("training", "mask")
    hyper_parameters = (
        "axis",
        "momentum",
        "epsilon",
        "center",
        "scale",
        "renorm",
        "renorm_clipping",
        "renorm_momentum",
        "axes",
    )
    derived = frozenset({"center", "scale", "renorm"})
    choices = {"center": (True, False), "scale": (True, False), "renorm": (False, True)}
    only = {"synchronized": ...}
    beyond_keras = {"axes": None}
    non_trainable = frozenset(
        {"moving_mean", "moving_variance", "moving_stddev", "renorm_mean", "renorm_stddev"}
    )
    rounds_weights = False

    def __init__(
        self,
        moving_mean: Array,
        moving_variance: Array,
        gamma: Array | None = None,
        beta: Array | None = None,
        *,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        moving_stddev: Array | None = None,
        renorm_mean: Array | None = None,
        renorm_stddev: Array | None = None,
        renorm_clipping: Mapping[str, float] | None = None,
        renorm_momentum: float = 0.99,
        axes: Sequence[int] | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.moving_stddev = moving_stddev
        self.renorm_mean = renorm_mean
        self.renorm_stddev = renorm_stddev
        self.moving_mean = moving_mean
        self.moving_variance = moving_variance
        self.gamma = gamma
        self.beta = beta
        self.renorm_clipping = dict(renorm_clipping or {})
        self.renorm_momentum = renorm_momentum
        self.axis = int(axis)
        self.axes = None if axes is None else list(axes)
        self.momentum = momentum
        self.epsilon = epsilon

    @property
    def scale(self) -> bool:
        """Whether there is a γ."""
        return self.gamma is not None

    @property
    def center(self) -> bool:
        """Whether there is a β."""
        return self.beta is not None

    @property
    def renorm(self) -> bool:
        """Whether training corrects a batch's own mean and variance by the moving ones."""
        return self.renorm_mean is not None

    @classmethod
    def weight_shapes(cls, config: Config, input_shape: Shape | None) -> dict[str, Shape]:
        shape: Shape = (None if input_shape is None else input_shape[config.get("axis", -1)],)
        if (axes := config.get("axes")) is not None:
            rank = 1 + max(axes) if input_shape is None else len(input_shape)
            lengths = [None] * rank if input_shape is None else input_shape
            shape = tuple(lengths[axis] if axis in axes else 1 for axis in range(rank))
        names = ["gamma"] * config.get("scale", True) + ["beta"] * config.get("center", True)
        names += ["moving_mean", "moving_variance"]
        names += ["moving_stddev", "renorm_mean", "renorm_stddev"] * config.get("renorm", False)
        return dict.fromkeys(names, shape)

    @classmethod
    def problems(cls, config: Config, where: str) -> list[Problem]:
        found = super().problems(config, where)
        axes, clipping = config.get("axes"), config.get("renorm_clipping")
        if axes is not None and not all(type(axis) is int and axis > 0 for axis in axes):
            found.append(Problem(where, f"axis={axes!r}; expected whole numbers of at least 1"))
        known = isinstance(clipping, Mapping) and set(clipping) <= {"rmax", "rmin", "dmax"}
        if clipping is not None and not known:
            found.append(Problem(where, f"renorm_clipping={clipping!r}; expected rmin, rmax and dmax"))
        return found

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        if self.renorm:
            return config
        # Keras before 3.15 does not know these.
        return {key: value for key, value in config.items() if not key.startswith("renorm")}

    def forward(self, x: Array, training: bool = False, mask: Array | None = None) -> Array:
        return self.vjp(x, training, mask)[0]

    def vjp(self, x: Array, training: bool = True, mask: Array | None = None) -> tuple[Array, Backward]:
        x = self._checked(x)
        learns = training and self.trainable
        over = tuple(axis for axis in range(x.ndim) if axis not in self._axes(x.ndim))
        share: Any = 0.0  # how much each place counts in the batch's own mean and variance
        mean, variance = self._spread(self.moving_mean, x.ndim), self._spread(self.moving_variance, x.ndim)
        if learns:
            share = self._share(x, mask, over)
            mean = np.sum(share * x, axis=over, keepdims=True)
            variance = np.sum(share * (x - mean) ** 2, axis=over, keepdims=True)
        inverse = 1 / np.sqrt(variance + np.asarray(self.epsilon, variance.dtype))
        r, d = self._correction(mean, inverse) if learns and self.renorm else (1, 0)
        if learns:
            self._follow(mean, variance)
        gamma = 1 if self.gamma is None else self._spread(self.gamma, x.ndim)
        slope = np.asarray(gamma * r * inverse)
        shift = gamma * d if self.beta is None else gamma * d + self._spread(self.beta, x.ndim)

        def backward(dy: Array) -> tuple[Array, dict[str, Array]]:
            centred = x - mean
            d_gamma = (dy * (centred * inverse * r + d)).sum(axis=over, keepdims=True)
            gradients = {"gamma": d_gamma, "beta": dy.sum(axis=over, keepdims=True)}
            dx = dy * slope
            if learns:
                # Each place that counts moves the mean and the variance of its channel.
                d_variance = -0.5 * (dy * centred * slope).sum(axis=over, keepdims=True) * inverse**2
                left = (share * centred).sum(axis=over, keepdims=True)
                d_mean = -dx.sum(axis=over, keepdims=True) - 2 * d_variance * left
                dx = dx + share * (d_mean + 2 * d_variance * centred)
            own = {name: getattr(self, name) for name in gradients}
            return dx, {n: gradients[n].reshape(w.shape) for n, w in own.items() if w is not None}

        return np.asarray(x * slope + (shift - mean * slope)), backward

    def _follow(self, mean: Array, variance: Array) -> None:
        """Let the moving averages follow a batch: a ← momentum · a + (1 − momentum) · new."""
        if self.renorm_mean is None or self.renorm_stddev is None or self.moving_stddev is None:
            _approach(self.moving_mean, mean, self.momentum)
            _approach(self.moving_variance, variance, self.momentum)
            return
        epsilon = np.asarray(self.epsilon, variance.dtype)
        stddev = np.sqrt(variance + epsilon)
        _approach(self.renorm_mean, mean, self.renorm_momentum)
        _approach(self.renorm_stddev, stddev, self.renorm_momentum)
        _approach(self.moving_mean, mean, self.momentum)
        _approach(self.moving_stddev, stddev, self.momentum)
        self.moving_variance[...] = np.maximum(self.moving_stddev**2 - epsilon, 0)

    def _correction(self, mean: Array, inverse: Array) -> tuple[Array, Array]:
        """The r and d of ``renorm``."""
        assert self.renorm_mean is not None
        assert self.renorm_stddev is not None
        smallest = np.sqrt(np.asarray(self.epsilon, mean.dtype))
        stddev = np.maximum(self._spread(self.renorm_stddev, mean.ndim), smallest)
        limits = self.renorm_clipping
        r = 1 / inverse / stddev
        if limits.get("rmin") is not None:
            r = np.maximum(r, limits["rmin"])
        if limits.get("rmax") is not None:
            r = np.minimum(r, limits["rmax"])
        d = (mean - self._spread(self.renorm_mean, mean.ndim)) / stddev
        if limits.get("dmax") is not None:
            d = np.clip(d, -limits["dmax"], limits["dmax"])
        return r, d

    @staticmethod
    def _share(x: Array, mask: Array | None, over: tuple[int, ...]) -> Array:
        """What each value counts for in the mean over these axes: 1 / n, or 0 if the mask leaves it out."""
        if mask is None:
            count = math.prod(x.shape[axis] for axis in over)
            return np.asarray(1 / count if count else np.nan, x.dtype)
        kept = np.broadcast_to(np.asarray(mask, bool)[..., np.newaxis], x.shape).astype(x.dtype)
        # As in Keras, which so divides nothing by 0.
        return np.asarray(kept / (kept.sum(axis=over, keepdims=True) + np.asarray(1e-7, x.dtype)))

    def _axes(self, ndim: int) -> tuple[int, ...]:
        """Where the channels are in an array of so many axes, counted from the front."""
        return tuple(axis % ndim for axis in self.axes or (self.axis,))

    def _spread(self, weight: Array, ndim: int) -> Array:
        """A weight in a shape that broadcasts against an array of so many axes."""
        if self.axes is not None:
            return weight
        shape = [-1 if axis in self._axes(ndim) else 1 for axis in range(ndim)]
        return np.asarray(weight.reshape(shape))

    def _checked(self, x: Array) -> Array:
        """X, if it has the channels that the weights are for.

        Raises:
            InputError: it has not.
        """
        x, held = as_float(x), self.moving_mean.shape
        if self.axes is not None:
            fits = x.ndim == len(held) and all(x.shape[axis] == held[axis] for axis in self.axes)
            expected = f"{', '.join(str(held[axis]) for axis in self.axes)} on axes {list(self.axes)}"
        else:
            fits = -x.ndim <= self.axis < x.ndim and x.shape[self.axis] == held[0]
            expected = f"{held[0]} channels on axis {self.axis}"
        if not fits:
            raise InputError(
                f"layer {self.name!r} (BatchNormalization): expected {expected}, got shape {x.shape}"
            )
        return x


def _approach(average: Array, value: Array, momentum: float) -> None:
    number = average.dtype.type
    average *= number(momentum)
    average += value.reshape(average.shape) * number(1 - momentum)
