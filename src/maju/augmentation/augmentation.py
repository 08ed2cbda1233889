"""What all augmentations have in common: what they are called with, and where they draw from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from maju import random
from maju.errors import InputError
from maju.layers.base import Array
from maju.schedules.checked import whole

__all__ = ["Augmentation"]


class Augmentation:
    """A change of the samples of a batch at random; a kind of it gives `changed`.

    Args:
        seed: what is drawn follows from it; None for a seed that follows from `maju.set_random_seed`.
    """

    def __init__(self, seed: int | None = None) -> None:
        self.seed = None if seed is None else whole(self._class, "seed", seed, least=0)
        self._own: np.random.Generator | None = None

    @property
    def _class(self) -> str:
        return type(self).__name__

    def changed(self, x: Array, rng: np.random.Generator) -> Array:
        """The samples, changed; x itself stays as it is."""
        raise NotImplementedError(f"{self._class} has no changed")

    def __call__(self, x: Any, rng: np.random.Generator | None = None) -> Array:
        """The samples, changed.

        Args:
            rng: where to draw from, as `fit` gives it; None for a generator of its own, which goes on from
                call to call.

        Raises:
            InputError: they are not what it changes.
        """
        if isinstance(x, Mapping):
            raise InputError(
                f"{self._class}: got a dict of several inputs; give a function that changes one of them, as "
                "lambda x, rng: {**x, 'image': augmentation(x['image'], rng)}"
            )
        if rng is None:
            if self._own is None:
                self._own = random.generator(self.seed)
            rng = self._own
        return self.changed(np.asarray(x), rng)
