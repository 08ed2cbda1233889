"""The way back of the layers that cut, pad, repeat, enlarge and reorder."""

from __future__ import annotations

import pytest

from gradients.check import Case, check
from maju.layers import resampling

STEPS = (2, 5, 3)
IMAGES = (2, 4, 3, 2)
VOLUMES = (2, 3, 4, 2, 2)
FIRST = {"data_format": "channels_first"}

CASES: dict[str, Case] = {
    "cropping-1d": ("Cropping1D", {"cropping": (1, 2)}, [STEPS], None),
    "cropping-2d": ("Cropping2D", {"cropping": ((1, 0), (0, 2))}, [IMAGES], None),
    "cropping-2d-channels-first": ("Cropping2D", {"cropping": ((1, 1), (1, 0)), **FIRST}, [IMAGES], None),
    "cropping-3d": ("Cropping3D", {"cropping": ((1, 0), (1, 2), (0, 1))}, [VOLUMES], None),
    "padding-1d": ("ZeroPadding1D", {"padding": (1, 2)}, [STEPS], None),
    "padding-1d-channels-first": ("ZeroPadding1D", {"padding": (2, 0), **FIRST}, [STEPS], None),
    "padding-2d": ("ZeroPadding2D", {"padding": ((1, 0), (2, 1))}, [IMAGES], None),
    "padding-2d-channels-first": ("ZeroPadding2D", {"padding": ((1, 1), (0, 3)), **FIRST}, [IMAGES], None),
    "padding-3d": ("ZeroPadding3D", {"padding": ((1, 0), (0, 2), (1, 1))}, [VOLUMES], None),
    "up-1d": ("UpSampling1D", {"size": 3}, [STEPS], None),
    "up-3d": ("UpSampling3D", {"size": (2, 1, 3)}, [VOLUMES], None),
    "up-3d-channels-first": ("UpSampling3D", {"size": 2, **FIRST}, [VOLUMES], None),
    **{
        f"up-2d-{interpolation}": (
            "UpSampling2D",
            {"size": (2, 3), "interpolation": interpolation},
            [IMAGES],
            None,
        )
        for interpolation in ("nearest", "area", *resampling.KERNELS)
    },
    "up-2d-channels-first": ("UpSampling2D", {"size": (3, 2), **FIRST}, [IMAGES], None),
    "up-2d-bilinear-channels-first": ("UpSampling2D", {"interpolation": "bilinear", **FIRST}, [IMAGES], None),
    "permute": ("Permute", {"dims": (3, 1, 2)}, [IMAGES], None),
    "repeat-vector": ("RepeatVector", {"n": 3}, [(3, 4)], None),
}


@pytest.mark.parametrize("training", [False, True], ids=["inference", "training"])
@pytest.mark.parametrize("case", CASES)
def test_against_central_differences(case: str, training: bool) -> None:
    check(case, CASES[case], training)
