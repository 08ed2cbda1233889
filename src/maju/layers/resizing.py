"""Resizing: images at another size."""

from __future__ import annotations

from typing import Any

import numpy as np

from maju.errors import InputError
from maju.layers import resampling
from maju.layers.base import Array, Backward, Layer, Shape
from maju.layers.registry import layer

__all__ = ["ImageSizeLayer", "ResizingLayer", "aspect_crop"]


def aspect_crop(old: tuple[int, int], new: tuple[int, int]) -> tuple[slice, slice]:
    """The largest part of an image, around its middle, that has the proportions of the new size."""
    height = max(min(old[0], int(np.float32(old[1] * new[0]) / np.float32(new[1]))), 1)
    width = max(min(old[1], int(np.float32(old[0] * new[1]) / np.float32(new[0]))), 1)
    top, left = (old[0] - height) // 2, (old[1] - width) // 2
    return slice(top, top + height), slice(left, left + width)


class ImageSizeLayer(Layer):
    """What the layers share that make images of a given height and width.

    Shapes:
        x: (batch, h, w, channels), or (batch, channels, h, w) if channels_first, of numbers, here made
            float32. y: the same with `height` and `width`.
    """

    choices = {"data_format": ("channels_last", "channels_first")}

    def __init__(
        self, height: int, width: int, *, data_format: str = "channels_last", name: str | None = None
    ) -> None:
        super().__init__(name)
        self.height = height
        self.width = width
        self.data_format = data_format
        if any(type(n) is not int or n < 1 for n in (height, width)):
            raise ValueError(f"height and width are whole numbers of at least 1, not {height!r}, {width!r}")

    def _axes(self, rank: int) -> tuple[int, int]:
        """The axes of height and width."""
        return (rank - 3, rank - 2) if self.data_format == "channels_last" else (rank - 2, rank - 1)

    def _images(self, x: Any) -> Array:
        """The images as float32.

        Raises:
            InputError: no numbers, or another number of axes.
        """
        array = np.asarray(x)
        if array.ndim not in (3, 4) or array.dtype.kind not in "fiub" or 0 in array.shape[-3:]:
            where = f"layer {self.name!r} ({self.keras_class})"
            raise InputError(f"{where}: expected images of three or four axes, got shape {array.shape}")
        return array if array.dtype == np.float64 else array.astype(np.float32)

    def output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) not in (3, 4):
            raise ValueError(f"images have three or four axes, not {len(input_shape)}")
        shape = list(input_shape)
        for axis, length in zip(self._axes(len(shape)), (self.height, self.width), strict=True):
            shape[axis] = length
        return tuple(shape)


@layer
class ResizingLayer(ImageSizeLayer):
    """Give images another size, by the weights R for rows and C for columns: y = R·x·Cᵀ in each channel.

    `maju.layers.resampling` has the weights of each interpolation; with ``antialias`` a pixel of a smaller
    image takes in all those that it stands for. With ``crop_to_aspect_ratio`` the largest part of the image
    with the new proportions is resized, with ``pad_to_aspect_ratio`` the image within a frame of `fill_value`
    that gives it these. Whole numbers become float32, as in Keras's `predict`; called directly, the layer of
    Keras rounds what it makes of them.

    Source: `keras.layers.Resizing` on TensorFlow.
    """

    keras_class = "Resizing"
    hyper_parameters = (
        "height",
        "width",
        "interpolation",
        "crop_to_aspect_ratio",
        "pad_to_aspect_ratio",
        "fill_value",
        "antialias",
        "data_format",
    )
    choices = {
        **ImageSizeLayer.choices,
        "interpolation": ("nearest", *(name for name in resampling.KERNELS if not name.endswith("_tf1"))),
        "crop_to_aspect_ratio": (False, True),
        "pad_to_aspect_ratio": (False, True),
        "antialias": (False, True),
    }
    only = {"fill_mode": "constant", "bounding_box_format": ...}

    def __init__(
        self,
        height: int,
        width: int,
        *,
        interpolation: str = "bilinear",
        crop_to_aspect_ratio: bool = False,
        pad_to_aspect_ratio: bool = False,
        fill_value: float = 0.0,
        antialias: bool = False,
        data_format: str = "channels_last",
        name: str | None = None,
    ) -> None:
        super().__init__(height, width, data_format=data_format, name=name)
        self.interpolation = interpolation
        self.crop_to_aspect_ratio = crop_to_aspect_ratio
        self.pad_to_aspect_ratio = pad_to_aspect_ratio
        self.fill_value = fill_value
        self.antialias = antialias
        if crop_to_aspect_ratio and pad_to_aspect_ratio:
            raise ValueError("crop_to_aspect_ratio and pad_to_aspect_ratio do not go together")

    def forward(self, x: Array, training: bool = False, mask: Array | None = None) -> Array:
        x = self._images(x)
        axes = self._axes(x.ndim)
        rows, columns = self._weights((x.shape[axes[0]], x.shape[axes[1]]), x.dtype)
        fill = np.asarray(self.fill_value if self.pad_to_aspect_ratio else 0, x.dtype)
        if self.interpolation == "nearest" and not self.pad_to_aspect_ratio:
            y = x.take(rows.argmax(axis=1), axis=axes[0]).take(columns.argmax(axis=1), axis=axes[1])
        else:
            y = along(rows, along(columns, x - fill, axes[1]), axes[0]) + fill
        return np.asarray(y)

    def vjp(self, x: Array, training: bool = True, mask: Array | None = None) -> tuple[Array, Backward]:
        images = self._images(x)
        axes = self._axes(images.ndim)
        rows, columns = self._weights((images.shape[axes[0]], images.shape[axes[1]]), images.dtype)
        return self.forward(x, training, mask), lambda dy: (
            along(rows.T, along(columns.T, dy, axes[1]), axes[0]),
            {},
        )

    def _weights(self, old: tuple[int, int], dtype: Any) -> tuple[Array, Array]:
        """How much each row of an image counts for each new row, (new, old), and the same for columns."""
        new = (self.height, self.width)
        parts = (slice(0, old[0]), slice(0, old[1]))
        frame = (0, 0)
        if self.crop_to_aspect_ratio:
            parts = aspect_crop(old, new)
        elif self.pad_to_aspect_ratio:
            wanted = [int(np.float32(old[1 - i] * new[i]) / np.float32(new[1 - i])) for i in (0, 1)]
            frame = (max(wanted[0] - old[0], 0) // 2, max(wanted[1] - old[1], 0) // 2)
        found = []
        for length, size, part, margin in zip(old, new, parts, frame, strict=True):
            used = part.stop - part.start
            weights = np.zeros((size, length))
            whole = resampling.weights(used + 2 * margin, size, self.interpolation, antialias=self.antialias)
            weights[:, part] = whole[:, margin : margin + used]
            found.append(weights.astype(dtype))
        return found[0], found[1]


def along(weights: Array, x: Array, axis: int) -> Array:
    """The product of a matrix with every line of x along an axis."""
    return np.moveaxis(np.tensordot(weights, x, axes=(1, axis)), 0, axis)
