"""What all initializers have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from maju import random
from maju.errors import InputError

__all__ = ["Array", "Initializer", "RandomInitializer"]

Array = npt.NDArray[Any]


class Initializer:
    """The values that a weight starts from: ``initializer(shape)`` gives them."""

    #: The arguments of the constructor; each is also an attribute.
    arguments: ClassVar[tuple[str, ...]] = ()

    def __call__(self, shape: Sequence[int], dtype: str = "float32") -> Array:
        """The values of a weight of this shape."""
        values = self.values(_checked(shape, self))
        return np.asarray(values, dtype)

    def values(self, shape: tuple[int, ...]) -> Array:
        """The values of a weight of this shape, in any type of number."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """The arguments under their Keras names."""
        return {key: getattr(self, key) for key in self.arguments}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """The initializer with these arguments."""
        try:
            return cls(**config)
        except TypeError as error:
            raise InputError(f"initializer {cls.__name__}: {dict(config)!r} are not its arguments") from error

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in self.get_config().items())})"


class RandomInitializer(Initializer):
    """Values that are drawn at random.

    Args:
        seed: what makes them the same at every call; without one they are drawn anew, from what
            `maju.random.set_random_seed` has set.
    """

    arguments: ClassVar[tuple[str, ...]] = ("seed",)

    def __init__(self, seed: int | None = None) -> None:
        if isinstance(seed, Mapping):  # a generator of Keras's as a file holds it
            seed = seed.get("config", {}).get("seed")
        if isinstance(seed, bool) or not (
            seed is None or (isinstance(seed, (int, np.integer)) and seed >= 0)
        ):
            raise InputError(
                f"initializer {type(self).__name__}: seed={seed!r}; expected a whole number from 0 up"
            )
        self.seed = seed

    def values(self, shape: tuple[int, ...]) -> Array:
        return self.drawn(shape, random.generator(self.seed))

    def drawn(self, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
        """The values that this generator gives."""
        raise NotImplementedError


def _checked(shape: Sequence[int], initializer: Initializer) -> tuple[int, ...]:
    try:
        lengths: tuple[Any, ...] = tuple(shape)
    except TypeError:
        lengths = (None,)
    if any(isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 0 for n in lengths):
        raise InputError(
            f"initializer {type(initializer).__name__}: expected a shape as (3, 4), got {shape!r}"
        )
    return tuple(int(n) for n in lengths)
