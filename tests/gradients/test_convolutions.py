"""The way back of every convolution and pooling against central differences, in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gradients.check import Case, check, make
from maju import layers
from maju.layers.convolve import convolve, convolve_back
from maju.layers.convolve_depthwise import convolve_depthwise, convolve_depthwise_back
from maju.layers.windows import Windows

SEQUENCES, IMAGES, VOLUMES = (2, 7, 4), (2, 5, 4, 4), (2, 4, 3, 5, 2)
MASK = np.array([[1, 1, 0, 1, 0, 0, 1], [0, 0, 1, 0, 0, 0, 0]], bool)
FIRST = {"data_format": "channels_first"}


def one(kind: str, shape: tuple[int, ...], **config: Any) -> Case:
    return kind, config, [shape], None


LOCAL: dict[str, Any] = {"filters": 2, "kernel_size": 2, "strides": 2, "activation": "tanh"}
CASES: dict[str, Case] = {
    "local-1": ("LocallyConnected1D", {**LOCAL, "implementation": 1}, [(2, 5, 3)], None),
    "local-2": ("LocallyConnected1D", {**LOCAL, "implementation": 2, "padding": "same"}, [(2, 5, 3)], None),
    "local-3": (
        "LocallyConnected2D",
        {
            **LOCAL,
            "kernel_size": [3, 2],
            "implementation": 3,
            "data_format": "channels_first",
            "padding": "same",
        },
        [(2, 2, 4, 3)],
        None,
    ),
    "conv1d": one("Conv1D", SEQUENCES, filters=3, kernel_size=3, activation="tanh"),
    "conv1d-same-strides": one("Conv1D", SEQUENCES, filters=3, kernel_size=4, strides=2, padding="same"),
    "conv1d-causal": one(
        "Conv1D", SEQUENCES, filters=3, kernel_size=3, dilation_rate=2, padding="causal", use_bias=False
    ),
    "conv1d-causal-strides": one("Conv1D", SEQUENCES, filters=2, kernel_size=2, strides=3, padding="causal"),
    "conv1d-groups": one("Conv1D", (2, 6, 6), filters=9, kernel_size=2, groups=3),
    "conv1d-channels-first": one(
        "Conv1D", (2, 3, 6), filters=2, kernel_size=2, activation="softmax", **FIRST
    ),
    "conv3d": one("Conv3D", VOLUMES, filters=2, kernel_size=(2, 1, 3), activation="tanh"),
    "conv3d-same-strides": one(
        "Conv3D", VOLUMES, filters=2, kernel_size=(3, 2, 2), strides=(2, 1, 3), padding="same"
    ),
    "conv3d-dilation-groups": one(
        "Conv3D", VOLUMES, filters=2, kernel_size=2, dilation_rate=(2, 1, 3), groups=2, use_bias=False
    ),
    "conv3d-channels-first": one("Conv3D", (1, 2, 3, 4, 2), filters=2, kernel_size=2, **FIRST),
    "conv1d-transpose": one("Conv1DTranspose", SEQUENCES, filters=3, kernel_size=3, activation="tanh"),
    "conv1d-transpose-same-odd": one(
        "Conv1DTranspose", SEQUENCES, filters=2, kernel_size=4, strides=3, padding="same", use_bias=False
    ),
    "conv1d-transpose-longer-strides": one(
        "Conv1DTranspose", SEQUENCES, filters=2, kernel_size=2, strides=4, output_padding=1
    ),
    "conv2d-transpose": one(
        "Conv2DTranspose", IMAGES, filters=2, kernel_size=(3, 2), strides=2, activation="tanh"
    ),
    "conv2d-transpose-output-padding": one(
        "Conv2DTranspose", IMAGES, filters=2, kernel_size=3, strides=(3, 2), padding="same", output_padding=1
    ),
    "conv2d-transpose-dilation": one(
        "Conv2DTranspose", IMAGES, filters=2, kernel_size=2, dilation_rate=(1, 2)
    ),
    "conv2d-transpose-channels-first": one(
        "Conv2DTranspose", (2, 3, 4, 2), filters=2, kernel_size=2, strides=2, padding="same", **FIRST
    ),
    "conv3d-transpose": one("Conv3DTranspose", VOLUMES, filters=2, kernel_size=2, strides=(1, 2, 3)),
    "conv3d-transpose-same": one(
        "Conv3DTranspose", VOLUMES, filters=1, kernel_size=(3, 2, 1), padding="same"
    ),
    "depthwise1d": one(
        "DepthwiseConv1D", SEQUENCES, kernel_size=3, depth_multiplier=2, strides=2, padding="same"
    ),
    "depthwise2d": one("DepthwiseConv2D", IMAGES, kernel_size=(3, 2), activation="tanh"),
    "depthwise2d-strides-dilation": one(
        "DepthwiseConv2D",
        IMAGES,
        kernel_size=2,
        depth_multiplier=3,
        strides=2,
        dilation_rate=(2, 1),
        use_bias=False,
    ),
    "depthwise2d-channels-first": one(
        "DepthwiseConv2D", (2, 3, 4, 3), kernel_size=2, padding="same", **FIRST
    ),
    "separable1d": one(
        "SeparableConv1D", SEQUENCES, filters=3, kernel_size=2, depth_multiplier=2, activation="tanh"
    ),
    "separable2d-same-strides": one(
        "SeparableConv2D",
        IMAGES,
        filters=2,
        kernel_size=(2, 3),
        depth_multiplier=2,
        strides=2,
        padding="same",
    ),
    "separable2d-channels-first": one(
        "SeparableConv2D", (2, 3, 4, 3), filters=2, kernel_size=2, use_bias=False, **FIRST
    ),
    "max-pooling1d": one("MaxPooling1D", SEQUENCES, pool_size=3, strides=2, padding="same"),
    "max-pooling1d-channels-first": one("MaxPooling1D", SEQUENCES, pool_size=2, **FIRST),
    "max-pooling3d": one("MaxPooling3D", VOLUMES, pool_size=(2, 3, 2), strides=1),
    "max-pooling3d-same": one("MaxPooling3D", VOLUMES, pool_size=2, strides=(2, 3, 1), padding="same"),
    "average-pooling1d": one("AveragePooling1D", SEQUENCES, pool_size=4, strides=3, padding="same"),
    "average-pooling1d-channels-first": one("AveragePooling1D", SEQUENCES, pool_size=2, **FIRST),
    "average-pooling3d": one("AveragePooling3D", VOLUMES, pool_size=(2, 3, 2), strides=1, padding="same"),
    "global-average1d": one("GlobalAveragePooling1D", SEQUENCES),
    "global-average1d-masked": ("GlobalAveragePooling1D", {}, [SEQUENCES], MASK),
    "global-average1d-masked-channels-first": (
        "GlobalAveragePooling1D",
        {"keepdims": True, **FIRST},
        [(2, 4, 7)],
        MASK,
    ),
    "global-average3d": one("GlobalAveragePooling3D", VOLUMES, keepdims=True),
    "global-max1d": one("GlobalMaxPooling1D", SEQUENCES, **FIRST),
    "global-max3d": one("GlobalMaxPooling3D", VOLUMES, keepdims=True, **FIRST),
    "global-max3d-rows": one("GlobalMaxPooling3D", VOLUMES),
    "adaptive-average1d": one("AdaptiveAveragePooling1D", SEQUENCES, output_size=3),
    "adaptive-average1d-more-than-there-are": one("AdaptiveAveragePooling1D", SEQUENCES, output_size=9),
    "adaptive-average2d": one("AdaptiveAveragePooling2D", IMAGES, output_size=(2, 3), **FIRST),
    "adaptive-average3d": one("AdaptiveAveragePooling3D", VOLUMES, output_size=(3, 1, 2)),
    "adaptive-max1d": one("AdaptiveMaxPooling1D", SEQUENCES, output_size=5),
    "adaptive-max2d": one("AdaptiveMaxPooling2D", IMAGES, output_size=3),
    "adaptive-max3d": one("AdaptiveMaxPooling3D", VOLUMES, output_size=(3, 2, 2), **FIRST),
}


@pytest.mark.parametrize("training", [False, True], ids=["inference", "training"])
@pytest.mark.parametrize("case", CASES)
def test_against_central_differences(case: str, training: bool) -> None:
    check(case, CASES[case], training)


@pytest.mark.parametrize("case", CASES)
def test_no_rows_give_no_rows(case: str) -> None:
    layer, (x,), mask = make(case, CASES[case])
    no_mask = None if mask is None else mask[:0]
    y, backward = layer.vjp(x[:0], mask=no_mask)
    assert y.shape == (0, *layer.forward(x, mask=mask).shape[1:])
    dx, gradients = backward(y)
    assert dx.shape == (0, *x.shape[1:])
    assert all((gradient == 0).all() for gradient in gradients.values())


WINDOWS = {
    "valid": Windows.of(2, (3, 2), (2, 3)),
    "same": Windows.of(2, (2, 4), (3, 1), padding="same"),
    "dilation": Windows.of(2, 2, 1, (2, 3), padding="same"),
    "causal": Windows.of(2, 3, 2, padding="causal"),
}


@pytest.mark.parametrize("windows", WINDOWS.values(), ids=WINDOWS)
def test_the_way_back_is_the_adjoint(windows: Windows) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 7, 8, 6))
    kernel = rng.normal(size=(*windows.size, 3, 4))
    y = convolve(x, kernel, windows, groups=2)
    dy = rng.normal(size=y.shape)
    back = convolve_back(dy, kernel, windows, (7, 8), groups=2)
    np.testing.assert_allclose(np.vdot(y, dy), np.vdot(x, back), rtol=1e-12)

    deep = rng.normal(size=(*windows.size, 6, 2))
    y = convolve_depthwise(x, deep, windows)
    dy = rng.normal(size=y.shape)
    np.testing.assert_allclose(
        np.vdot(y, dy), np.vdot(x, convolve_depthwise_back(dy, deep, windows, (7, 8))), rtol=1e-12
    )


def test_equal_largest_values_share_the_gradient_or_the_first_takes_it() -> None:
    x = np.ones((1, 4, 1))
    dy = np.array([[[6.0]]])
    whole = layers.GlobalMaxPooling1DLayer(keepdims=True).vjp(x)[1](dy)[0]
    np.testing.assert_array_equal(whole.ravel(), [1.5, 1.5, 1.5, 1.5])
    for layer in (layers.MaxPooling1DLayer(4), layers.AdaptiveMaxPooling1DLayer(1)):
        np.testing.assert_array_equal(layer.vjp(x)[1](dy)[0].ravel(), [6, 0, 0, 0])
