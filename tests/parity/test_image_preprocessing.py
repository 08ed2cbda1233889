"""The layers that prepare images: what they do in inference."""

from __future__ import annotations

from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import maju
from maju.errors import GradientError, InputError
from maju.layers import RandomFlipLayer, RandomHueLayer, ResizingLayer
from parity.compare import Case, check_alone, check_through_file, random

IMAGES = random(2, 9, 6, 3, seed="images")
WIDE = random(2, 5, 11, 3, seed="wide")
FIRST = random(2, 3, 9, 6, seed="first")
#: One channel of one image has the same value everywhere.
ONE = IMAGES * np.array([[[[20, 0, 30]]], [[[20, 9, 30]]]], np.float32)
resizing = layers.Resizing
INTERPOLATIONS = ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5")
SIZES = {"smaller": (4, 3), "larger": (13, 8), "both ways": (14, 4), "the same": (9, 6)}

CASES = [
    *(
        Case(
            f"Resizing, {interpolation}, {name}, {'' if antialias else 'no '}antialias",
            partial(resizing, *size, interpolation=interpolation, antialias=antialias),
            IMAGES,
        )
        for (name, size), interpolation, antialias in product(SIZES.items(), INTERPOLATIONS, (False, True))
    ),
    *(
        Case(
            f"Resizing, {how}, {x.shape[1]} by {x.shape[2]} to {size[0]} by {size[1]}",
            partial(resizing, *size, **{how: True}, **fill),
            x,
        )
        for x, size, (how, fill) in product(
            (IMAGES, WIDE),
            ((4, 7), (7, 4), (5, 5), (20, 3)),
            (("crop_to_aspect_ratio", {}), ("pad_to_aspect_ratio", {"fill_value": 0.7})),
        )
    ),
    Case(
        "Resizing, nearest, pad_to_aspect_ratio",
        partial(resizing, 6, 8, "nearest", pad_to_aspect_ratio=True, fill_value=-2.0),
        IMAGES,
    ),
    Case("Resizing, channels first", partial(resizing, 4, 8, data_format="channels_first"), FIRST),
    Case("CenterCrop", partial(layers.CenterCrop, 4, 3), IMAGES),
    Case("CenterCrop, odd", partial(layers.CenterCrop, 6, 3), IMAGES),
    Case("CenterCrop, all", partial(layers.CenterCrop, 9, 6), IMAGES),
    Case("CenterCrop, too low", partial(layers.CenterCrop, 11, 3), IMAGES),
    Case("CenterCrop, too narrow", partial(layers.CenterCrop, 4, 13), IMAGES),
    Case("CenterCrop, channels first", partial(layers.CenterCrop, 4, 3, data_format="channels_first"), FIRST),
    Case("AutoContrast", layers.AutoContrast, np.abs(IMAGES) * 60),
    Case("AutoContrast of one value", layers.AutoContrast, ONE),
    Case("AutoContrast, range", partial(layers.AutoContrast, value_range=(-1, 1)), IMAGES / 5),
]

AUGMENTATIONS: dict[str, dict[str, Any]] = {
    "AugMix": {"num_chains": 2, "all_ops": False},
    "CutMix": {"factor": 0.4},
    "MaxNumBoundingBoxes": {"max_number": 3},
    "MixUp": {"alpha": 0.3},
    "RandAugment": {"num_ops": 3, "value_range": (0, 1)},
    "RandomBrightness": {"factor": 0.3, "value_range": (0, 1)},
    "RandomColorDegeneration": {"factor": 0.3},
    "RandomColorJitter": {"brightness_factor": 0.2, "hue_factor": 0.1},
    "RandomContrast": {"factor": (0.1, 0.3)},
    "RandomCrop": {"height": 9, "width": 6, "seed": 3},
    "RandomElasticTransform": {"scale": 0.5},
    "RandomErasing": {"fill_value": 3.0},
    "RandomFlip": {"mode": "horizontal", "seed": 5},
    "RandomGaussianBlur": {"sigma": (0.5, 2.0)},
    "RandomGrayscale": {"factor": 0.9},
    "RandomHue": {"factor": 0.3},
    "RandomInvert": {"factor": 0.8},
    "RandomPerspective": {"scale": 0.4},
    "RandomPosterization": {"factor": 3},
    "RandomRotation": {"factor": 0.3, "fill_mode": "wrap"},
    "RandomSaturation": {"factor": 0.3},
    "RandomSharpness": {"factor": 0.3},
    "RandomShear": {"x_factor": 0.0},  # Keras itself does not open any other
    "RandomTranslation": {"height_factor": 0.3, "width_factor": (-0.1, 0.2)},
    "RandomZoom": {"height_factor": 0.3},
    "Solarization": {"threshold_factor": 0.4},
}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_alone(case: Case) -> None:
    check_alone(case)


