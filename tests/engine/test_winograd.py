"""Winograd's products: the same convolution, to fewer than 10⁻⁵ of its largest value."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import maju
from engine.test_plan import scrambled
from maju import layers
from maju.engine.arena import Arena
from maju.engine.frame import Frame
from maju.engine.kernels.convolution import WindowRows
from maju.engine.kernels.winograd import Winograd, transforms
from maju.layers.base import Array
from maju.layers.windows import Windows
from maju.models.bounds import Room


def frame() -> Frame:
    return Frame(0, Arena(), Room(1, 1))


def convolved(product: Any, x: Array, filters: int) -> Array:
    y = np.full((len(x), *product.windows.count(x.shape[1:-1]), filters), np.nan, np.float32)
    product.run(x, y, frame())
    return y


@settings(deadline=None, max_examples=60)
@given(
    st.integers(1, 4), st.integers(3, 15), st.integers(3, 15), st.integers(1, 20), st.integers(1, 20),
    st.sampled_from(["same", "valid"]), st.integers(0, 99),
)  # fmt: skip
def test_of_any_size(
    samples: int, height: int, width: int, channels: int, filters: int, padding: str, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(0.5, 1, (samples, height, width, channels)).astype(np.float32)
    kernel = rng.normal(size=(3, 3, channels, filters)).astype(np.float32)
    windows = Windows.of(2, 3, 1, 1, padding)
    expected = convolved(WindowRows(windows, kernel.astype(np.float64)), x.astype(np.float64), filters)
    found = convolved(Winograd(windows, kernel), x, filters)
    assert np.abs(found - expected).max() <= 1e-5 * np.abs(expected).max()


def test_many_channels_lose_few_digits() -> None:
    rng = np.random.default_rng(0)
    x = np.maximum(rng.normal(size=(4, 16, 16, 256)), 0).astype(np.float32)
    kernel = rng.normal(size=(3, 3, 256, 64)).astype(np.float32)
    windows = Windows.of(2, 3, 1, 1, "same")
    expected = convolved(WindowRows(windows, kernel.astype(np.float64)), x.astype(np.float64), 64)
    assert (
        np.abs(convolved(Winograd(windows, kernel), x, 64) - expected).max() <= 3e-6 * np.abs(expected).max()
    )


def test_the_transforms_make_a_filter_of_three_numbers() -> None:
    of_input, of_kernel, of_output = transforms()
    rng = np.random.default_rng(2)
    x, kernel = rng.normal(size=6), rng.normal(size=3)
    found = of_output @ ((of_kernel @ kernel) * (of_input @ x))
    np.testing.assert_allclose(found, np.convolve(x, kernel[::-1], "valid"), rtol=1e-12)


@pytest.mark.parametrize(
    ("size", "strides", "dilation", "channels", "filters", "expected"),
    [
        (3, 1, 1, 64, 64, True),
        (3, 1, 1, 32, 64, True),
        (3, 1, 1, 3, 64, False),
        (3, 2, 1, 64, 64, False),
        (3, 1, 2, 64, 64, False),
        (5, 1, 1, 64, 64, False),
        ((3, 1), 1, 1, 64, 64, False),
    ],
)
def test_where_it_is_worth_it(
    size: Any, strides: int, dilation: int, channels: int, filters: int, expected: bool
) -> None:
    assert Winograd.suits(Windows.of(2, size, strides, dilation), channels, filters) is expected


@pytest.mark.parametrize(
    ("side", "rows", "wins"), [(16, 1, True), (8, 1, False), (8, 9, True), (5, 9, False)]
)
def test_a_model_takes_it_where_there_are_tiles_enough(side: int, rows: int, wins: bool) -> None:
    model = scrambled(
        maju.Sequential(
            [
                layers.Input((side, side, 48)),
                layers.Conv2D(56, 3, padding="same", use_bias=False),
                layers.BatchNormalization(),
                layers.ReLU(),
                layers.MaxPooling2D(),
            ]
        )
    )
    assert [step.kind for step in model.plan(print_fn=None).steps] == [Winograd.kind]
    x = np.random.default_rng(1).normal(size=(rows, side, side, 48)).astype(np.float32)
    kernel = Winograd(Windows.of(2, 3, 1, 1, "same"), np.ones((3, 3, 48, 56), np.float32))
    assert kernel.wins(rows, (side, side)) is wins
    expected = model.forward(x)
    assert np.abs(model.predict(x) - expected).max() <= 1e-5 * np.abs(expected).max()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38])
def test_what_is_not_finite_stays_where_it_is(value: float) -> None:
    convolution = layers.Conv2D(64, 3, padding="same")
    model = scrambled(maju.Sequential([layers.Input((20, 20, 64)), convolution]))
    x = np.random.default_rng(0).normal(size=(3, 20, 20, 64)).astype(np.float32)
    x[1, 9, 9, 5] = value
    found, expected = model.predict(x), model.forward(x)
    np.testing.assert_array_equal(np.isfinite(found), np.isfinite(expected))
    usual = np.abs(expected) < 1e3
    np.testing.assert_allclose(found[usual], expected[usual], atol=1e-4)
