"""The layers that cut, pad, repeat, enlarge and reorder what is in space or time."""

from __future__ import annotations

from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import hypothesis
import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import strategies as st
from keras import layers
from keras.src import backend

from maju.layers import UpSampling2DLayer, resampling
from maju.layers.base import Array
from parity.compare import Case, assert_same, check_alone, check_through_file, random

FORMATS = ["channels_last", "channels_first"]
STEPS = random(3, 7, 4)
IMAGES = random(2, 6, 5, 3)
VOLUMES = random(2, 5, 6, 4, 3)
MARGINS_2D: list[Any] = [0, 1, (1, 2), ((1, 0), (0, 2)), ((0, 0), (2, 1)), ((2, 1), (1, 0)), ((0, 3), (0, 0))]
MARGINS_3D: list[Any] = [
    0,
    1,
    (1, 2, 0),
    ((1, 0), (0, 2), (1, 1)),
    ((0, 0), (2, 1), (0, 1)),
    ((2, 1), (1, 0), (0, 0)),
    ((0, 2), (0, 1), (0, 0)),
]

CASES = [
    *(
        Case(f"Cropping1D {cropping}", partial(layers.Cropping1D, cropping), STEPS)
        for cropping in [0, 1, 3, (1, 2), (0, 3), (4, 0)]
    ),
    Case("Cropping1D, unsaid", layers.Cropping1D, STEPS),
    *(
        Case(f"{kind.__name__} {margin}, {data_format}", partial(kind, margin, data_format=data_format), x)
        for (kind, x, margins), data_format in product(
            [
                (layers.Cropping2D, IMAGES, MARGINS_2D),
                (layers.Cropping3D, VOLUMES, MARGINS_3D),
                (layers.ZeroPadding1D, STEPS, [0, 1, (2, 0), (0, 3), (1, 2)]),
                (layers.ZeroPadding2D, IMAGES, MARGINS_2D),
                (layers.ZeroPadding3D, VOLUMES, MARGINS_3D),
            ],
            FORMATS,
        )
        for margin in margins
        if not (data_format == "channels_first" and kind in (layers.Cropping2D, layers.Cropping3D))
    ),
    *(
        Case(
            f"{kind.__name__} {margin}, channels first",
            partial(kind, margin, data_format="channels_first"),
            np.moveaxis(x, -1, 1).copy(),
        )
        for kind, x, margins in [
            (layers.Cropping2D, IMAGES, MARGINS_2D),
            (layers.Cropping3D, VOLUMES, MARGINS_3D),
        ]
        for margin in margins
    ),
    *(
        Case(f"{kind.__name__}, unsaid", kind, x)
        for kind, x in [
            (layers.Cropping2D, IMAGES),
            (layers.Cropping3D, VOLUMES),
            (layers.ZeroPadding1D, STEPS),
            (layers.ZeroPadding2D, IMAGES),
            (layers.ZeroPadding3D, VOLUMES),
            (layers.UpSampling1D, STEPS),
            (layers.UpSampling2D, IMAGES),
            (layers.UpSampling3D, VOLUMES),
        ]
    ),
    *(Case(f"UpSampling1D {size}", partial(layers.UpSampling1D, size), STEPS) for size in (1, 2, 5)),
    *(
        Case(
            f"UpSampling2D {size}, {interpolation}, {data_format}",
            partial(layers.UpSampling2D, size, data_format=data_format, interpolation=interpolation),
            IMAGES,
        )
        for size, interpolation, data_format in product(
            [1, 2, 3, (2, 5), (4, 1)],
            ["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5", "area"],
            FORMATS,
        )
    ),
    *(
        Case(
            f"UpSampling3D {size}, {data_format}",
            partial(layers.UpSampling3D, size, data_format=data_format),
            VOLUMES,
        )
        for size, data_format in product([1, 2, (2, 1, 3)], FORMATS)
    ),
    *(
        Case(f"Permute {dims}", partial(layers.Permute, dims), x)
        for dims, x in [
            ((1,), random(4, 6)),
            ((1, 2), STEPS),
            ((2, 1), STEPS),
            ((3, 1, 2), IMAGES),
            ((2, 3, 1), IMAGES),
            ((4, 2, 1, 3), VOLUMES),
        ]
    ),
    *(Case(f"RepeatVector {n}", partial(layers.RepeatVector, n), random(4, 6)) for n in (1, 3)),
    Case("Cropping1D of whole numbers", layers.Cropping1D, np.arange(24, dtype=np.int32).reshape(2, 4, 3)),
    Case("ZeroPadding2D of bytes", layers.ZeroPadding2D, (50 * np.abs(IMAGES)).astype(np.uint8)),
    Case("UpSampling2D of whole numbers", layers.UpSampling2D, (9 * IMAGES).astype(np.int32)),
    *(
        Case(
            f"UpSampling2D of bytes, {interpolation}",
            partial(layers.UpSampling2D, interpolation=interpolation),
            np.random.default_rng(7).integers(0, 256, (2, 6, 5, 3)).astype(np.uint8),
        )
        for interpolation in ("bilinear", "lanczos3")
    ),
    Case("Permute of whole numbers", partial(layers.Permute, (2, 1)), (9 * STEPS).astype(np.int32)),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_alone(case: Case) -> None:
    check_alone(case)


def test_all_of_them_through_a_file(tmp_path: Path) -> None:
    check_through_file(CASES, tmp_path)


SIZES = [(1, 1), (1, 4), (2, 3), (4, 8), (5, 7), (7, 3), (8, 24), (9, 4), (16, 5), (31, 62)]


@pytest.mark.parametrize("sizes", SIZES, ids=lambda sizes: f"{sizes[0]} to {sizes[1]}")
@pytest.mark.parametrize("interpolation", sorted(set(resampling.KERNELS) - {"bilinear_tf1"}))
def test_the_weights_are_tensorflow_s_to_any_length(interpolation: str, sizes: tuple[int, int]) -> None:
    old, new = sizes
    lines = random(old, 6)
    expected = tf.image.resize(lines[:, np.newaxis], (new, 1), method=interpolation)[:, 0]
    assert_same(resampling.weights(old, new, interpolation).astype(np.float32) @ lines, expected)


@pytest.mark.parametrize("size", [1, 2, (1, 3)], ids=str)
@pytest.mark.parametrize("interpolation", ["gaussian", "mitchellcubic"])
def test_the_interpolations_that_keras_2_alone_has(interpolation: str, size: Any) -> None:
    rows, columns = (size, size) if isinstance(size, int) else size
    expected = tf.image.resize(IMAGES, (6 * rows, 5 * columns), method=interpolation)
    assert_same(UpSampling2DLayer(size, interpolation=interpolation).forward(IMAGES), expected)


@pytest.mark.parametrize("size", [1, 2, 3, (4, 2)], ids=str)
def test_bilinear_as_keras_2_2_had_it(size: Any) -> None:
    rows, columns = (size, size) if isinstance(size, int) else size
    expected = tf.compat.v1.image.resize_bilinear(IMAGES, (6 * rows, 5 * columns))
    assert_same(UpSampling2DLayer(size, interpolation="bilinear_tf1").forward(IMAGES), expected)


lengths = st.integers(1, 9)
times = st.integers(1, 5)


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic", "lanczos3"])
@hypothesis.settings(max_examples=20, deadline=None, derandomize=True, database=None)
@hypothesis.given(height=lengths, width=lengths, size=st.tuples(times, times))
def test_an_image_of_any_size(interpolation: str, height: int, width: int, size: tuple[int, int]) -> None:
    make = partial(layers.UpSampling2D, size, interpolation=interpolation)
    check_alone(Case("any size", make, random(2, height, width, 2)))


MASK = np.array([[1, 0, 1, 1, 0, 1, 1], [0, 1, 1, 0, 1, 1, 0], [0, 0, 0, 0, 0, 0, 0]], bool)
DROPPING: list[tuple[Any, Array]] = [
    (layers.Cropping1D(1), STEPS),
    (layers.Cropping1D(0), STEPS),
    (layers.ZeroPadding1D(1), STEPS),
    (layers.ZeroPadding1D(0), STEPS),
    (layers.UpSampling1D(2), STEPS),
    (layers.UpSampling1D(1), STEPS),
    (layers.Permute((2, 1)), STEPS),
    (layers.Permute((1, 2)), STEPS),
    (layers.RepeatVector(3), STEPS[..., 0]),
]


@pytest.mark.filterwarnings("ignore:.*does not support masking:UserWarning")
@pytest.mark.parametrize(
    ("layer", "x"),
    DROPPING,
    ids=[f"{i} {type(layer).__name__}" for i, (layer, _) in enumerate(DROPPING)],
)
def test_a_mask_is_dropped_as_in_keras(layer: Any, x: Array) -> None:
    case = Case("masked", lambda: layer, x)
    tensor = keras.ops.convert_to_tensor(x)
    backend.set_keras_mask(tensor, keras.ops.convert_to_tensor(MASK))
    assert backend.get_keras_mask(case.keras_layer(tensor)) is None
    assert case.twin.compute_mask(x, MASK) is None


def test_what_older_versions_made_of_whole_numbers() -> None:
    images = np.array([[[[0], [255]], [[3], [4]]]], np.uint8)
    floats, truncated, rounded = (
        UpSampling2DLayer((1, 2), interpolation="bilinear", integers=integers).forward(images)[0, :, :, 0]
        for integers in ("floats", "truncated", "rounded")
    )
    np.testing.assert_allclose(floats, [[0, 63.75, 191.25, 255], [3, 3.25, 3.75, 4]], rtol=1e-6)
    assert truncated.tolist() == [[0, 63, 191, 255], [3, 3, 3, 4]]
    assert rounded.tolist() == [[0, 64, 191, 255], [3, 3, 4, 4]]
