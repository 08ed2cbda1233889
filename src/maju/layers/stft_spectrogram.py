"""STFTSpectrogram: the spectrum of each piece of a sound, by kernels that can be trained."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array, Backward, Config, Gradients, Layer, Shape
from maju.layers.convolve import convolve, convolve_back, kernel_gradient
from maju.layers.dtypes import as_float
from maju.layers.registry import layer
from maju.layers.windows import Windows, channels_last, split_shape

__all__ = ["STFTSpectrogramLayer"]

#: Keras's smallest number: what is less counts as this.
EPSILON = 1e-7


@layer
class STFTSpectrogramLayer(Layer):
    """Slide sines and cosines over each channel of a sound: r = x ∗ R, i = x ∗ I.

    y depends on ``mode``: "real" r; "imag" i; "stft" both, r before i; "angle" atan2(i, r); with p = r² + i²
    "psd" p, twice that between the lowest and the highest frequency; "magnitude" √max(p, ε); "log" its
    logarithm.

    Shapes (f frequencies, ``fft_length`` // 2 + 1; pieces a ``frame_step`` apart):
        x: (batch, samples, channels). real_kernel R, imag_kernel I: (frame_length, 1, f).
        y: (batch, pieces, channels · f), with ``expand_dims`` (batch, pieces, f, channels). With
        ``data_format`` "channels_first" x: (batch, channels, samples), y: (batch, channels · f, pieces) or
        (batch, channels, pieces, f).

    Source: `keras.layers.STFTSpectrogram`.
    """

    keras_class = "STFTSpectrogram"
    hyper_parameters = (
        "mode",
        "frame_length",
        "frame_step",
        "fft_length",
        "padding",
        "expand_dims",
        "data_format",
    )
    choices = {
        "mode": ("log", "magnitude", "psd", "real", "imag", "angle", "stft"),
        "padding": ("valid", "same"),
        "expand_dims": (False, True),
        "data_format": ("channels_last", "channels_first"),
    }
    # How the kernels began; they are weights.
    only = {"window": ..., "periodic": ..., "scaling": ...}

    def __init__(
        self,
        real_kernel: Array | None = None,
        imag_kernel: Array | None = None,
        *,
        mode: str = "log",
        frame_length: int = 256,
        frame_step: int | None = None,
        fft_length: int | None = None,
        padding: str = "valid",
        expand_dims: bool = False,
        data_format: str = "channels_last",
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.real_kernel = real_kernel
        self.imag_kernel = imag_kernel
        self.mode = mode
        self.frame_length = frame_length
        self.frame_step = frame_step
        self.fft_length = fft_length
        self.padding = padding
        self.expand_dims = expand_dims
        self.data_format = data_format

    @classmethod
    def weight_shapes(cls, config: Config, input_shape: Shape | None) -> dict[str, Shape]:
        length = config.get("frame_length", 256)
        fft_length = config.get("fft_length") or 2 ** math.ceil(math.log2(length))
        mode = config.get("mode", "log")
        names = ["real_kernel"] * (mode != "imag") + ["imag_kernel"] * (mode != "real")
        return dict.fromkeys(names, (length, 1, fft_length // 2 + 1))

    @property
    def windows(self) -> Windows:
        """Where the kernels look."""
        return Windows.of(1, self.frame_length, self.frame_step or self.frame_length // 2, 1, self.padding)

    def forward(self, x: Any, training: bool = False, mask: Any = None) -> Array:
        return self.vjp(x)[0]

    def vjp(self, x: Any, training: bool = True, mask: Any = None) -> tuple[Array, Backward]:
        x = self._checked(x)  # (batch, samples, channels)
        batch, samples, channels = x.shape
        sound = np.moveaxis(x, -1, 1).reshape(batch * channels, samples, 1)
        parts = {name: convolve(sound, kernel, self.windows) for name, kernel in self.weights.items()}
        parts = {name: y.reshape(batch, channels, *y.shape[1:]) for name, y in parts.items()}
        real, imaginary = parts.get("real_kernel"), parts.get("imag_kernel")
        y, back = self._mode(real, imaginary)  # (batch, channels, pieces, f)

        def backward(dy: Array) -> tuple[Array, Gradients]:
            dx: Any = 0
            gradients = {}
            sent = [d for d in back(self._arranged_back(dy, y)) if d is not None]
            for name, d in zip(parts, sent, strict=True):
                rows = d.reshape(batch * channels, *d.shape[2:])
                gradients[name] = kernel_gradient(sound, rows, self.windows)
                dx = dx + convolve_back(rows, self.weights[name], self.windows, (samples,))
            dx = np.moveaxis(dx.reshape(batch, channels, samples), 1, -1)
            return dx if self.data_format == "channels_last" else np.moveaxis(dx, -1, 1), gradients

        return self._arranged(y), backward

    def _mode(self, real: Any, imaginary: Any) -> tuple[Array, Any]:
        """What the mode makes of the two parts, and the way back to both; None to one that is not there."""
        if self.mode == "real":
            return real, lambda dy: (dy, None)
        if self.mode == "imag":
            return imaginary, lambda dy: (None, dy)
        if self.mode == "stft":
            count = real.shape[-1]
            return np.concatenate([real, imaginary], -1), lambda dy: (dy[..., :count], dy[..., count:])
        power = real**2 + imaginary**2
        if self.mode == "angle":
            turned = np.where(power > 0, power, 1)
            return np.arctan2(imaginary, real), lambda dy: (-dy * imaginary / turned, dy * real / turned)
        if self.mode == "psd":
            twice = np.ones(power.shape[-1], power.dtype)
            twice[1:-1] = 2
            return power * twice, lambda dy: (2 * real * dy * twice, 2 * imaginary * dy * twice)
        strength = np.sqrt(np.maximum(power, power.dtype.type(EPSILON)))
        share = np.where(power > EPSILON, 1 / strength, 0)
        if self.mode == "magnitude":
            return strength, lambda dy: (dy * share * real, dy * share * imaginary)
        return np.log(strength), lambda dy: (dy * share**2 * real, dy * share**2 * imaginary)

    def _arranged(self, y: Array) -> Array:
        """(batch, channels, pieces, f) in the order of the axes that the layer gives."""
        first = self.data_format == "channels_first"
        if self.expand_dims:
            return y if first else np.moveaxis(y, 1, -1)
        flat = np.moveaxis(y, 2, -1).reshape(
            len(y), y.shape[1] * y.shape[3], y.shape[2]
        )  # (batch, channels · f, pieces)
        return flat if first else np.moveaxis(flat, 1, -1)

    def _arranged_back(self, dy: Array, y: Array) -> Array:
        first = self.data_format == "channels_first"
        if self.expand_dims:
            return dy if first else np.moveaxis(dy, -1, 1)
        flat = dy if first else np.moveaxis(dy, -1, 1)
        return np.moveaxis(flat.reshape(*y.shape[:2], y.shape[3], y.shape[2]), -1, 2)

    def _checked(self, x: Any) -> Array:
        array = as_float(x)
        where = f"layer {self.name!r} (STFTSpectrogram)"
        if array.ndim != 3:
            raise InputError(f"{where}: expected three axes, got shape {array.shape}")
        array = channels_last(array, self.data_format)
        if not all(self.windows.count(array.shape[1:-1])):
            raise InputError(f"{where}: sounds of shape {np.shape(x)} are shorter than {self.frame_length}")
        return array

    def output_shape(self, input_shape: Shape) -> Shape:
        (samples,), channels = split_shape(input_shape, self.data_format)
        (pieces,) = self.windows.count((samples,))
        kernel = self.real_kernel if self.real_kernel is not None else self.imag_kernel
        assert kernel is not None
        frequencies = kernel.shape[-1] * (2 if self.mode == "stft" else 1)
        first = self.data_format == "channels_first"
        if self.expand_dims:
            axes: Shape = (channels, pieces, frequencies) if first else (pieces, frequencies, channels)
            return (input_shape[0], *axes)
        both = None if channels is None else channels * frequencies
        return (input_shape[0], *((both, pieces) if first else (pieces, both)))
