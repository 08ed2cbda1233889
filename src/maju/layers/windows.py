"""How a window slides over an image: padding, strides, dilation; shared by convolution and pooling."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from maju.layers.base import Array, Shape

__all__ = [
    "channels_last",
    "from_channels_last",
    "image_shape",
    "output_length",
    "pad",
    "pair",
    "shifts",
    "unpad",
]


def pair(value: int | Sequence[int]) -> tuple[int, int]:
    """Keras's short form: 3 stands for (3, 3)."""
    first, second = (value, value) if isinstance(value, int) else value
    return int(first), int(second)


def channels_last(x: Array, data_format: str) -> Array:
    """X as (batch, height, width, channels), whichever way it is stored."""
    return x if data_format == "channels_last" else np.moveaxis(x, 1, -1)


def from_channels_last(y: Array, data_format: str) -> Array:
    """The way back from `channels_last`."""
    return y if data_format == "channels_last" else np.moveaxis(y, -1, 1)


def output_length(length: int | None, size: int, stride: int, padding: str, dilation: int = 1) -> int | None:
    """How many windows of `size` fit on an axis: ⌈n/s⌉ for "same", ⌊(n − (k−1)d − 1)/s⌋ + 1 for "valid"."""
    if length is None:
        return None
    if padding == "same":
        return -(-length // stride)
    return max(0, (length - (size - 1) * dilation - 1) // stride + 1)


def pad(
    x: Array,
    size: Sequence[int],
    strides: Sequence[int],
    padding: str,
    dilation: Sequence[int] = (1, 1),
    value: float = 0.0,
) -> Array:
    """Pad axes 1, 2, ... of x so that the windows cover it as Keras's `padding` says.

    "same" needs (⌈n/s⌉ − 1)·s + (k−1)·d + 1 − n more elements; where that is odd, the one too many goes
    to the right.
    """
    if padding == "valid":
        return x
    widths = _same_widths(x.shape[1:-1], size, strides, dilation)
    return np.pad(x, [(0, 0), *widths, (0, 0)], constant_values=value)


def unpad(
    dx: Array,
    lengths: Sequence[int],
    size: Sequence[int],
    strides: Sequence[int],
    padding: str,
    dilation: Sequence[int] = (1, 1),
) -> Array:
    """The way back from `pad`, for an image whose axes had these lengths."""
    if padding == "valid":
        return dx
    widths = _same_widths(lengths, size, strides, dilation)
    return dx[:, *(slice(left, left + n) for (left, _), n in zip(widths, lengths, strict=True))]


def _same_widths(
    lengths: Sequence[int], size: Sequence[int], strides: Sequence[int], dilation: Sequence[int]
) -> list[tuple[int, int]]:
    """How many elements "same" puts before and after each axis."""
    widths = []
    for n, k, s, d in zip(lengths, size, strides, dilation, strict=True):
        missing = max(0, (-(-n // s) - 1) * s + (k - 1) * d + 1 - n)
        widths.append((missing // 2, missing - missing // 2))
    return widths


def shifts(
    x: Array, size: Sequence[int], strides: Sequence[int], dilation: Sequence[int] = (1, 1)
) -> list[tuple[tuple[int, int], Array]]:
    """For each place (a, b) in the window, what all the windows see there.

    Args:
        x: (batch, height, width, channels), padded already.

    Returns:
        pairs ``(a, b), seen`` with ``seen[n, i, j, c] = x[n, i·s + a·d, j·s + b·d, c]``: views, no copies.
    """
    (kh, kw), (sh, sw), (dh, dw) = size, strides, dilation
    oh = output_length(x.shape[1], kh, sh, "valid", dh) or 0
    ow = output_length(x.shape[2], kw, sw, "valid", dw) or 0
    return [
        ((a, b), x[:, a * dh : a * dh + oh * sh : sh, b * dw : b * dw + ow * sw : sw][:, :oh, :ow])
        for a in range(kh)
        for b in range(kw)
    ]


def image_shape(
    input_shape: Shape,
    channels: int | None,
    size: Sequence[int],
    strides: Sequence[int],
    padding: str,
    data_format: str,
    dilation: Sequence[int] = (1, 1),
) -> Shape:
    """The shape of what windows over an image give; `channels` None keeps the input's."""
    if data_format == "channels_last":
        batch, height, width, depth = input_shape
    else:
        batch, depth, height, width = input_shape
    rows = output_length(height, size[0], strides[0], padding, dilation[0])
    columns = output_length(width, size[1], strides[1], padding, dilation[1])
    depth = depth if channels is None else channels
    return (batch, rows, columns, depth) if data_format == "channels_last" else (batch, depth, rows, columns)
