"""The way back of spectrograms and of pipelines."""

from __future__ import annotations

from typing import Any

import pytest

from gradients.check import Case, check

SOUND: list[tuple[int, ...]] = [(2, 21)]
STEREO: list[tuple[int, ...]] = [(2, 20, 2)]
MEL = {"fft_length": 8, "sequence_stride": 3, "num_mel_bins": 3, "min_freq": 100.0}


def within(keras_class: str, **config: Any) -> dict[str, Any]:
    return {"class_name": keras_class, "config": {"name": keras_class.lower(), **config}}


CASES: dict[str, Case] = {
    "mel in decibels": ("MelSpectrogram", {**MEL, "top_db": 9.0}, SOUND, None),
    "mel": (
        "MelSpectrogram",
        {**MEL, "power_to_db": False, "mag_exp": 1.5, "window": "hamming"},
        SOUND,
        None,
    ),
    **{
        f"stft {mode}": (
            "STFTSpectrogram",
            {"mode": mode, "frame_length": 6, "frame_step": 4, "expand_dims": mode == "psd"},
            STEREO,
            None,
        )
        for mode in ("log", "magnitude", "psd", "real", "imag", "angle", "stft")
    },
    "stft channels first": (
        "STFTSpectrogram",
        {"frame_length": 6, "padding": "same", "data_format": "channels_first"},
        [(2, 2, 13)],
        None,
    ),
    "pipeline": (
        "Pipeline",
        {"layers": [within("Rescaling", scale=2.0), within("Cropping2D", cropping=[[1, 0], [0, 1]])]},
        [(2, 3, 3, 2)],
        None,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_against_central_differences(name: str) -> None:
    check(name, CASES[name], training=False)
