"""TokenDropout: texts of which some words are hidden."""

from __future__ import annotations

import numpy as np

from maju.augmentation.augmentation import Augmentation
from maju.errors import InputError
from maju.layers.base import Array
from maju.schedules.checked import real, whole

__all__ = ["TokenDropout"]


class TokenDropout(Augmentation):
    """Replace each token of a text, with a probability, by that of an unknown word; padding stays.

    Args:
        rate: the probability.
        replacement: the number that stands in its place, 1 as TextVectorization writes an unknown word.
        padding: the number that fills a text up, which is left as it is.
        seed: what is drawn follows from it; None for a seed that follows from `maju.set_random_seed`.

    Shapes:
        x and the result: (batch, time), the numbers of tokens.
    """

    def __init__(
        self, rate: float, *, replacement: int = 1, padding: int = 0, seed: int | None = None
    ) -> None:
        super().__init__(seed)
        self.rate = real(self._class, "rate", rate, least=0, most=1)
        self.replacement = whole(self._class, "replacement", replacement, least=0)
        self.padding = whole(self._class, "padding", padding, least=0)

    def changed(self, x: Array, rng: np.random.Generator) -> Array:
        if x.dtype.kind not in "iuf" or x.ndim < 2:
            hint = "; turn texts into numbers first, by TextVectorization" if x.dtype.kind in "UO" else ""
            raise InputError(
                f"{self._class}: expected the numbers of tokens, (batch, time), got shape {x.shape} of "
                f"{x.dtype}{hint}"
            )
        dropped = (rng.random(x.shape) < self.rate) & (x != self.padding)
        return np.where(dropped, np.asarray(self.replacement, x.dtype), x)
