"""MelSpectrogram: how strong each pitch is in a sound, over time."""

from __future__ import annotations

from typing import Any

import numpy as np

from maju.errors import InputError
from maju.layers import fourier
from maju.layers.base import Array, Backward, Layer, Shape
from maju.layers.dtypes import as_float
from maju.layers.registry import layer

__all__ = ["MelSpectrogramLayer"]


@layer
class MelSpectrogramLayer(Layer):
    """The spectrum of each piece of a sound, its frequencies in bands as wide as the ear hears them.

    m = |STFT(x)|^mag_exp · W, where band b has a triangle of weights between the mels of its neighbours, and
    f Hertz are 1127 ln(1 + f/700) mels. With ``power_to_db``

    y = max(d, max d − top_db), d = 10 log₁₀ max(m, min_power) − 10 log₁₀ max(|ref_power|, min_power)

    where max d is the loudest place of all rows that are computed together, as in Keras.

    Shapes:
        x: (batch, samples) or (samples,). y: (batch, bands, pieces); one begins every ``sequence_stride``.

    Source: `keras.layers.MelSpectrogram`.
    """

    keras_class = "MelSpectrogram"
    hyper_parameters = (
        "fft_length",
        "sequence_stride",
        "sequence_length",
        "window",
        "sampling_rate",
        "num_mel_bins",
        "min_freq",
        "max_freq",
        "power_to_db",
        "top_db",
        "mag_exp",
        "min_power",
        "ref_power",
    )
    choices = {"power_to_db": (False, True), "window": ("hann", "hamming", None)}

    def __init__(
        self,
        fft_length: int = 2048,
        sequence_stride: int = 512,
        sequence_length: int | None = None,
        window: str | None = "hann",
        sampling_rate: int = 16000,
        num_mel_bins: int = 128,
        min_freq: float = 20.0,
        max_freq: float | None = None,
        power_to_db: bool = True,
        top_db: float = 80.0,
        mag_exp: float = 2.0,
        min_power: float = 1e-10,
        ref_power: float = 1.0,
        *,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.fft_length = fft_length
        self.sequence_stride = sequence_stride
        self.sequence_length = sequence_length or fft_length
        self.window = window
        self.sampling_rate = sampling_rate
        self.num_mel_bins = num_mel_bins
        self.min_freq = min_freq
        self.max_freq = max_freq or int(sampling_rate / 2)
        self.power_to_db = power_to_db
        self.top_db = top_db
        self.mag_exp = mag_exp
        self.min_power = min_power
        self.ref_power = ref_power
        counts = (fft_length, sequence_stride, self.sequence_length, num_mel_bins)
        if any(type(n) is not int or n < 1 for n in counts) or self.sequence_length > fft_length:
            raise ValueError(f"fft_length={fft_length!r}, sequence_length={sequence_length!r}")

    def bands(self) -> Array:
        """W: how much each frequency counts for each band, (fft_length // 2 + 1, bands)."""
        mels = _mels(np.linspace(0, self.sampling_rate / 2, self.fft_length // 2 + 1)[1:, np.newaxis])
        edges = np.linspace(_mels(self.min_freq), _mels(self.max_freq), self.num_mel_bins + 2)
        low, middle, high = edges[:-2], edges[1:-1], edges[2:]
        slopes = np.minimum((mels - low) / (middle - low), (high - mels) / (high - middle))
        bands = np.maximum(slopes, 0)
        return np.pad(bands, [(1, 0), (0, 0)])  # the mean of the sound is in no band

    def forward(self, x: Any, training: bool = False, mask: Any = None) -> Array:
        return self.vjp(x)[0]

    def vjp(self, x: Any, training: bool = True, mask: Any = None) -> tuple[Array, Backward]:
        x = self._checked(x)
        settings = (self.sequence_length, self.sequence_stride, self.fft_length, self.window, True)
        spectrum = fourier.stft(x, *settings)
        strength = np.abs(spectrum)
        bands = self.bands().astype(x.dtype)
        power = (strength**self.mag_exp).astype(x.dtype) @ bands  # (batch, pieces, bands)
        y = power
        if self.power_to_db:
            decibels = 10 * np.log10(np.maximum(power, self.min_power))
            decibels -= 10 * np.log10(max(abs(self.ref_power), self.min_power))
            lowest = decibels.max() - self.top_db
            y = np.maximum(decibels, lowest)

        def backward(dy: Array) -> tuple[Array, dict[str, Array]]:
            d = np.swapaxes(dy, -1, -2)
            if self.power_to_db:
                quiet = decibels < lowest
                d_max = np.where(quiet, d, 0).sum()
                loudest = decibels == decibels.max()
                d = np.where(quiet, 0, d) + np.where(loudest, d_max / loudest.sum(), 0)
                slope = 10 / np.log(10) / np.maximum(power, self.min_power)
                d = np.where(power > self.min_power, d * slope, 0)
            some = np.where(strength > 0, strength, 1)
            sent = np.where(strength > 0, (d @ bands.T) * self.mag_exp * some ** (self.mag_exp - 2), 0)
            return fourier.stft_back(sent * spectrum, x, *settings).astype(x.dtype, copy=False), {}

        shown: Array = np.swapaxes(y, -1, -2).astype(x.dtype)
        return shown, backward

    def _checked(self, x: Any) -> Array:
        array = as_float(x)
        if array.ndim not in (1, 2) or array.shape[-1] <= self.fft_length // 2:
            where = f"layer {self.name!r} (MelSpectrogram)"
            needed = f"more than {self.fft_length // 2} samples in a row"
            raise InputError(f"{where}: expected {needed}, (batch, samples), got shape {array.shape}")
        return array

    def output_shape(self, input_shape: Shape) -> Shape:
        *batch, samples = input_shape
        if len(batch) > 1:
            raise ValueError("more than one axis beside that of the samples")
        beyond = self.fft_length // 2 * 2 - self.fft_length
        pieces = None if samples is None else (samples + beyond) // self.sequence_stride + 1
        return (*batch, self.num_mel_bins, pieces)


def _mels(hertz: Any) -> Any:
    return 1127 * np.log(1 + np.asarray(hertz) / 700)
