"""Changes of images at random, one by one: flips, shifts, windows, brightness.

Every x is (batch, height, width, ...), of any type of number, which the result has too.
"""

from __future__ import annotations

import numpy as np

from maju.layers.base import Array

__all__ = ["brighten", "flip", "shift", "zoom_in"]


def flip(x: Array, rng: np.random.Generator, axis: int) -> Array:
    """Mirror each image along an axis (1: upside down, 2: left to right) with probability one half."""
    mirrored = rng.random(len(x)) < 0.5
    y = x.copy()
    y[mirrored] = np.flip(x[mirrored], axis)
    return y


def shift(x: Array, rng: np.random.Generator, pixels: int) -> Array:
    """Move each image by up to so many pixels each way; what comes in at an edge mirrors what is there."""
    rows, height, width = x.shape[:3]
    around = [(0, 0), (pixels, pixels), (pixels, pixels), *[(0, 0)] * (x.ndim - 3)]
    padded = np.pad(x, around, mode="reflect")
    down, right = rng.integers(0, 2 * pixels + 1, (2, rows))
    y = np.empty_like(x)
    for row, (top, left) in enumerate(zip(down, right, strict=True)):
        y[row] = padded[row, top : top + height, left : left + width]
    return y


def zoom_in(x: Array, rng: np.random.Generator, least: float) -> Array:
    """Enlarge a window of each image to the size of the image, between the pixels linearly.

    Args:
        least: the least share of the height and of the width that the window has.
    """
    rows, height, width = x.shape[:3]
    shares = np.asarray(rng.uniform(least, 1, rows))
    top, left = rng.random((2, rows)) * (1 - shares)
    y = np.empty_like(x)
    for row, share in enumerate(shares):
        window = _between(x[row], 0, _centres(height, share, top[row]))
        y[row] = _as_type_of(x, _between(window, 1, _centres(width, share, left[row])))
    return y


def _centres(length: int, share: float, start: float) -> Array:
    """Where the pixels of an enlarged window have their centres in the image, (length,)."""
    places = start * length + (np.arange(length) + 0.5) * share - 0.5
    return np.asarray(np.clip(places, 0, length - 1))


def _between(image: Array, axis: int, places: Array) -> Array:
    """The values of an image along an axis at places between its pixels."""
    before = np.floor(places).astype(np.intp)
    after = np.minimum(before + 1, image.shape[axis] - 1)
    far = (places - before).astype(np.float64 if image.dtype == np.float64 else np.float32)
    far = far.reshape([-1 if a == axis else 1 for a in range(image.ndim)])
    return np.asarray(image.take(before, axis) * (1 - far) + image.take(after, axis) * far)


def brighten(
    x: Array, rng: np.random.Generator, most: float, value_range: tuple[float, float] | None
) -> Array:
    """Multiply each image by a factor from 1 − most to 1 + most.

    Args:
        value_range: what values are kept within; None for no limits.
    """
    factor = rng.uniform(1 - most, 1 + most, len(x)).reshape(-1, *[1] * (x.ndim - 1))
    y = x * factor.astype(np.float64 if x.dtype == np.float64 else np.float32)
    return _as_type_of(x, y if value_range is None else np.clip(y, *value_range))


def _as_type_of(x: Array, y: Array) -> Array:
    """Values in the type of x; whole numbers are rounded, and kept within what it can hold."""
    if x.dtype.kind in "iu":
        limits = np.iinfo(x.dtype)
        y = np.clip(np.rint(y), limits.min, limits.max)
    return y.astype(x.dtype, copy=False)
