"""The three products of a convolution: forward, back to its input, and back to its kernel.

All take sequences, images and volumes with the channels last, and kernels (window ..., channels, filters).
With ``groups`` g the channels and the filters are cut into g parts, and each part of the filters sees its own
part of the channels alone; the kernel then has channels / g.

What a window sees is laid out as a row, and the kernel as a matrix (places · channels, filters): so each
product is one of matrices. A few samples are done at a time, so that the rows stay in the processor's cache.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from maju.layers.base import Array
from maju.layers.windows import Windows

__all__ = ["convolve", "convolve_back", "kernel_gradient"]

#: How many values the rows of the samples that are done at a time may hold, if one sample has not more.
AT_A_TIME = 1 << 18


def convolve(x: Array, kernel: Array, windows: Windows, groups: int = 1) -> Array:
    """What each filter makes of each window.

    For an image, y[n, i, j, f] = Σ_a Σ_b Σ_c x[n, i·s + a·d, j·s + b·d, c] · K[a, b, c, f].
    """
    seen = windows.patches(windows.pad(x))
    shape = seen.shape[: 1 + len(windows.size)]  # (batch, windows ...)
    y = np.empty((math.prod(shape), kernel.shape[-1]), np.result_type(x, kernel))
    for seen_g, k, y_g in zip(*(_split(array, groups) for array in (seen, kernel, y)), strict=True):
        matrix = _matrix(k)
        for some, rows in _rows(seen_g, windows):
            np.matmul(rows, matrix, out=y_g[some])
    return y.reshape(*shape, kernel.shape[-1])


def convolve_back(
    dy: Array, kernel: Array, windows: Windows, lengths: Sequence[int], groups: int = 1
) -> Array:
    """The adjoint of `convolve`, which is its way back: ⟨A·x, dy⟩ = ⟨x, Aᵀ·dy⟩ for every x and dy.

    Every window puts what it was given back to where it looked: dx[n, i·s + a·d, ...] += dy[n, i, ...] · Kᵀ.
    With strides of 1 that is itself a convolution, of dy with the mirrored kernel, and faster as one.

    Args:
        lengths: those of x's axes, since a stride leaves open how far x went past the last window.
    """
    if set(windows.strides) == {1}:
        reach = zip(windows.margins(lengths), windows.reach, strict=True)
        around = [(0, 0), *((r - 1 - left, r - 1 - right) for (left, right), r in reach), (0, 0)]
        mirrored = np.flip(kernel, tuple(range(len(lengths))))
        back = np.concatenate([k.swapaxes(-1, -2) for k in _split(mirrored, groups)], axis=-1)
        return convolve(np.pad(dy, around), back, replace(windows, padding="valid"), groups)
    channels = groups * kernel.shape[-2]
    padded = windows.pad(np.zeros((len(dy), *lengths, channels), np.result_type(dy, kernel)))
    for dx_g, dy_g, k in zip(*(_split(array, groups) for array in (padded, dy, kernel)), strict=True):
        matrix = _matrix(k).T
        for some in _some(len(dy_g), math.prod(dy_g.shape[1:-1]) * matrix.shape[1]):
            rows = dy_g[some].reshape(-1, len(matrix)) @ matrix
            given = rows.reshape(*dy_g[some].shape[:-1], *k.shape[:-1])
            for place, seen in windows.views(dx_g[some]):
                seen += given[..., *place, :]
    return windows.unpad(padded, lengths)


def kernel_gradient(x: Array, dy: Array, windows: Windows, groups: int = 1) -> Array:
    """The gradient of the kernel: dK[a, b, c, f] = Σ over the windows of what they see there · dy."""
    channels, filters = x.shape[-1] // groups, dy.shape[-1]
    gradient = np.zeros((*windows.size, channels, filters), np.result_type(x, dy))
    parts = (windows.patches(windows.pad(x)), dy.reshape(-1, filters), gradient)
    for seen_g, dy_g, gradient_g in zip(*(_split(array, groups) for array in parts), strict=True):
        for some, rows in _rows(seen_g, windows):
            gradient_g += (rows.T @ dy_g[some]).reshape(gradient_g.shape)
    return gradient


def _rows(seen: Array, windows: Windows) -> Iterator[tuple[slice, Array]]:
    """What the windows see as rows, (windows, places · channels), for some samples at a time.

    Each time in the same memory; beside the rows stands which of all they are.
    """
    axes = len(windows.size)
    of_one, columns = math.prod(seen.shape[1 : 1 + axes]), math.prod(seen.shape[1 + axes :])
    held: Array | None = None
    for some in _some(len(seen), of_one * columns):
        part = seen[some]
        held = np.empty(part.shape, part.dtype) if held is None else held[: len(part)]
        held[...] = part
        yield slice(some.start * of_one, some.stop * of_one), held.reshape(-1, columns)


def _some(samples: int, values: int) -> Iterator[slice]:
    """Which samples to do at a time, if each has so many values."""
    step = max(1, AT_A_TIME // max(1, values))
    for start in range(0, samples, step):
        yield slice(start, min(start + step, samples))


def _matrix(kernel: Array) -> Array:
    """(window ..., channels, filters) -> (places · channels, filters)."""
    return kernel.reshape(-1, kernel.shape[-1])


def _split(array: Array, groups: int) -> list[Array]:
    """Each group's part of the last axis, as views."""
    return [array] if groups == 1 else np.split(array, groups, axis=-1)
