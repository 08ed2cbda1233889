"""BatchNormalization: each channel at mean 0 and variance 1, then scaled and shifted."""

from __future__ import annotations

import numpy as np

from maju.errors import GradientError, InputError
from maju.layers.base import Array, Backward, Config, Layer, Shape
from maju.layers.dtypes import as_float
from maju.layers.registry import layer

__all__ = ["BatchNormalizationLayer"]


@layer
class BatchNormalizationLayer(Layer):
    """Bring each channel to mean 0 and variance 1, then scale it by γ and shift it by β.

    y = γ · (x − μ) / √(σ² + ε) + β

    In inference μ and σ² are the moving averages that training left behind; in training they are the
    batch's own, over all axes but the channels' (and over the steps that the mask keeps), unless the layer
    is frozen (``trainable=False``).

    Shapes:
        x and y: (batch, ..., channels), or wherever ``axis`` says that the channels are.
        gamma γ, beta β, moving_mean μ, moving_variance σ²: (channels,); with ``renorm`` there are also
        moving_stddev, renorm_mean and renorm_stddev, of which training alone makes use.

    Source: Ioffe & Szegedy, 2015, and `keras.layers.BatchNormalization`.
    """

    keras_class = "BatchNormalization"
    masking = "passes"
    call_arguments = ("training", "mask")
    hyper_parameters = ("axis", "momentum", "epsilon", "center", "scale", "renorm")
    derived = frozenset({"center", "scale", "renorm"})
    choices = {"center": (True, False), "scale": (True, False), "renorm": (False, True)}
    only = {"renorm_clipping": ..., "renorm_momentum": ..., "synchronized": ...}
    beyond_keras = {"renorm": False}  # Keras before 3.15 does not have it
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
        self.axis = int(axis)
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
        channels = None if input_shape is None else input_shape[config.get("axis", -1)]
        names = ["gamma"] * config.get("scale", True) + ["beta"] * config.get("center", True)
        names += ["moving_mean", "moving_variance"]
        names += ["moving_stddev", "renorm_mean", "renorm_stddev"] * config.get("renorm", False)
        return dict.fromkeys(names, (channels,))

    def forward(self, x: Array, training: bool = False, mask: Array | None = None) -> Array:
        x, training = self._channels_last(x), training and self._learns()
        if training and mask is not None and self.axis not in (-1, x.ndim - 1):
            where = f"layer {self.name!r} (BatchNormalization)"
            raise InputError(f"{where}: training with a mask needs the channels on the last axis")
        mean, variance = self._moments(x, mask) if training else (self.moving_mean, self.moving_variance)
        slope = self._slope(variance)
        shift = -mean * slope if self.beta is None else self.beta - mean * slope
        return np.moveaxis(x * slope + shift, -1, self.axis)

    def _learns(self) -> bool:
        """Whether training takes a batch's own mean and variance, which a frozen layer does not.

        Raises:
            GradientError: it takes them in a way that is not implemented.
        """
        learns = bool(self.extra_config.get("trainable", True))
        if learns and self.renorm:
            where = f"layer {self.name!r} (BatchNormalization)"
            raise GradientError(f"{where} has renorm=True, with which maju does not train")
        return learns

    def _channels_last(self, x: Array) -> Array:
        """X as (batch, ..., channels)."""
        x, channels = as_float(x), len(self.moving_mean)
        if not -x.ndim <= self.axis < x.ndim or x.shape[self.axis] != channels:
            expected = f"{channels} channels on axis {self.axis}"
            raise InputError(
                f"layer {self.name!r} (BatchNormalization): expected {expected}, got shape {x.shape}"
            )
        return np.moveaxis(x, self.axis, -1)

    def _slope(self, variance: Array) -> Array:
        """γ / √(σ² + ε)."""
        inverse = 1 / np.sqrt(variance + np.asarray(self.epsilon, variance.dtype))
        return np.asarray(inverse if self.gamma is None else inverse * self.gamma)

    @staticmethod
    def _moments(x: Array, mask: Array | None) -> tuple[Array, Array]:
        """The mean and the variance of each channel of x (batch, ..., channels) where the mask keeps it."""
        rows = x if mask is None else x[np.asarray(mask, bool)]
        axes = tuple(range(rows.ndim - 1))
        return rows.mean(axis=axes), rows.var(axis=axes)

    def vjp(self, x: Array, training: bool = True, mask: Array | None = None) -> tuple[Array, Backward]:
        y, training = self.forward(x, training, mask), training and self._learns()
        moved = self._channels_last(x)
        mean, variance = self._moments(moved, mask) if training else (self.moving_mean, self.moving_variance)
        inverse = 1 / np.sqrt(variance + np.asarray(self.epsilon, variance.dtype))
        slope = self._slope(variance)
        normal = (moved - mean) * inverse
        axes = tuple(range(moved.ndim - 1))

        def backward(dy: Array) -> tuple[Array, dict[str, Array]]:
            dy = np.moveaxis(dy, self.axis, -1)
            d_gamma, d_beta = (dy * normal).sum(axis=axes), dy.sum(axis=axes)
            gradients = {"gamma": d_gamma, "beta": d_beta}
            dx = dy * slope
            if training:
                # The mean and the variance depend on every row that the mask keeps.
                kept = np.ones(moved.shape[:-1], bool) if mask is None else np.asarray(mask, bool)
                through = slope * (d_beta + normal * d_gamma) / np.count_nonzero(kept)
                dx = dx - np.where(kept[..., np.newaxis], through, 0)
            present = {name: gradients[name] for name in gradients if getattr(self, name) is not None}
            return np.moveaxis(dx, -1, self.axis), present

        return y, backward
