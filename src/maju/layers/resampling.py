"""Resampling: the weights with which the values along an axis make up those of a longer or shorter one.

As in `tf.image.resize` without antialiasing, which is what Keras's layers call: the new place i of m lies at
p = (i + ½) · n / m − ½ among the n old ones, and the old value at a counts with k(|a − p|), where k is the
kernel of the interpolation. Each row of weights sums to 1, at the ends too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from maju.layers.base import Array

__all__ = ["INTEGERS", "KERNELS", "of_integers", "weights"]

Kernel: TypeAlias = Callable[[Array], Array]
#: What an UpSampling2D makes of whole numbers: whole numbers again, as since Keras 3.6; those without what
#: stands behind the point, as in Keras 3.0 to 3.5; what lies between them too, as before Keras 3.
INTEGERS = ("rounded", "truncated", "floats")


def weights(old: int, new: int, interpolation: str, antialias: bool = False) -> Array:
    """The matrix that makes `new` values of `old` ones.

    Args:
        interpolation: a key of `KERNELS`, or "nearest".
        antialias: whether the kernel is made wider, n / m times, for fewer values than there were.

    Returns:
        float64 of shape (new, old).
    """
    if interpolation == "nearest":
        nearest = ((np.arange(new) + np.float32(0.5)) * np.float32(old / new)).astype(np.int64)
        return np.eye(old)[np.minimum(nearest, old - 1)]
    places = (np.arange(new) + 0.5) * (old / new) - 0.5
    if interpolation == "bilinear_tf1":
        places = np.arange(new) * (old / new)
    elif interpolation == "bicubic" and not antialias:
        places = np.round(places * CUBIC_TABLE) / CUBIC_TABLE
    distances = np.abs(np.arange(old) - places[:, np.newaxis])  # (new, old)
    found = KERNELS[interpolation](distances / max(old / new, 1) if antialias else distances)
    return np.asarray(found / found.sum(axis=1, keepdims=True))


#: TensorFlow looks bicubic weights up in a table of so many places between two values.
CUBIC_TABLE = 1024


def _triangle(d: Array) -> Array:
    """1 − d within 1."""
    return np.where(d < 1, 1 - d, 0)


def _keys_cubic(d: Array) -> Array:
    """The cubic of Keys with a = −½: 1.5d³ − 2.5d² + 1 within 1, −0.5d³ + 2.5d² − 4d + 2 within 2."""
    near = (1.5 * d - 2.5) * d**2 + 1
    far = ((-0.5 * d + 2.5) * d - 4) * d + 2
    return np.where(d <= 1, near, np.where(d < 2, far, 0))


def _mitchell_cubic(d: Array) -> Array:
    """The cubic of Mitchell and Netravali with B = C = ⅓."""
    near = (7 * d - 12) * d**2 / 6 + 8 / 9
    far = ((-7 * d + 36) * d - 60) * d / 18 + 16 / 9
    return np.where(d < 1, near, np.where(d < 2, far, 0))


def _gaussian(d: Array) -> Array:
    """The bell curve of standard deviation ½, within 1½."""
    return np.where(d < 1.5, np.exp(-2 * d**2), 0)


def _lanczos(radius: int) -> Kernel:
    def kernel(d: Array) -> Array:
        """sinc(d) · sinc(d / radius) within the radius."""
        return np.where(d < radius, np.sinc(d) * np.sinc(d / radius), 0)

    return kernel


#: The kernel of each interpolation. "bilinear_tf1" is what "bilinear" was in Keras 2.2 and 2.3: the same
#: kernel, but with p = i · n / m, which shifts the image to the upper left.
KERNELS: dict[str, Kernel] = {
    "bilinear": _triangle,
    "bicubic": _keys_cubic,
    "lanczos3": _lanczos(3),
    "lanczos5": _lanczos(5),
    "gaussian": _gaussian,
    "mitchellcubic": _mitchell_cubic,
    "bilinear_tf1": _triangle,
}


def of_integers(y: Array, dtype: np.dtype[Any], integers: str) -> Array:
    """What was made of values of a type, as `INTEGERS` says: "rounded" ends where the type does."""
    if dtype.kind not in "iu" or integers == "floats":
        return y
    if integers == "truncated":
        return y.astype(np.int64).astype(dtype)
    limits = np.iinfo(dtype)
    return np.clip(np.round(y.astype(np.float64)), limits.min, limits.max).astype(dtype)
