"""Frames of a signal, the windows over them, and the short-time Fourier transform, forward and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from maju.layers.base import Array

__all__ = [
    "Window",
    "back_to_real",
    "frames",
    "frames_back",
    "inverse_window",
    "real_to_half",
    "stft",
    "stft_back",
    "window_of",
]

#: A window by its name, by its values, or None for one that changes nothing.
Window: TypeAlias = str | Sequence[float] | None


def window_of(window: Window, length: int, dtype: Any) -> Array:
    """The values of a window: a periodic "hann" or "hamming", those that are given, or ones.

    Raises:
        ValueError: no such window, or not so long.
    """
    if window is None:
        return np.ones(length, dtype)
    if isinstance(window, str):
        shares = {"hann": 0.5, "hamming": 0.54}
        if window not in shares:
            raise ValueError(f"window={window!r}; expected {' or '.join(map(repr, shares))}")
        # TensorFlow leaves a window of odd length as it is when it is to be periodic.
        turn = 2 * np.pi * np.arange(length) / max(length if length % 2 == 0 else length - 1, 1)
        share = shares[window]
        return np.asarray(share - (1 - share) * np.cos(turn) if length > 1 else np.ones(1), dtype)
    values = np.asarray(window, dtype)
    if values.shape != (length,):
        raise ValueError(f"a window of shape {values.shape} over {length} values")
    return values


def frames(x: Array, length: int, step: int) -> Array:
    """Pieces of x (..., samples) of one length, a step apart: (..., frames, length)."""
    if x.shape[-1] < length:
        return np.zeros((*x.shape[:-1], 0, length), x.dtype)
    return np.lib.stride_tricks.sliding_window_view(x, length, axis=-1)[..., ::step, :]


def frames_back(pieces: Array, step: int, samples: int) -> Array:
    """The way back from `frames`: the pieces added up at their places in x (..., samples)."""
    x = np.zeros((*pieces.shape[:-2], samples), pieces.dtype)
    count, length = pieces.shape[-2:]
    for place in range(length):
        x[..., place : place + step * count : step][..., :count] += pieces[..., place]
    return x


def real_to_half(x: Array, fft_length: int) -> Array:
    """The Fourier transform of real numbers, cut or padded to a length: its first half, complex."""
    return np.asarray(np.fft.rfft(x, fft_length, axis=-1))


def back_to_real(d: Array, fft_length: int, length: int) -> Array:
    """The way back from `real_to_half`: what the gradient d_real + i·d_imag sends to the real numbers."""
    whole = np.zeros((*d.shape[:-1], fft_length), complex)
    whole[..., : d.shape[-1]] = d
    sent = np.fft.ifft(whole, axis=-1).real * fft_length
    back = np.zeros((*d.shape[:-1], length))
    kept = min(length, fft_length)
    back[..., :kept] = sent[..., :kept]
    return back


def stft(x: Array, sequence_length: int, step: int, fft_length: int, window: Window, center: bool) -> Array:
    """The spectrum of each piece of a signal, complex: (..., samples) to (..., frames, fft_length // 2 + 1).

    Each piece is ``fft_length`` long, and the window stands in its middle; with ``center`` the signal is
    mirrored at its ends, so that the first piece has the first sample in its middle.
    """
    pieces = frames(_mirrored(x, fft_length, center), fft_length, step)
    return real_to_half(pieces * _inside(window, sequence_length, fft_length, x.dtype), fft_length)


def stft_back(
    d: Array, x: Array, sequence_length: int, step: int, fft_length: int, window: Window, center: bool
) -> Array:
    """The way back from `stft`, for the gradient d_real + i·d_imag."""
    pieces = back_to_real(d, fft_length, fft_length) * _inside(window, sequence_length, fft_length, x.dtype)
    margin = fft_length // 2 if center else 0
    added = frames_back(pieces, step, x.shape[-1] + 2 * margin)
    if not margin:
        return added
    places = _mirrored(np.arange(x.shape[-1]), fft_length, center)
    back = np.zeros((x.shape[-1], *x.shape[:-1]))
    np.add.at(back, places, np.moveaxis(added, -1, 0))
    return np.moveaxis(back, 0, -1)


def inverse_window(window: Window, sequence_length: int, step: int, fft_length: int) -> Array:
    """What undoes a window when pieces are added up: the window by the sum of its squares at each place."""
    values = _inside(window, sequence_length, fft_length, np.float64)
    overlaps = -(-fft_length // step)
    squares = np.pad(values**2, (0, overlaps * step - fft_length)).reshape(overlaps, step).sum(axis=0)
    with np.errstate(all="ignore"):  # 0 by 0 is NaN for Keras too
        return np.asarray(values / np.tile(squares, overlaps)[:fft_length])


def _mirrored(x: Array, fft_length: int, center: bool) -> Array:
    margin = fft_length // 2
    if not center:
        return x
    if x.shape[-1] <= margin:
        raise ValueError(
            f"{x.shape[-1]} samples, where more than {margin} are needed for fft_length={fft_length}"
        )
    return np.pad(x, [*[(0, 0)] * (x.ndim - 1), (margin, margin)], mode="reflect")


def _inside(window: Window, length: int, fft_length: int, dtype: Any) -> Array:
    """The window with zeros around it."""
    left = (fft_length - length) // 2
    if left < 0:
        raise ValueError(f"fft_length={fft_length} is less than sequence_length={length}")
    if window is None:
        return np.ones(fft_length, dtype)
    return np.pad(window_of(window, length, dtype), (left, fft_length - length - left))
