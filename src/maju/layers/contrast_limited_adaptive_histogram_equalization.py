"""ContrastLimitedAdaptiveHistogramEqualization (CLAHE): more contrast in every part of an image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array, Layer
from maju.layers.registry import layer
from maju.layers.windows import channels_last, from_channels_last, whole

__all__ = ["ContrastLimitedAdaptiveHistogramEqualizationLayer"]

#: How many levels of brightness there are.
LEVELS = 256


@layer
class ContrastLimitedAdaptiveHistogramEqualizationLayer(Layer):
    """Give each pixel the share of the pixels around it that are no brighter than it.

    The image is cut into tiles. In each, a level's count is cut off at ``clip_limit`` times the mean, and
    what is cut off is shared out among all levels; the counts, added up, map levels to levels. A pixel takes
    what the maps of the four tiles next to it say, the nearer the more.

    Shapes:
        x: (batch, height, width, channels), or three axes for one image; in the ``value_range``. y: the same.

    Source: Zuiderveld, 1994, and `keras.layers.ContrastLimitedAdaptiveHistogramEqualization`.
    """

    keras_class = "ContrastLimitedAdaptiveHistogramEqualization"
    hyper_parameters = ("value_range", "clip_limit", "tile_grid_size", "data_format")
    choices = {"data_format": ("channels_last", "channels_first")}
    only = {"bounding_box_format": ...}

    def __init__(
        self,
        value_range: Sequence[float] = (0, 255),
        clip_limit: float = 4.0,
        tile_grid_size: Sequence[int] = (8, 8),
        data_format: str = "channels_last",
        *,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.value_range = tuple(value_range)
        self.clip_limit = clip_limit
        self.tile_grid_size = whole(tile_grid_size, 2)
        self.data_format = data_format
        if len(self.value_range) != 2 or min(self.tile_grid_size) < 1:
            raise ValueError(f"value_range={value_range!r}, tile_grid_size={tile_grid_size!r}")

    def forward(self, x: Any, training: bool = False, mask: Any = None) -> Array:
        array = np.asarray(x)
        if array.ndim not in (3, 4) or array.dtype.kind not in "fiub" or 0 in array.shape[-3:]:
            where = f"layer {self.name!r} ({self.keras_class})"
            raise InputError(f"{where}: expected images of three or four axes, got shape {array.shape}")
        batch = channels_last(array if array.ndim == 4 else array[np.newaxis], self.data_format)
        low, high = (np.float32(end) for end in self.value_range)
        full = self.value_range == (0, 255)
        levels = batch if full else (batch.astype(np.float32) - low) / (high - low) * np.float32(255)
        y = self._equalized(levels)
        y = y if full else y / np.float32(255) * (high - low) + low
        y = from_channels_last(y.astype(array.dtype), self.data_format)
        return y if array.ndim == 4 else y[0]

    def _equalized(self, images: Array) -> Array:
        """Levels from 0 to 255, (batch, height, width, channels), as the maps of their tiles say."""
        height, width = images.shape[1:3]
        rows, columns = self.tile_grid_size
        tile = (-(-height // rows), -(-width // columns))
        beyond = [(0, 0), (0, tile[0] * rows - height), (0, tile[1] * columns - width), (0, 0)]
        levels = np.clip(np.pad(images, beyond, mode="symmetric").astype(np.int32), 0, LEVELS - 1)
        maps = self._maps(levels, tile)  # (batch, rows, columns, channels, level)
        below, above, share = _between(tile[0], rows)
        left, right, share_x = _between(tile[1], columns)
        share, share_x = share[:, np.newaxis, np.newaxis], share_x[:, np.newaxis]
        batch = np.arange(len(images))[:, np.newaxis, np.newaxis, np.newaxis]
        channel = np.arange(images.shape[-1])

        def said(row: Array, column: Array) -> Array:
            found: Array = maps[batch, row[:, np.newaxis, np.newaxis], column[:, np.newaxis], channel, levels]
            return found

        top = said(below, left) * (1 - share_x) + said(below, right) * share_x
        bottom = said(above, left) * (1 - share_x) + said(above, right) * share_x
        return np.asarray((top * (1 - share) + bottom * share)[:, :height, :width])

    def _maps(self, levels: Array, tile: tuple[int, int]) -> Array:
        """The new level of each level in each tile, (batch, rows, columns, channels, level)."""
        rows, columns = self.tile_grid_size
        batch, channels = len(levels), levels.shape[-1]
        tiles = levels.reshape(batch, rows, tile[0], columns, tile[1], channels).transpose(0, 1, 3, 5, 2, 4)
        pixels = tile[0] * tile[1]
        flat = tiles.reshape(-1, pixels)
        numbered = flat + LEVELS * np.arange(len(flat))[:, np.newaxis]
        counts = np.bincount(numbered.ravel(), minlength=flat.shape[0] * LEVELS).reshape(len(flat), LEVELS)
        counts = counts.astype(np.float32)
        if self.clip_limit > 0:
            clipped = np.minimum(counts, np.float32(self.clip_limit * pixels / LEVELS))
            counts = clipped + np.sum(counts - clipped, axis=-1, keepdims=True) / np.float32(LEVELS)
        sums = np.cumsum(counts, axis=-1)
        least = sums.min(axis=-1, keepdims=True)
        room = np.float32(pixels) - least
        maps = np.clip((sums - least) * np.float32(255) / np.where(room == 0, 1, room), 0, 255)
        return np.asarray(maps.reshape(batch, rows, columns, channels, LEVELS))


def _between(length: int, count: int) -> tuple[Array, Array, Array]:
    """For each pixel along an axis, the tile before it, the tile after it, and how near it is to that one."""
    places = (np.arange(length * count, dtype=np.float32) - np.float32(length / 2)) / np.float32(length)
    before = np.floor(places)
    tiles = before.astype(int)
    return np.clip(tiles, 0, count - 1), np.clip(tiles + 1, 0, count - 1), places - before
