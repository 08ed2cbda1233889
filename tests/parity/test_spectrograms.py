"""Spectrograms against Keras."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import maju
from maju.errors import InputError
from maju.layers import MelSpectrogramLayer, STFTSpectrogramLayer
from parity.compare import LAYERS, Case, assert_same, check_alone, random, scramble

SOUND = random(3, 130, seed="sound")
STEREO = random(3, 70, 2, seed="stereo")

MEL: dict[str, dict[str, Any]] = {
    "as it is": {},
    "powers": {"power_to_db": False, "mag_exp": 1.5},
    "hamming": {"window": "hamming", "sequence_length": 50},
    "no window, few decibels": {"window": None, "top_db": 20.0, "ref_power": 3.0, "min_power": 1e-3},
    "between two pitches": {"min_freq": 100.0, "max_freq": 3000.0, "sampling_rate": 8000},
    "odd lengths": {"fft_length": 63, "sequence_length": 41, "sequence_stride": 17},
}
STFT: dict[str, dict[str, Any]] = {
    **{mode: {"mode": mode} for mode in ("log", "magnitude", "psd", "real", "imag", "angle", "stft")},
    "same, for images": {"padding": "same", "expand_dims": True, "mode": "stft"},
    "its own step": {"frame_length": 20, "frame_step": 7, "fft_length": 32, "window": "hamming"},
}
CASES = [
    *(
        Case(
            f"mel, {name}",
            partial(
                layers.MelSpectrogram,
                **{"fft_length": 64, "sequence_stride": 16, "num_mel_bins": 9, **given},
            ),
            SOUND,
        )
        for name, given in MEL.items()
    ),
    *(
        Case(f"stft, {name}", partial(layers.STFTSpectrogram, **{"frame_length": 32, **given}), STEREO)
        for name, given in STFT.items()
    ),
]


@pytest.mark.parametrize("case", [case for case in CASES if case.name.startswith("stft")], ids=str)
def test_stft_alone(case: Case) -> None:
    check_alone(case)


@pytest.mark.parametrize("case", [case for case in CASES if case.name.startswith("mel")], ids=str)
def test_mel_alone(case: Case) -> None:
    layer, expected = case.twin, keras.ops.convert_to_numpy(case.expected)
    y = layer.forward(case.x)
    assert_same(y, expected, tolerance=LAYERS * float(np.abs(expected).max()))
    assert layer.output_shape(case.input_shape) == (None, *y.shape[1:])
    again = type(layer).from_config(layer.get_config(), {})
    np.testing.assert_array_equal(again.forward(case.x), y)


def test_through_a_file(tmp_path: Path) -> None:
    sound, stereo = keras.Input((130,)), keras.Input((70, 2))
    mel, stft = layers.MelSpectrogram(fft_length=64, num_mel_bins=9), layers.STFTSpectrogram(frame_length=32)
    model = keras.Model([sound, stereo], [mel(sound), stft(stereo)])
    scramble(model)
    model.save(tmp_path / "model.keras")
    found = maju.load(tmp_path / "model.keras").predict([SOUND, STEREO])
    assert_same(found, model.predict([SOUND, STEREO], verbose=0), tolerance=1e-4)  # of up to 80 decibels


@pytest.mark.parametrize("expand_dims", [False, True])
def test_channels_first_is_channels_last_turned(expand_dims: bool) -> None:
    case = next(case for case in CASES if case.name == "stft, stft")
    config, weights = case.twin.get_config(), case.twin.weights
    last, first = (
        STFTSpectrogramLayer.from_config(
            {**config, "expand_dims": expand_dims, "data_format": order}, weights
        )
        for order in ("channels_last", "channels_first")
    )
    y = first.forward(np.moveaxis(STEREO, -1, 1))
    np.testing.assert_array_equal(y, np.moveaxis(last.forward(STEREO), -1, 1))
    assert first.output_shape((None, 2, 70)) == (None, *y.shape[1:])


def test_a_single_sound_is_a_row_of_a_batch() -> None:
    mel = MelSpectrogramLayer(fft_length=32, sequence_stride=8, num_mel_bins=5)
    np.testing.assert_array_equal(mel.forward(SOUND[0]), mel.forward(SOUND[:1])[0])
    assert mel.output_shape((130,)) == mel.forward(SOUND[0]).shape


def test_sounds_that_are_too_short_are_refused() -> None:
    with pytest.raises(InputError, match=r"expected more than 16 samples in a row, .* got shape \(2, 16\)$"):
        MelSpectrogramLayer(fft_length=32).forward(np.ones((2, 16), np.float32))
    stft = next(case for case in CASES if case.name == "stft, log").twin
    with pytest.raises(InputError, match=r"sounds of shape \(2, 31, 1\) are shorter than 32$"):
        stft.forward(np.ones((2, 31, 1), np.float32))
