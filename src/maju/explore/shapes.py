"""Small drawn shapes: images that a tiny network can learn in seconds, and samples where no data set is."""

from __future__ import annotations

import numpy as np

from maju.layers.base import Array

__all__ = ["SHAPES", "drawn_shapes"]

SHAPES = ("circle", "square", "triangle", "cross")
#: How many points along each side of a pixel are asked whether they lie in the shape.
FINE = 3


def drawn_shapes(count: int, height: int, width: int, seed: int = 0) -> tuple[Array, Array]:
    """Draw bright shapes on dark ground, with some noise.

    Returns:
        images (count, height, width, 3), uint8, and the shape of each, a place in `SHAPES`.
    """
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % len(SHAPES)
    images = np.stack([_drawn(SHAPES[label], height, width, rng) for label in labels.tolist()])
    return images, labels


def _drawn(shape: str, height: int, width: int, rng: np.random.Generator) -> Array:
    """One image of a shape somewhere."""
    side = min(height, width)
    radius = side * rng.uniform(0.24, 0.4)
    row, column = (rng.uniform(radius + 0.5, max(radius + 0.5, n - radius - 0.5)) for n in (height, width))
    y = (np.arange(height * FINE) + 0.5)[:, np.newaxis] / FINE - row
    x = (np.arange(width * FINE) + 0.5)[np.newaxis] / FINE - column
    inside = _inside(shape, y / radius, x / radius)
    cover = inside.reshape(height, FINE, width, FINE).mean(axis=(1, 3))[..., np.newaxis]
    ground, colour = rng.uniform(0, 0.35, 3), rng.uniform(0.5, 1, 3)
    pixels = ground * (1 - cover) + colour * cover + rng.normal(0, 0.03, (height, width, 3))
    return np.asarray(np.round(pixels.clip(0, 1) * 255), np.uint8)


def _inside(shape: str, y: Array, x: Array) -> Array:
    """Which points lie in a shape whose corners reach about 1 from its middle."""
    if shape == "circle":
        return np.asarray(x**2 + y**2 <= 0.9)
    if shape == "square":
        return np.asarray((np.abs(x) <= 0.82) & (np.abs(y) <= 0.82))
    if shape == "triangle":
        return np.asarray((y <= 0.8) & (np.abs(x) <= (y + 1) / 1.8))
    arms = (np.abs(x) <= 0.3) | (np.abs(y) <= 0.3)
    return np.asarray(arms & (np.abs(x) <= 0.95) & (np.abs(y) <= 0.95))
