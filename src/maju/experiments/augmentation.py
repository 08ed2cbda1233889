"""What training does to its rows, anew in each epoch: NumPy alone, and the same from the same seed."""

from __future__ import annotations

from typing import Any

import numpy as np

from maju.experiments.experiment import Training
from maju.layers.base import Array

__all__ = ["augmented"]

#: How many pixels an image is shifted by at most, and the side of the square that is cut out of it.
SHIFT = 4
CUTOUT = 8


def augmented(x: Array, training: Training, rng: np.random.Generator) -> Array:
    """The training rows as one epoch sees them.

    Shapes:
        x and the result: (rows, height, width, channels), uint8; or (rows,), strings.
    """
    if x.dtype.kind == "U":
        return drop_tokens(x, training.token_dropout, rng) if training.token_dropout else x
    for name in training.augmentation:
        x = {"flip": flip, "shift": shift, "cutout": cutout}[name](x, rng)
    return x


def flip(x: Array, rng: np.random.Generator) -> Array:
    """Mirror each image, left to right, with probability one half."""
    mirrored = rng.random(len(x)) < 0.5
    return np.where(mirrored[:, None, None, None], x[:, :, ::-1], x)


def shift(x: Array, rng: np.random.Generator) -> Array:
    """Move each image by up to 4 pixels each way; what comes in at an edge mirrors what is there."""
    rows, height, width, _ = x.shape
    padded = np.pad(x, ((0, 0), (SHIFT, SHIFT), (SHIFT, SHIFT), (0, 0)), mode="reflect")
    down, right = rng.integers(0, 2 * SHIFT + 1, (2, rows))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (height, width), axis=(1, 2))
    return np.moveaxis(windows[np.arange(rows), down, right], 1, -1)  # (rows, height, width, channels)


def cutout(x: Array, rng: np.random.Generator) -> Array:
    """Make a square of 8x8 pixels grey in each image; over an edge, it is cut.

    Source: DeVries and Taylor, *Improved Regularization of Convolutional Neural Networks with Cutout*, 2017.
    """
    rows, height, width, _ = x.shape
    top = rng.integers(-CUTOUT // 2, height - CUTOUT // 2, rows)[:, None]
    left = rng.integers(-CUTOUT // 2, width - CUTOUT // 2, rows)[:, None]
    down, right = np.arange(height), np.arange(width)
    inside = ((top <= down) & (down < top + CUTOUT))[:, :, None] & (
        (left <= right) & (right < left + CUTOUT)
    )[:, None, :]
    return np.where(inside[..., None], np.uint8(128), x)


def drop_tokens(x: Array, share: float, rng: np.random.Generator) -> Array:
    """Leave words out of each text, each with probability `share`; a text keeps at least one."""

    def thinned(text: Any) -> str:
        words = str(text).split()
        if not words:
            return str(text)
        kept = rng.random(len(words)) >= share
        if not kept.any():
            kept[rng.integers(len(words))] = True
        return " ".join(word for word, keep in zip(words, kept, strict=True) if keep)

    return np.array([thinned(text) for text in x])
