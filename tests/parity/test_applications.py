"""Whole architectures of `keras.applications` with random weights, through files that Keras saved.

And the three layers that are theirs alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import keras
import numpy as np
import pytest
from keras import applications, layers
from keras.src.applications.convnext import LayerScale, StochasticDepth
from keras.src.applications.inception_resnet_v2 import CustomScaleLayer

import maju
from maju.layers import StochasticDepthLayer
from maju.layers.base import Array
from parity.compare import assert_same, random, scramble

#: How far an output may lie from Keras's, as a part of the largest of them. It is the values before the
#: softmax that are compared, since random weights let it give 0 and 1.
TOLERANCE = 1e-4
CLASSES = 11


@dataclass(frozen=True)
class Architecture:
    """One of `keras.applications`, on small images; `name` is the test's id.

    Attributes:
        pixels: the largest value of its input. Some take 0 to 255, others −1 to 1.
        gain: the variance of a kernel times its inputs. 2 keeps the scale of a signal through relu (He et
            al., 2015); less where it would grow from block to block until sigmoids turn rounding into jumps.
    """

    name: str
    size: int = 64
    pixels: float = 1.0
    gain: float = 2.0
    include_top: bool = True

    def __str__(self) -> str:
        return self.name if self.include_top else f"{self.name} without its top"

    def build(self) -> Any:
        """The Keras model with random weights."""
        shape = (self.size, self.size, 3)
        top = {"classes": CLASSES, "classifier_activation": None} if self.include_top else {"pooling": "max"}
        model = getattr(applications, self.name)(
            weights=None, input_shape=shape, include_top=self.include_top, **top
        )
        rng = np.random.default_rng(crc32(self.name.encode()))
        for layer in model.layers:
            for weight in layer.weights:
                if weight.dtype == "float32":  # the state of a random generator is none
                    weight.assign(values(weight, layer, rng, self.gain))
            if isinstance(layer, layers.Normalization):
                layer.finalize_state()
        return model

    def images(self) -> Array:
        low = 0.0 if self.pixels > 1 else -1.0
        rng = np.random.default_rng(self.size)
        return rng.uniform(low, self.pixels, (3, self.size, self.size, 3)).astype(np.float32)


def values(weight: Any, layer: Any, rng: np.random.Generator, gain: float) -> Any:
    """Random values for a weight, moving statistics too, that let a signal through hundreds of layers."""
    if "variance" in weight.name:
        return rng.uniform(0.5, 1.5, weight.shape)
    if weight.name == "gamma":
        return rng.uniform(0.6, 1.4, weight.shape)
    if len(weight.shape) == 1:
        return rng.normal(0, 0.2, weight.shape)
    depthwise = "depthwise" in weight.name or isinstance(layer, layers.DepthwiseConv2D)
    inputs = np.prod(weight.shape[:2] if depthwise else weight.shape[:-1])
    return rng.normal(0, np.sqrt(gain / inputs), weight.shape)


ARCHITECTURES = [
    Architecture("MobileNetV2"),
    Architecture("EfficientNetB0", pixels=255),
    Architecture("ResNet50V2"),
    Architecture("DenseNet121"),
    Architecture("Xception", size=71),
    Architecture("InceptionV3", size=75),
    Architecture("NASNetMobile"),
    Architecture("ConvNeXtTiny", pixels=255),
    Architecture("MobileNet"),
    Architecture("MobileNet", include_top=False),
    Architecture("MobileNetV3Small", pixels=255),
    Architecture("EfficientNetV2B0", pixels=255, gain=1.4, include_top=False),
    Architecture("ResNet50"),
    Architecture("InceptionResNetV2", size=75),
    Architecture("VGG16", size=32),
]


@pytest.mark.slow
@pytest.mark.parametrize("architecture", ARCHITECTURES, ids=str)
def test_predictions_are_those_of_keras(architecture: Architecture, tmp_path: Path) -> None:
    model, images = architecture.build(), architecture.images()
    expected = np.asarray(model(images, training=False))
    assert np.ptp(expected, axis=0).max() > 0.01 * np.abs(expected).max(), "the images make no difference"
    for suffix in (".keras", ".h5"):
        path = tmp_path / f"model{suffix}"
        model.save(path)
        found = maju.load(path).predict(images)
        assert found.shape == expected.shape
        assert np.abs(found - expected).max() <= TOLERANCE * np.abs(expected).max()


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_the_layers_that_are_theirs_alone(suffix: str, tmp_path: Path) -> None:
    x = keras.Input((5, 4), name="x")
    y = CustomScaleLayer(0.3)([x, StochasticDepth(0.4)(LayerScale(0.1, 4)(x))])
    model = keras.Model(x, [y, LayerScale(0.1, 1)(y)])
    scramble(model)
    images = random(3, 5, 4)
    model.save(tmp_path / f"model{suffix}")
    found = maju.load(tmp_path / f"model{suffix}")
    expected = model(images)
    assert_same(found.predict(images), expected)
    found.save(tmp_path / "copy.keras")
    assert_same(maju.load(tmp_path / "copy.keras").predict(images), expected)
    again = keras.models.load_model(tmp_path / "copy.keras")(images)
    assert_same([np.asarray(part) for part in again], expected)


def test_stochastic_depth_drops_whole_rows_in_training() -> None:
    x = np.ones((1000, 2, 3), np.float32)
    y = StochasticDepthLayer(0.25).forward(x, training=True)
    rows = y.reshape(1000, -1)
    assert (rows == rows[:, :1]).all()
    np.testing.assert_allclose(np.unique(rows), [0, 1 / 0.75], rtol=1e-6)
    assert 0.2 < (rows[:, 0] == 0).mean() < 0.3
