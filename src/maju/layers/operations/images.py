"""Images: their size, their margins, their colours, their edges.

An image is (height, width, channels), or (channels, height, width) with ``data_format`` "channels_first"; a
batch of them has an axis more in front.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from maju.layers.base import Array
from maju.layers.convolve_depthwise import convolve_depthwise, convolve_depthwise_back
from maju.layers.operations.axes import one_axis
from maju.layers.operations.function import move_back, moving, operation
from maju.layers.operations.types import floating, tensor
from maju.layers.resizing import ResizingLayer
from maju.layers.windows import Windows

__all__ = ["FORMATS", "as_given", "images_last"]

FORMATS = {"data_format": (None, "channels_last", "channels_first")}


def images_last(x: Any, data_format: str | None) -> Array:
    """Images as (batch, height, width, channels).

    Raises:
        ValueError: another number of axes.
    """
    x = tensor(x)
    if x.ndim not in (3, 4):
        raise ValueError(f"images have three or four axes, not {x.ndim}")
    batch = x if x.ndim == 4 else x[np.newaxis]
    return np.moveaxis(batch, 1, -1) if data_format == "channels_first" else batch


def as_given(y: Array, x: Any, data_format: str | None) -> Array:
    """The way back from `images_last`, for images that came as x did; further axes stay behind."""
    y = np.moveaxis(y, 3, 1) if data_format == "channels_first" else y
    return y if np.ndim(x) == 4 else y[0]


# Size and margins


def _resizing(size: Sequence[int], data_format: str | None, fill_mode: str, **settings: Any) -> ResizingLayer:
    height, width = (int(n) for n in size)
    return ResizingLayer(height, width, data_format=data_format or "channels_last", **settings)


def _resize_gradient(dy: Any, y: Any, images: Any, **settings: Any) -> Any:
    return _resizing(**settings).vjp(images)[1](dy)[0]


@operation(
    "Resize",
    module="image",
    gradient=_resize_gradient,
    choices={
        **FORMATS,
        "interpolation": ("bilinear", "nearest", "lanczos3", "lanczos5", "bicubic"),
        "fill_mode": ("constant",),
    },
)
def resize(
    images: Any,
    *,
    size: Sequence[int],
    interpolation: str = "bilinear",
    antialias: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    fill_mode: str = "constant",
    fill_value: float = 0.0,
    data_format: str | None = None,
) -> Any:
    """Images at another size, in the type that they had: see `ResizingLayer`."""
    x = tensor(images)
    layer = _resizing(
        size,
        data_format,
        fill_mode,
        interpolation=interpolation,
        antialias=antialias,
        crop_to_aspect_ratio=crop_to_aspect_ratio,
        pad_to_aspect_ratio=pad_to_aspect_ratio,
        fill_value=fill_value,
    )
    y = layer.forward(x)
    if x.dtype.kind in "iu":
        limits = np.iinfo(x.dtype)
        y = np.clip(np.round(y), limits.min, limits.max)
    return y.astype(x.dtype)


def _lengths(x: Array, data_format: str | None) -> tuple[int, int]:
    """The height and the width of images."""
    axes = (-2, -1) if data_format == "channels_first" else (-3, -2)
    return x.shape[axes[0]], x.shape[axes[1]]


def _about(before: int | None, after: int | None, missing: int | None) -> tuple[int, int]:
    """What lies before and after an axis, one of them told by what both are together.

    Raises:
        ValueError: less than nothing.
    """
    if missing is not None:
        before = missing - (after or 0) if before is None else before
        after = missing - before
    found = (before or 0, after or 0)
    if min(found) < 0:
        raise ValueError(f"{found[0]} before and {found[1]} after an axis of the images")
    return found


@moving("PadImages", module="image", choices=FORMATS)
def pad_images(
    images: Any,
    *,
    top_padding: int | None = None,
    left_padding: int | None = None,
    bottom_padding: int | None = None,
    right_padding: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> Any:
    """Zeros around images."""
    x = tensor(images)
    height, width = _lengths(x, data_format)
    rows = _about(top_padding, bottom_padding, None if target_height is None else target_height - height)
    columns = _about(left_padding, right_padding, None if target_width is None else target_width - width)
    around = [rows, columns]
    around = [(0, 0), *around] if data_format == "channels_first" else [*around, (0, 0)]
    return np.pad(x, [*[(0, 0)] * (x.ndim - 3), *around])


@moving("CropImages", module="image", choices=FORMATS)
def crop_images(
    images: Any,
    *,
    top_cropping: int | None = None,
    left_cropping: int | None = None,
    bottom_cropping: int | None = None,
    right_cropping: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> Any:
    """The part of images that is left without their margins."""
    x = tensor(images)
    height, width = _lengths(x, data_format)
    top, bottom = _about(
        top_cropping, bottom_cropping, None if target_height is None else height - target_height
    )
    left, right = _about(
        left_cropping, right_cropping, None if target_width is None else width - target_width
    )
    inner = (slice(top, height - bottom), slice(left, width - right))
    return x[(..., *inner)] if data_format == "channels_first" else x[(..., *inner, slice(None))]


# Colours

#: How much red, green and blue count for the brightness.
BRIGHTNESS = (0.2989, 0.5870, 0.1140)


def _channels_axis(x: Array, data_format: str | None) -> int:
    return one_axis(-3 if data_format == "channels_first" else -1, x.ndim)


def _grayscale_gradient(dy: Any, y: Any, images: Any, data_format: str | None) -> Any:
    axis = _channels_axis(images, data_format)
    if images.shape[axis] == 1:
        return dy
    weights = np.reshape(BRIGHTNESS, [3 if place == axis else 1 for place in range(images.ndim)])
    return dy * weights


@operation("RGBToGrayscale", module="image", gradient=_grayscale_gradient, choices=FORMATS)
def rgb_to_grayscale(images: Any, *, data_format: str | None = None) -> Any:
    """The brightness of each pixel, 0.2989 red + 0.587 green + 0.114 blue, in the type of the images."""
    x = tensor(images)
    axis = _channels_axis(x, data_format)
    if x.shape[axis] == 1:
        return x
    (values,) = floating(x)
    y = np.tensordot(values, np.asarray(BRIGHTNESS, values.dtype), axes=(axis, 0))
    return np.expand_dims(y, axis).astype(x.dtype)


def _rgb_to_hsv_gradient(dy: Any, y: Any, images: Any, *, data_format: str | None) -> Any:
    x, d = images_last(images, data_format), images_last(dy, data_format)
    d_hue, d_saturation, d_value = np.split(d, 3, axis=-1)
    brightest, darkest = x.argmax(axis=-1)[..., np.newaxis], x.argmin(axis=-1)[..., np.newaxis]
    colours = np.arange(3)
    top, bottom = colours == brightest, colours == darkest
    after, last = colours == (brightest + 1) % 3, colours == (brightest + 2) % 3
    high, low = x.max(axis=-1, keepdims=True), x.min(axis=-1, keepdims=True)
    spread = np.where(high > low, high - low, np.inf)  # there is no hue without one
    value = np.where(high > 0, high, np.inf)
    apart = np.sum(np.where(after, x, 0) - np.where(last, x, 0), axis=-1, keepdims=True)
    # The hue is apart / (6 · spread), the saturation 1 − low / high.
    sent = d_hue / (6 * spread) * (1.0 * after - last - apart / spread * (1.0 * top - bottom))
    sent = sent + d_saturation / value * (low / value * top - bottom) + d_value * top
    return as_given(sent.astype(x.dtype), images, data_format)


@operation("RGBToHSV", gradient=_rgb_to_hsv_gradient, module="image", choices=FORMATS)
def rgb_to_hsv(images: Any, *, data_format: str | None = None) -> Any:
    """Red, green and blue to hue, saturation and value, each from 0 to 1."""
    x = images_last(images, data_format)
    red, green, blue = np.moveaxis(x, -1, 0)
    value = x.max(axis=-1)
    spread = value - x.min(axis=-1)
    saturation = np.where(value > 0, spread / value, 0)
    sixth = 1 / (6 * spread)
    hue = np.where(
        red == value,
        sixth * (green - blue),
        np.where(green == value, sixth * (blue - red) + 2 / 6, sixth * (red - green) + 4 / 6),
    )
    hue = np.where(spread > 0, hue, 0)
    y = np.stack([np.where(hue < 0, hue + 1, hue), saturation, value], axis=-1)
    return as_given(y.astype(x.dtype), images, data_format)


def _hsv_to_rgb_gradient(dy: Any, y: Any, images: Any, *, data_format: str | None) -> Any:
    x, d = images_last(images, data_format), images_last(dy, data_format)
    hue, saturation, value = np.split(x, 3, axis=-1)
    middle, sign = np.array([3, 2, 4], x.dtype), np.array([1, -1, -1], x.dtype)
    share = sign * np.abs(hue * 6 - middle) - np.array([1, -2, -2], x.dtype)
    slope = 6 * sign * np.sign(hue * 6 - middle) * ((share >= 0) & (share <= 1))
    share = np.clip(share, 0, 1)
    sent = [
        d * value * saturation * slope,
        d * value * (share - 1),
        d * (1 - saturation + saturation * share),
    ]
    return as_given(np.stack([part.sum(axis=-1) for part in sent], axis=-1), images, data_format)


@operation("HSVToRGB", gradient=_hsv_to_rgb_gradient, module="image", choices=FORMATS)
def hsv_to_rgb(images: Any, *, data_format: str | None = None) -> Any:
    """Hue, saturation and value to red, green and blue."""
    x = images_last(images, data_format)
    hue, saturation, value = np.moveaxis(x, -1, 0)
    shares = [np.abs(hue * 6 - 3) - 1, 2 - np.abs(hue * 6 - 2), 2 - np.abs(hue * 6 - 4)]
    y = [(1 - saturation + saturation * np.clip(share, 0, 1)) * value for share in shares]
    return as_given(np.stack(y, axis=-1).astype(x.dtype), images, data_format)


# What lies around each pixel


def _bell(size: int, sigma: float) -> Array:
    """The normal distribution at so many places around its middle, in shares that sum to 1."""
    bell = np.exp(-0.5 * ((np.arange(size) - (size - 1) / 2) / sigma) ** 2)
    return np.asarray(bell / bell.sum())


def _blur_kernel(kernel_size: Sequence[int], sigma: Sequence[float], images: Array) -> Array:
    rows, columns = kernel_size
    # Keras lays a kernel that is no square out in rows of the wrong length.
    kernel = np.outer(_bell(columns, sigma[1]), _bell(rows, sigma[0])).reshape(rows, columns, 1, 1)
    return np.tile(kernel, (1, 1, images.shape[-1], 1)).astype(images.dtype)


def _blur_gradient(
    dy: Any, y: Any, images: Any, kernel_size: Sequence[int], sigma: Sequence[float], data_format: str | None
) -> Any:
    x, d = images_last(images, data_format), images_last(dy, data_format)
    windows = Windows.of(2, tuple(kernel_size), 1, padding="same")
    kernel = _blur_kernel(kernel_size, sigma, x)
    return as_given(convolve_depthwise_back(d, kernel, windows, x.shape[1:-1]), images, data_format)


@operation("GaussianBlur", module="image", gradient=_blur_gradient, choices=FORMATS)
def gaussian_blur(
    images: Any,
    *,
    kernel_size: Sequence[int] = (3, 3),
    sigma: Sequence[float] = (1.0, 1.0),
    data_format: str | None = None,
) -> Any:
    """Each pixel a mean of those around it, by a normal distribution of standard deviation sigma."""
    x = images_last(images, data_format)
    windows = Windows.of(2, tuple(kernel_size), 1, padding="same")
    return as_given(convolve_depthwise(x, _blur_kernel(kernel_size, sigma, x), windows), images, data_format)


#: The kernel of Sobel's edges along the rows; that along the columns is its transpose.
SOBEL = np.array([[-1, -2, -1], [0, 0, 0], [1, 2, 1]])


def _edges(images: Any, data_format: str | None) -> Array:
    x = images_last(images, data_format)
    padded = np.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)], mode="reflect")
    kernels = np.stack([SOBEL, SOBEL.T], axis=-1)[:, :, np.newaxis].astype(x.dtype)
    windows = Windows.of(2, 3, 1)
    y = convolve_depthwise(padded, np.tile(kernels, (1, 1, x.shape[-1], 1)), windows)
    return as_given(y.reshape(*x.shape, 2), images, data_format)


def _edges_gradient(dy: Any, y: Any, images: Any, data_format: str | None) -> Any:
    x = images_last(images, data_format)
    d = dy if np.ndim(images) == 4 else dy[np.newaxis]
    d = np.moveaxis(d, 1, 3) if data_format == "channels_first" else d
    kernels = np.stack([SOBEL, SOBEL.T], axis=-1)[:, :, np.newaxis].astype(x.dtype)
    padded = (x.shape[1] + 2, x.shape[2] + 2)
    back = convolve_depthwise_back(
        d.reshape(*x.shape[:3], -1), np.tile(kernels, (1, 1, x.shape[-1], 1)), Windows.of(2, 3, 1), padded
    )
    around = [(0, 0), (1, 1), (1, 1), (0, 0)]
    sent = move_back(lambda numbers: np.pad(numbers, around, mode="reflect"), back, (x,))[0]
    return as_given(sent, images, data_format)


@operation("SobelEdges", module="image", gradient=_edges_gradient, choices=FORMATS)
def sobel_edges(images: Any, *, data_format: str | None = None) -> Any:
    """How steeply the values rise along the rows and along the columns, on a last axis of two."""
    return _edges(images, data_format)


@operation("SSIM", module="image", choices=FORMATS)
def ssim(
    image1: Any,
    image2: Any,
    *,
    max_val: float = 1.0,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
    data_format: str | None = None,
) -> Any:
    """How alike the structure of two images is: 1 for the same one.

    (2 μ₁ μ₂ + c₁)(2 σ₁₂ + c₂) / ((μ₁² + μ₂² + c₁)(σ₁² + σ₂² + c₂)), the mean over all places and channels,
    of means, variances and covariance under a normal distribution; cᵢ = (kᵢ · max_val)².

    Source: Wang et al., 2004.
    """
    given = tensor(image1).dtype
    first, second = (images_last(x, data_format) for x in floating(image1, image2))
    bell = _bell(filter_size, filter_sigma)
    kernel = np.tile(np.outer(bell, bell)[..., np.newaxis, np.newaxis], (1, 1, first.shape[-1], 1))
    windows = Windows.of(2, filter_size, 1)

    def mean(x: Array) -> Array:
        return convolve_depthwise(x, kernel.astype(x.dtype), windows)

    mean1, mean2 = mean(first), mean(second)
    c1, c2 = (k1 * max_val) ** 2, (k2 * max_val) ** 2
    spread = mean(first * first) - mean1**2 + mean(second * second) - mean2**2
    together = mean(first * second) - mean1 * mean2
    alike = (2 * mean1 * mean2 + c1) * (2 * together + c2) / ((mean1**2 + mean2**2 + c1) * (spread + c2))
    y = alike.mean(axis=(1, 2)).mean(axis=-1).astype(given)
    return y if np.ndim(image1) == 4 else y[0]
