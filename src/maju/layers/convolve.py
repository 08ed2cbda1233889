"""The three products of a convolution: forward, back to its input, and back to its kernel.

All take sequences, images and volumes with the channels last, and kernels (window ..., channels, filters).
With ``groups`` g the channels and the filters are cut into g parts, and each part of the filters sees its own
part of the channels alone; the kernel then has channels / g.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from maju.layers.base import Array
from maju.layers.windows import Windows

__all__ = ["convolve", "convolve_back", "kernel_gradient"]


def convolve(x: Array, kernel: Array, windows: Windows, groups: int = 1) -> Array:
    """What each filter makes of each window.

    For an image, y[n, i, j, f] = Σ_a Σ_b Σ_c x[n, i·s + a·d, j·s + b·d, c] · K[a, b, c, f]: a sum over the
    places (a, b) of the window of products of matrices, (..., channels) @ (channels, filters).
    """
    parts = zip(_split(windows.pad(x), groups), _split(kernel, groups), strict=True)
    return np.concatenate(
        [sum(_product(seen, k[place]) for place, seen in windows.views(x_g)) for x_g, k in parts], axis=-1
    )


def convolve_back(
    dy: Array, kernel: Array, windows: Windows, lengths: Sequence[int], groups: int = 1
) -> Array:
    """The adjoint of `convolve`, which is its way back: ⟨A·x, dy⟩ = ⟨x, Aᵀ·dy⟩ for every x and dy.

    Every window puts what it was given back to where it looked: dx[n, i·s + a·d, ...] += dy[n, i, ...] · Kᵀ.

    Args:
        lengths: those of x's axes, since a stride leaves open how far x went past the last window.
    """
    channels = groups * kernel.shape[-2]
    padded = windows.pad(np.zeros((len(dy), *lengths, channels), np.result_type(dy, kernel)))
    for dx_g, dy_g, k in zip(*(_split(array, groups) for array in (padded, dy, kernel)), strict=True):
        for place, seen in windows.views(dx_g):
            seen += _product(dy_g, k[place].T)
    return windows.unpad(padded, lengths)


def kernel_gradient(x: Array, dy: Array, windows: Windows, groups: int = 1) -> Array:
    """The gradient of the kernel: dK[a, b, c, f] = Σ over the windows of what they see there · dy."""
    channels, filters = x.shape[-1] // groups, dy.shape[-1]
    gradient = np.empty((*windows.size, channels, filters), np.result_type(x, dy))
    parts = (windows.pad(x), dy, gradient)
    for x_g, dy_g, gradient_g in zip(*(_split(array, groups) for array in parts), strict=True):
        rows = dy_g.reshape(-1, dy_g.shape[-1])  # (windows of all samples, filters)
        for place, seen in windows.views(x_g):
            gradient_g[place] = seen.reshape(-1, channels).T @ rows
    return gradient


def _product(x: Array, matrix: Array) -> Array:
    """(batch, ..., n) @ (n, m) as one product of matrices; with `@` it would be many small ones."""
    return np.tensordot(x, matrix, axes=1)


def _split(array: Array, groups: int) -> list[Array]:
    """Each group's part of the last axis, as views."""
    return np.split(array, groups, axis=-1)
