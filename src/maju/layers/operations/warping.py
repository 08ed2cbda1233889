"""Images whose pixels are looked up at other places than their own, with what lies between them in shares."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np

from maju.layers import resampling
from maju.layers.base import Array
from maju.layers.operations.function import operation
from maju.layers.operations.images import FORMATS, as_given, images_last
from maju.layers.operations.types import floating, tensor

__all__ = ["warped", "warped_back"]

INTERPOLATIONS = {**FORMATS, "interpolation": ("bilinear", "nearest")}


def _neighbours(places: Array, order: int) -> list[tuple[Array, Array]]:
    """The whole places next to others, each with its share: the nearest alone, or one below and one above."""
    if order == 0:
        return [(np.round(places).astype(np.int64), np.ones_like(places))]
    below = np.floor(places)
    return [(below.astype(np.int64), 1 - (places - below)), (below.astype(np.int64) + 1, places - below)]


def _beyond(places: Array, length: int, fill_mode: str) -> tuple[Array, Array]:
    """Whole places beyond the ends of an axis, brought inside, and which of all are to be filled instead."""
    inside = np.ones(places.shape, bool)
    if fill_mode == "constant":
        inside = (places >= 0) & (places < length)
    if fill_mode in ("constant", "nearest"):
        return np.clip(places, 0, length - 1), inside
    if fill_mode == "wrap":
        return places % length, inside
    turned = np.abs(places) % (2 * length)
    back = 2 * length - turned - (1 if fill_mode == "reflect" else 0)
    return np.where(turned < length, turned, back), inside


@operation(
    "MapCoordinates",
    module="image",
    choices={"order": (0, 1), "fill_mode": ("constant", "nearest", "wrap", "reflect")},
)
def map_coordinates(
    inputs: Any, coordinates: Any, *, order: int, fill_mode: str = "constant", fill_value: float = 0
) -> Any:
    """The values of an array at places given by a coordinate along each axis, (axes, ...)."""
    x = tensor(inputs)
    places = np.stack([np.asarray(part) for part in coordinates])
    if len(places) != x.ndim:
        raise ValueError(f"{len(places)} coordinates for an array of {x.ndim} axes")
    (places,) = floating(places)
    y: Any = 0
    for corner in product(*(_neighbours(along, order) for along in places)):
        inside = [_beyond(at, n, fill_mode) for (at, _), n in zip(corner, x.shape, strict=True)]
        values = x[tuple(at for at, _ in inside)].astype(places.dtype)
        kept = np.logical_and.reduce([held for _, held in inside])
        share = np.prod([part for _, part in corner], axis=0)
        y = y + share * np.where(kept, values, places.dtype.type(fill_value))
    return (np.round(y) if x.dtype.kind in "iu" else y).astype(x.dtype)


# Transformations of the plane


def _moved(places: Array, length: int, fill_mode: str) -> Array:
    """Places beyond the ends of an axis, brought inside, as TensorFlow does it before it interpolates."""
    if fill_mode == "constant":
        return places
    turn = 2 * length
    if fill_mode == "reflect" and length > 1:
        low = np.where(places < turn, turn * np.trunc(-places / turn) + places, places)
        low = np.where(low < -length, low + turn, -low - 1)
        high = places - turn * np.trunc(places / turn)
        high = np.where(high >= length, turn - high - 1, high)
        places = np.where(places < 0, low, np.where(places > length - 1, high, places))
    if fill_mode == "wrap" and length > 1:
        low = places + length * (np.trunc(-places / (length - 1)) + 1)
        high = places - length * np.trunc(places / (length - 1))
        places = np.where(places < 0, low, np.where(places > length - 1, high, places))
    return np.clip(places, 0, length - 1)


def _sources(
    shape: tuple[int, ...], transform: Any, interpolation: str, fill_mode: str
) -> tuple[list[tuple[Array, Array, Array, Array]], Array]:
    """Where each pixel of images of a shape (batch, height, width, channels) comes from.

    (x, y) takes what lies at ((a₀x + a₁y + a₂) / k, (b₀x + b₁y + b₂) / k), k = c₀x + c₁y + 1.

    Returns:
        the pixels around that place: rows, columns, how much each counts, and where there is one; and where k
        is 0, so that there is none at all.
    """
    height, width = shape[1:3]
    a0, a1, a2, b0, b1, b2, c0, c1 = (
        np.asarray(transform, np.float32).reshape(-1, 8).T[:, :, np.newaxis, np.newaxis]
    )
    row, column = np.arange(height, dtype=np.float32)[:, np.newaxis], np.arange(width, dtype=np.float32)
    k = c0 * column + c1 * row + np.float32(1)
    across = _moved((a0 * column + a1 * row + a2) / k, width, fill_mode)
    down = _moved((b0 * column + b1 * row + b2) / k, height, fill_mode)
    if interpolation == "nearest":  # halves away from 0
        down, across = (np.trunc(p + np.copysign(np.float32(0.5), p)) for p in (down, across))
    order = 0 if interpolation == "nearest" else 1
    found = []
    for (i, of_i), (j, of_j) in product(_neighbours(down, order), _neighbours(across, order)):
        (i_in, i_kept), (j_in, j_kept) = _beyond(i, height, "constant"), _beyond(j, width, "constant")
        found.append((i_in, j_in, (of_i * of_j)[..., np.newaxis], (i_kept & j_kept)[..., np.newaxis]))
    return found, (k == 0)[..., np.newaxis]


def warped(images: Array, transform: Any, interpolation: str, fill_mode: str, fill_value: float) -> Array:
    """Images (batch, height, width, channels) under a transformation of the plane, or one for each."""
    sources, nowhere = _sources(images.shape, transform, interpolation, fill_mode)
    batch = np.arange(len(images))[:, np.newaxis, np.newaxis]
    fill = np.float32(fill_value)
    y: Any = 0
    for i, j, share, kept in sources:
        y = y + share * np.where(kept, images[batch, i, j], fill)
    return np.asarray(np.where(nowhere, fill, y)).astype(images.dtype)


def warped_back(dy: Array, transform: Any, interpolation: str, fill_mode: str) -> Array:
    """The way back of `warped`: each gradient to the pixels that its own was made of, in their shares."""
    sources, nowhere = _sources(dy.shape, transform, interpolation, fill_mode)
    batch = np.arange(len(dy))[:, np.newaxis, np.newaxis]
    dx = np.zeros_like(dy)
    for i, j, share, kept in sources:
        sent = np.where(kept & ~nowhere, share * dy, 0).astype(dy.dtype)
        places = np.broadcast_arrays(batch, i, j, sent[..., 0])[:3]
        np.add.at(dx, tuple(places), sent)
    return dx


def _transformed(
    images: Any,
    transform: Any,
    interpolation: str,
    fill_mode: str,
    fill_value: float,
    data_format: str | None,
) -> Array:
    x = images_last(images, data_format)
    if x.dtype.kind != "f":  # TensorFlow cuts the fractions of their places off
        raise ValueError(f"images of floating-point numbers, not of {x.dtype}")
    return as_given(warped(x, transform, interpolation, fill_mode, fill_value), images, data_format)


def _affine_gradient(
    dy: Any,
    y: Any,
    images: Any,
    transform: Any,
    *,
    interpolation: str,
    fill_mode: str,
    data_format: str | None,
    **_: Any,
) -> tuple[Any, None]:
    sent = warped_back(images_last(dy, data_format), transform, interpolation, fill_mode)
    return as_given(sent, images, data_format), None  # as in TensorFlow


@operation(
    "AffineTransform",
    gradient=_affine_gradient,
    module="image",
    choices={**INTERPOLATIONS, "fill_mode": ("constant", "nearest", "wrap", "reflect")},
)
def affine_transform(
    images: Any,
    transform: Any,
    *,
    interpolation: str = "bilinear",
    fill_mode: str = "constant",
    fill_value: float = 0,
    data_format: str | None = None,
) -> Any:
    """Images moved, turned, stretched and sheared: eight numbers for each, or for all, (batch, 8) or (8,)."""
    return _transformed(images, tensor(transform), interpolation, fill_mode, fill_value, data_format)


def _homography(start: Array, end: Array) -> Array:
    """The eight numbers of the transformation that leads from four end points back to the start points."""
    x, y, u, v = end[..., 0], end[..., 1], start[..., 0], start[..., 1]
    one, none = np.ones_like(x), np.zeros_like(x)
    of_x = np.stack([x, y, one, none, none, none, -u * x, -u * y], axis=-1)
    of_y = np.stack([none, none, none, x, y, one, -v * x, -v * y], axis=-1)
    equations = np.stack([of_x, of_y], axis=-2).reshape(-1, 8, 8)
    return np.asarray(np.linalg.solve(equations, start.reshape(-1, 8, 1))[..., 0])


def _perspective_gradient(
    dy: Any,
    y: Any,
    images: Any,
    start_points: Any,
    end_points: Any,
    *,
    interpolation: str,
    data_format: str | None,
    **_: Any,
) -> tuple[Any, None, None]:
    start, end = (np.asarray(points, np.float32) for points in (start_points, end_points))
    d = images_last(dy, data_format)
    sent = warped_back(d, _homography(start, end), interpolation, "constant")
    return as_given(sent, images, data_format), None, None


@operation("PerspectiveTransform", gradient=_perspective_gradient, module="image", choices=INTERPOLATIONS)
def perspective_transform(
    images: Any,
    start_points: Any,
    end_points: Any,
    *,
    interpolation: str = "bilinear",
    fill_value: float = 0,
    data_format: str | None = None,
) -> Any:
    """Images seen from elsewhere: what was at the four start points (x, y) comes to the four end points."""
    start, end = (np.asarray(points, np.float32) for points in (start_points, end_points))
    transform = _homography(start, end)
    return _transformed(images, transform, interpolation, "constant", fill_value, data_format)


# Scale and place

METHODS = {
    **dict.fromkeys(("linear", "bilinear", "trilinear"), "bilinear"),
    **dict.fromkeys(("cubic", "bicubic", "tricubic"), "bicubic"),
    **{name: name for name in ("lanczos3", "lanczos5")},
}


def _scaling(old: int, new: int, scale: Any, translation: Any, method: str, antialias: bool) -> Array:
    """How much each old value counts for each new one, (old, new)."""
    places = (np.arange(new) + 0.5) / scale - translation / scale - 0.5
    apart = np.abs(places - np.arange(old)[:, np.newaxis]) / (max(1 / scale, 1) if antialias else 1)
    weights = resampling.KERNELS[METHODS[method]](apart)
    total = weights.sum(axis=0, keepdims=True)
    large = np.abs(total) > 1000 * np.finfo(np.float32).eps
    weights = np.where(large, weights / np.where(total != 0, total, 1), 0)
    return np.where((places >= -0.5) & (places <= old - 0.5), weights, 0)


@operation("ScaleAndTranslate", module="image", choices={"method": tuple(METHODS)})
def scale_and_translate(
    images: Any,
    output_shape: Sequence[int],
    scale: Any,
    translation: Any,
    *,
    spatial_dims: Sequence[int],
    method: str,
    antialias: bool = True,
) -> Any:
    """An array scaled along some axes and then moved along them, within an output of a given shape."""
    x = tensor(images)
    y = x.astype(np.float32) if x.dtype.kind in "iu" else x
    for axis, factor, shift in zip(spatial_dims, np.ravel(scale), np.ravel(translation), strict=True):
        weights = _scaling(y.shape[axis], int(output_shape[axis]), factor, shift, method, antialias)
        y = np.moveaxis(np.tensordot(y, weights.astype(y.dtype), axes=(axis, 0)), -1, axis)
    return np.clip(np.round(y), x.min(), x.max()).astype(x.dtype) if x.dtype.kind in "iu" else y
