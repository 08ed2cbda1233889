"""Fourier transforms; complex numbers are two tensors, their real and their imaginary parts."""

from __future__ import annotations

from typing import Any

import numpy as np

from maju.layers import fourier
from maju.layers.base import Array
from maju.layers.fourier import Window
from maju.layers.operations.function import operation
from maju.layers.operations.types import floating

__all__: list[str] = []


def _complex(x: Any) -> tuple[Array, Any]:
    """The two tensors as one of complex numbers, and the type of its parts."""
    if not isinstance(x, (list, tuple)) or len(x) != 2:
        raise ValueError("expected the real and the imaginary parts")
    real, imaginary = floating(*x)
    return real + 1j * imaginary, real.dtype


def _parts(y: Array, dtype: Any) -> list[Array]:
    return [y.real.astype(dtype), y.imag.astype(dtype)]


def _joined(dy: Any) -> Array:
    return np.asarray(dy[0]) + 1j * np.asarray(dy[1])


def _fft_gradient(dy: Any, y: Any, x: Any) -> Any:
    return (_parts(np.fft.ifft(_joined(dy), axis=-1) * np.shape(x[0])[-1], np.float64),)


@operation("FFT", module="math", outputs=2, gradient=_fft_gradient)
def fft(x: Any) -> Any:
    """y_k = Σ_n x_n e^(−2πi kn/N) along the last axis."""
    values, dtype = _complex(x)
    return _parts(np.fft.fft(values, axis=-1), dtype)


def _fft2_gradient(dy: Any, y: Any, x: Any) -> Any:
    return (_parts(np.fft.ifft2(_joined(dy)) * np.prod(np.shape(x[0])[-2:]), np.float64),)


@operation("FFT2", module="math", outputs=2, gradient=_fft2_gradient)
def fft2(x: Any) -> Any:
    """The Fourier transform along the last two axes."""
    values, dtype = _complex(x)
    return _parts(np.fft.fft2(values), dtype)


def _ifft2_gradient(dy: Any, y: Any, x: Any) -> Any:
    return (_parts(np.fft.fft2(_joined(dy)) / np.prod(np.shape(x[0])[-2:]), np.float64),)


@operation("IFFT2", module="math", outputs=2, gradient=_ifft2_gradient)
def ifft2(x: Any) -> Any:
    """What `fft2` makes x of."""
    values, dtype = _complex(x)
    return _parts(np.fft.ifft2(values), dtype)


def _rfft_gradient(dy: Any, y: Any, x: Any, fft_length: int | None) -> Any:
    length = np.shape(x)[-1]
    return fourier.back_to_real(_joined(dy), fft_length or length, length)


@operation("RFFT", module="math", outputs=2, gradient=_rfft_gradient)
def rfft(x: Any, *, fft_length: int | None = None) -> Any:
    """The first half of the Fourier transform of real numbers; the other half mirrors it."""
    (x,) = floating(x)
    return _parts(fourier.real_to_half(x, fft_length or x.shape[-1]), x.dtype)


def _irfft_gradient(dy: Any, y: Any, x: Any, fft_length: int | None) -> Any:
    held, length = np.shape(x[0])[-1], np.shape(y)[-1]
    sent = np.fft.rfft(dy, axis=-1) / length
    sent[..., 1 : (length + 1) // 2] *= 2
    back = np.zeros((*sent.shape[:-1], held), complex)
    kept = min(held, sent.shape[-1])
    back[..., :kept] = sent[..., :kept]
    return (_parts(back, np.float64),)


@operation("IRFFT", module="math", gradient=_irfft_gradient)
def irfft(x: Any, *, fft_length: int | None = None) -> Any:
    """The real numbers of which `rfft` makes x."""
    values, dtype = _complex(x)
    return np.fft.irfft(values, fft_length or 2 * (values.shape[-1] - 1), axis=-1).astype(dtype)


def _stft_gradient(
    dy: Any, y: Any, x: Any, sequence_length: int, sequence_stride: int, fft_length: int, **settings: Any
) -> Any:
    return fourier.stft_back(_joined(dy), x, sequence_length, sequence_stride, fft_length, **settings)


@operation("STFT", module="math", outputs=2, gradient=_stft_gradient)
def stft(
    x: Any,
    *,
    sequence_length: int,
    sequence_stride: int,
    fft_length: int,
    window: Window = "hann",
    center: bool = True,
) -> Any:
    """The spectrum of each piece of a signal: see `maju.layers.fourier.stft`."""
    (x,) = floating(x)
    return _parts(fourier.stft(x, sequence_length, sequence_stride, fft_length, window, center), x.dtype)


@operation("ISTFT", module="math")
def istft(
    x: Any,
    *,
    sequence_length: int,
    sequence_stride: int,
    fft_length: int,
    length: int | None = None,
    window: Window = "hann",
    center: bool = True,
) -> Any:
    """The signal of whose pieces `stft` makes x: the pieces under the window's inverse, added up."""
    values, dtype = _complex(x)
    pieces = np.fft.irfft(values, fft_length, axis=-1)
    if window is not None:
        pieces = pieces * fourier.inverse_window(window, sequence_length, sequence_stride, fft_length)
    samples = fft_length + sequence_stride * (values.shape[-2] - 1)
    y = fourier.frames_back(pieces, sequence_stride, samples).astype(dtype)
    start = fft_length // 2 if center else 0
    end = start + length if length is not None else samples - start
    return y[..., start:end]
