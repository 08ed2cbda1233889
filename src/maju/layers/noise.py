"""What the layers that disturb values at random in training have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array, Backward, Layer
from maju.random import generator

__all__ = ["NoiseLayer", "drawn_shape", "probability"]


class NoiseLayer(Layer):
    """In training y = x ∘ a + b with random a and b that are drawn anew in each call; else y = x.

    Attributes:
        rng: where they come from; the one thing that changes from call to call in training.
    """

    masking: ClassVar[Literal["uses", "passes", "drops"]] = "passes"

    def __init__(self, seed: int | None = None, name: str | None = None) -> None:
        super().__init__(name)
        self.seed = seed
        self.rng = generator(seed)

    @property
    def active(self) -> bool:
        """Whether the layer disturbs anything in training."""
        raise NotImplementedError

    def draw(self, x: Array) -> tuple[Any, Any]:
        """The next a and b, as broad as x or broadcast against it."""
        raise NotImplementedError

    def forward(self, x: Array, training: bool = False, mask: Array | None = None) -> Array:
        if not training or not self.active:
            return x
        a, b = self.draw(x)
        return np.asarray(x * a + b)

    def vjp(self, x: Array, training: bool = True, mask: Array | None = None) -> tuple[Array, Backward]:
        if not training or not self.active:
            return x, lambda dy: (dy, {})
        a, b = self.draw(x)
        return np.asarray(x * a + b), lambda dy: (dy * a, {})

    def refuse_one(self, rate: float) -> None:
        """Raise InputError where nothing would be left of x."""
        if rate == 1:
            where = f"layer {self.name!r} ({self.keras_class})"
            raise InputError(f"{where}: a rate of 1 leaves nothing to train with")


def drawn_shape(shape: tuple[int, ...], noise_shape: Sequence[int | None] | None) -> tuple[int, ...]:
    """The shape to draw for an x of this shape: that of ``noise_shape``, in which None is x's own length."""
    if noise_shape is None:
        return shape
    return tuple(n if m is None else m for n, m in zip(shape, noise_shape, strict=True))


def probability(rate: float) -> float:
    """A rate, if it is one.

    Raises:
        ValueError: it is not between 0 and 1.
    """
    if not 0 <= rate <= 1:
        raise ValueError(f"rate is a probability between 0 and 1, not {rate!r}")
    return float(rate)