def test_all_of_them_through_a_file(tmp_path: Path) -> None:
    check_through_file(CASES, tmp_path)


@pytest.mark.parametrize("dtype", ["float32", "uint8", "int64"])
def test_augmentations_do_nothing_in_inference(dtype: str, tmp_path: Path) -> None:
    x = (np.abs(IMAGES) * 50).astype(dtype)
    images = keras.Input(x.shape[1:], dtype=dtype)
    outputs = {name: getattr(layers, name)(**config)(images) for name, config in AUGMENTATIONS.items()}
    model = keras.Model(images, outputs)
    model.save(tmp_path / "model.keras")
    again = maju.load(tmp_path / "model.keras")
    found, expected = again.predict(x), model.predict(x, verbose=0)
    for name in AUGMENTATIONS:
        assert found[name].dtype == expected[name].dtype == np.float32
        np.testing.assert_array_equal(found[name], expected[name])
    again.save(tmp_path / "copy.keras")
    copy = keras.models.load_model(tmp_path / "copy.keras")
    for name, value in AUGMENTATIONS.items():
        key = next(iter(value))
        assert of_class(copy, name).get_config()[key] == of_class(model, name).get_config()[key]


def of_class(model: Any, keras_class: str) -> Any:
    return next(layer for layer in model.layers if type(layer).__name__ == keras_class)


def test_whole_numbers_become_floats_as_in_predict(tmp_path: Path) -> None:
    images = np.random.default_rng(7).integers(0, 256, (2, 9, 6, 3)).astype(np.uint8)
    x = keras.Input(images.shape[1:], dtype="uint8")
    model = keras.Model(x, [resizing(5, 7, interpolation)(x) for interpolation in INTERPOLATIONS])
    model.save(tmp_path / "model.keras")
    found = maju.load(tmp_path / "model.keras").predict(images)
    for one, other in zip(found, model.predict(images, verbose=0), strict=True):
        assert one.dtype == other.dtype == np.float32
        np.testing.assert_allclose(one, other, atol=1e-3)


def test_what_does_not_fit() -> None:
    with pytest.raises(InputError, match=r"layer 'r' \(Resizing\): expected images of three or four axes"):
        ResizingLayer(3, 4, name="r").forward(np.ones((2, 3)))
    with pytest.raises(InputError, match=r"layer 'f' \(RandomFlip\): expected images of three or four axes"):
        RandomFlipLayer(name="f").forward(np.ones((2, 3)))
    with pytest.raises(GradientError, match=r"layer 'h' \(RandomHue\) changes images at random in training"):
        RandomHueLayer(name="h").forward(IMAGES, training=True)
    with pytest.raises(ValueError, match="do not go together"):
        ResizingLayer(3, 4, crop_to_aspect_ratio=True, pad_to_aspect_ratio=True)


@pytest.mark.parametrize("version", ["2.11.0", "3.5.0"])
def test_a_random_crop_of_an_older_keras_resized(version: str) -> None:
    from maju.formats.versions import Version, modern
    from maju.layers import registry

    config = {"name": "c", "trainable": True, "height": 4, "width": 7, "seed": 3, "dtype": "float32"}
    kind, brought_up = modern("RandomCrop", config, Version(version))
    layer_class = registry.find(kind)
    assert layer_class is not None
    y = layer_class.from_config(brought_up).forward(IMAGES)
    expected = tf.image.resize(IMAGES[:, 3:6], (4, 7))
    np.testing.assert_allclose(y, expected, atol=1e-5)
