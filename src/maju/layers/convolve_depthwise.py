"""The three products of a depthwise convolution: forward, back to its input, and back to its kernel.

All take sequences, images and volumes with the channels last, and kernels (window ..., channels, multiplier):
every channel has filters of its own, ``multiplier`` of them, and no sum runs over the channels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from maju.layers.base import Array
from maju.layers.windows import Windows

__all__ = ["convolve_depthwise", "convolve_depthwise_back", "depthwise_kernel_gradient"]


def convolve_depthwise(x: Array, kernel: Array, windows: Windows) -> Array:
    """What each channel's filters make of each window.

    For an image, y[n, i, j, c·M + m] = Σ_a Σ_b x[n, i·s + a·d, j·s + b·d, c] · K[a, b, c, m].
    """
    views = windows.views(windows.pad(x))
    y = np.asarray(sum(seen[..., np.newaxis] * kernel[place] for place, seen in views))
    return y.reshape(*y.shape[:-2], y.shape[-2] * y.shape[-1])  # (batch, ..., channels · multiplier)


def convolve_depthwise_back(dy: Array, kernel: Array, windows: Windows, lengths: Sequence[int]) -> Array:
    """The adjoint of `convolve_depthwise`; `lengths` are those of x's axes."""
    dy = _by_channel(dy, kernel.shape[-1])
    padded = windows.pad(np.zeros((len(dy), *lengths, kernel.shape[-2]), np.result_type(dy, kernel)))
    for place, seen in windows.views(padded):
        seen += (dy * kernel[place]).sum(axis=-1)
    return windows.unpad(padded, lengths)


def depthwise_kernel_gradient(x: Array, dy: Array, windows: Windows) -> Array:
    """The gradient of the kernel: dK[a, b, c, m] = Σ over the windows of what they see there · dy."""
    dy = _by_channel(dy, dy.shape[-1] // x.shape[-1])
    gradient = np.empty((*windows.size, *dy.shape[-2:]), np.result_type(x, dy))
    for place, seen in windows.views(windows.pad(x)):
        gradient[place] = (seen[..., np.newaxis] * dy).sum(axis=tuple(range(dy.ndim - 2)))
    return gradient


def _by_channel(dy: Array, multiplier: int) -> Array:
    """(batch, ..., channels · multiplier) -> (batch, ..., channels, multiplier)."""
    return dy.reshape(*dy.shape[:-1], dy.shape[-1] // multiplier, multiplier)
