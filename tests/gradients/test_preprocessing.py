"""The way back of the layers for data that gradients pass through: Normalization, Resizing, CenterCrop."""

from __future__ import annotations

import numpy as np
import pytest

from gradients.check import Case, check
from maju.layers import NormalizationLayer, RandomZoomLayer, registry
from maju.layers.image_augmentation import ImageAugmentation

STEPS = (3, 4, 5)
IMAGES = (2, 5, 4, 2)
SIZE = {"height": 3, "width": 6}

CASES: dict[str, Case] = {
    "normalization": ("Normalization", {"mean": [1.0] * 5, "variance": [2.0, 0, 1, 3, 4]}, [STEPS], None),
    "normalization-inverted": (
        "Normalization",
        {"axis": [1], "mean": [1.0] * 4, "variance": [2.0, 0.5, 1, 3], "invert": True},
        [STEPS],
        None,
    ),
    "resizing": ("Resizing", SIZE, [IMAGES], None),
    "resizing-bicubic": ("Resizing", {**SIZE, "interpolation": "bicubic", "antialias": True}, [IMAGES], None),
    "resizing-nearest": ("Resizing", {**SIZE, "interpolation": "nearest"}, [IMAGES], None),
    "resizing-cropped": ("Resizing", {**SIZE, "crop_to_aspect_ratio": True}, [IMAGES], None),
    "resizing-padded": ("Resizing", {**SIZE, "pad_to_aspect_ratio": True, "fill_value": 2.0}, [IMAGES], None),
    "resizing-channels-first": ("Resizing", {**SIZE, "data_format": "channels_first"}, [IMAGES], None),
    "center-crop": ("CenterCrop", {"height": 2, "width": 3}, [IMAGES], None),
    "center-crop-too-small": ("CenterCrop", SIZE, [IMAGES], None),
}
#: Those that take or give what is no real number, that do nothing, or that nobody trains through.
WITHOUT = {
    "AutoContrast",
    "CategoryEncoding",
    "ContrastLimitedAdaptiveHistogramEqualization",
    "Discretization",
    "HashedCrossing",
    "Hashing",
    "IntegerLookup",
    "StringLookup",
    *(name for name, kind in registry.known().items() if issubclass(kind, ImageAugmentation)),
}


@pytest.mark.parametrize("case", CASES)
def test_against_central_differences(case: str) -> None:
    check(case, CASES[case], training=False)


def test_what_was_learned_gets_no_gradient() -> None:
    layer = NormalizationLayer(np.ones(5), np.full(5, 4.0), np.array(3))
    _, backward = layer.vjp(np.ones(STEPS))
    dx, gradients = backward(np.ones(STEPS))
    assert gradients == {}
    np.testing.assert_array_equal(dx, np.full(STEPS, 0.5))


def test_an_augmentation_hands_the_gradient_on() -> None:
    dy = np.random.default_rng(0).normal(size=IMAGES)
    _, backward = RandomZoomLayer(0.3).vjp(np.ones(IMAGES), training=False)
    np.testing.assert_array_equal(backward(dy)[0], dy)
