"""STFT: the kernels that make a convolution a short-time Fourier transform."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from maju.errors import InputError
from maju.initializers.initializer import Array, Initializer

__all__ = ["STFT"]

#: The share of a window's mean in its sum of mean and cosine.
WINDOWS = {"hann": 0.5, "hamming": 0.54}
SCALINGS = ("density", "spectrum", None)


class STFT(Initializer):
    """The real or the imaginary part of w[t]·exp(−2πi·t·f / F) / s, for each time t and frequency f.

    w is the ``window``, and s = √Σw² for the ``scaling`` "density", Σ|w| for "spectrum", 1 for None.

    Shapes:
        (frame length, 1, F / 2 + 1).

    Args:
        side: ``"real"`` or ``"imag"``.
        window: ``"hann"``, ``"hamming"``, its values, or None for none.
        periodic: whether the window's end would go on at its beginning.

    Source: `keras.initializers.STFT`.
    """

    arguments = ("side", "window", "periodic", "scaling")

    def __init__(
        self,
        side: str = "real",
        window: str | Sequence[float] | None = "hann",
        scaling: str | None = "density",
        periodic: bool = False,
    ) -> None:
        for key, value, known in (("side", side, ("real", "imag")), ("scaling", scaling, SCALINGS)):
            if value not in known:
                expected = " or ".join(map(repr, known))
                raise InputError(f"initializer STFT: {key}={value!r}; expected {expected}")
        if isinstance(window, str) and window not in WINDOWS:
            expected = " or ".join(map(repr, WINDOWS))
            raise InputError(f"initializer STFT: window={window!r}; expected {expected}, or its values")
        self.side = side
        self.window = window
        self.scaling = scaling
        self.periodic = periodic

    def values(self, shape: tuple[int, ...]) -> Array:
        if len(shape) != 3 or shape[1] != 1 or shape[2] < 2:
            raise InputError(f"initializer STFT makes kernels (length, 1, frequencies), not of shape {shape}")
        length, _, frequencies = shape
        turns = np.outer(np.arange(length), np.arange(frequencies)) / (2 * (frequencies - 1))
        waves: Array = np.cos(-2 * np.pi * turns) if self.side == "real" else np.sin(-2 * np.pi * turns)
        kernel: Array = waves * self._window(length)[:, np.newaxis]
        return kernel[:, np.newaxis]

    def _window(self, length: int) -> Any:
        """The window by its scale."""
        if self.window is None:
            return np.ones(length)
        if isinstance(self.window, str):
            share = WINDOWS[self.window]
            turn = 2 * np.pi * np.arange(length) / max(length if self.periodic else length - 1, 1)
            window = share - (1 - share) * np.cos(turn) if length > 1 else np.ones(1)
        else:
            window = np.asarray(self.window, np.float64)
            if window.shape != (length,):
                raise InputError(f"initializer STFT: a window of shape {window.shape} over {length} values")
        if self.scaling == "density":
            return window / np.sqrt(np.sum(window**2))
        return window / np.sum(np.abs(window)) if self.scaling == "spectrum" else window
