"""ImageAugmentation: images flipped, shifted, cut and made brighter or darker."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from maju.augmentation import images
from maju.augmentation.augmentation import Augmentation
from maju.errors import InputError
from maju.layers.base import Array
from maju.schedules.checked import real, whole

__all__ = ["ImageAugmentation"]

#: The axes along which each kind of flip mirrors.
FLIPS = {None: (), "horizontal": (2,), "vertical": (1,), "horizontal_and_vertical": (2, 1)}


class ImageAugmentation(Augmentation):
    """Flip, shift, cut and brighten each image of a batch at random; all keep the size that they have.

    Args:
        flip: ``"horizontal"`` mirrors left to right, ``"vertical"`` upside down, each with probability one
            half; ``"horizontal_and_vertical"`` does both.
        shift: by how many pixels at most an image is moved each way; what comes in mirrors what is there.
        crop: the least share of the height and of the width that is cut out at random and enlarged to the
            whole image, as 0.8; None for no cutting.
        brightness: b, where the values of an image are multiplied by a factor from 1 − b to 1 + b.
        value_range: what `brightness` keeps the values within, as (0, 255); None for no limits but those of
            the type of number.
        seed: what is drawn follows from it; None for a seed that follows from `maju.set_random_seed`.

    Shapes:
        x and the result: (batch, height, width) or (batch, height, width, channels).
    """

    def __init__(
        self,
        *,
        flip: str | None = None,
        shift: int = 0,
        crop: float | None = None,
        brightness: float = 0.0,
        value_range: Sequence[float] | None = None,
        seed: int | None = None,
    ) -> None:
        super().__init__(seed)
        if flip not in FLIPS:
            expected = ", ".join(repr(kind) for kind in FLIPS)
            raise InputError(f"{self._class}: flip={flip!r}; expected one of {expected}")
        self.flip = flip
        self.shift = whole(self._class, "shift", shift, least=0)
        self.crop = None if crop is None else real(self._class, "crop", crop, most=1)
        if self.crop is not None and self.crop <= 0:
            raise InputError(f"{self._class}: crop={crop!r}; expected a share above 0, at most 1")
        self.brightness = real(self._class, "brightness", brightness, least=0, most=1)
        self.value_range: tuple[float, float] | None = None
        if value_range is not None:
            if not isinstance(value_range, Sequence) or len(value_range) != 2:
                raise InputError(f"{self._class}: value_range={value_range!r}; expected two numbers")
            low, high = (real(self._class, "value_range", limit) for limit in value_range)
            if low >= high:
                raise InputError(f"{self._class}: value_range={value_range!r}; expected the lower one first")
            self.value_range = low, high

    def changed(self, x: Array, rng: np.random.Generator) -> Array:
        if x.ndim not in (3, 4) or x.dtype.kind not in "iuf":
            raise InputError(
                f"{self._class}: expected images, (batch, height, width) or (batch, height, width, channels) "
                f"of numbers, got shape {x.shape} of {x.dtype}"
            )
        if self.shift >= min(x.shape[1:3]):
            raise InputError(
                f"{self._class}: shift={self.shift} is too far for images of {x.shape[1]}x{x.shape[2]} pixels"
            )
        for axis in FLIPS[self.flip]:
            x = images.flip(x, rng, axis)
        if self.shift:
            x = images.shift(x, rng, self.shift)
        if self.crop is not None:
            x = images.zoom_in(x, rng, self.crop)
        if self.brightness:
            x = images.brighten(x, rng, self.brightness, self.value_range)
        return x
