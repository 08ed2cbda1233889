from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from maju.layers.base import Array
from maju.layers.row_gradient import RowGradient
from maju.optimizers.clipping import clip_by_global_norm, clip_by_norm, clip_by_value
from maju.optimizers.gradient import Gradient, blocks

NUMBERS = st.floats(-1e6, 1e6, width=32)
GRADIENTS = arrays(np.float32, array_shapes(max_dims=3, max_side=5), elements=NUMBERS)
LIMITS = st.floats(1e-3, 1e3)


def norm(*gradients: Array) -> float:
    return float(np.sqrt(sum(np.sum(np.square(g, dtype=np.float64)) for g in gradients)))


@given(GRADIENTS, LIMITS)
def test_clipping_by_norm_keeps_the_direction(gradient: Array, limit: float) -> None:
    clipped = clip_by_norm(gradient, limit)
    assert isinstance(clipped, np.ndarray)
    assert norm(clipped) <= min(norm(gradient), limit) * (1 + 1e-5)
    share = min(1.0, limit / norm(gradient)) if norm(gradient) else 1.0
    np.testing.assert_allclose(clipped, gradient * share, rtol=1e-5, atol=1e-30)


@given(st.lists(GRADIENTS, min_size=1, max_size=4), LIMITS)
def test_clipping_by_global_norm_keeps_the_direction(gradients: list[Array], limit: float) -> None:
    clipped = clip_by_global_norm({str(i): g for i, g in enumerate(gradients)}, limit)
    dense = [g for g in clipped.values() if isinstance(g, np.ndarray)]
    whole = norm(*gradients)
    assert norm(*dense) <= min(whole, limit) * (1 + 1e-5)
    share = min(1.0, limit / whole) if whole else 1.0
    for after, before in zip(dense, gradients, strict=True):
        np.testing.assert_allclose(after, before * share, rtol=1e-5, atol=1e-30)


@given(GRADIENTS, LIMITS)
def test_clipping_by_value_moves_only_what_is_beyond(gradient: Array, limit: float) -> None:
    clipped = clip_by_value(gradient, limit)
    assert isinstance(clipped, np.ndarray)
    inside = np.abs(gradient) <= np.float32(limit)
    assert (clipped[inside] == gradient[inside]).all()
    assert (clipped[~inside] == np.float32(limit) * np.sign(gradient[~inside])).all()


@given(arrays(np.int64, st.integers(0, 12), elements=st.integers(0, 4)), st.integers(0, 2**32 - 1))
def test_rows_are_added_up(indices: Array, seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=(len(indices), 3))
    rows = RowGradient(indices, values, (5, 3))
    for of_rows, function in [(rows.sum, np.positive), (rows.squares, np.square), (rows.magnitudes, np.abs)]:
        expected = np.zeros((5, 3))
        np.add.at(expected, indices, function(values))
        np.testing.assert_allclose(of_rows, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("size", [0, 1, 16384, 16385, 40000])
def test_blocks_are_views_of_everything_once(size: int) -> None:
    weight = np.zeros(size)
    gradient = np.arange(float(size))
    for w, g, t in blocks(weight, Gradient(gradient)):
        assert w.shape == g.values.shape == t.shape
        g.square(out=t)
        w += t
    np.testing.assert_array_equal(weight, np.square(gradient))
