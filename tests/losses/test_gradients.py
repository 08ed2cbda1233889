from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradients.check import slope
from losses.loss_cases import CASES, Case
from maju import losses


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_gradients_are_those_of_central_differences(case: Case) -> None:
    kind, arguments, y_true, y_pred = case
    loss = getattr(losses, kind)(**arguments)
    y_pred = y_pred.copy()
    weight = np.float64(0.7)
    _, backward = loss.vjp(y_true, y_pred, weight)
    expected = slope(lambda: float(loss(y_true, y_pred, weight)), y_pred)
    np.testing.assert_allclose(backward(), expected, rtol=1e-7, atol=1e-7)


shapes = st.lists(st.integers(1, 4), min_size=1, max_size=3)


@given(shapes, st.integers(2, 5), st.integers(0, 2**32 - 1), st.booleans())
def test_numbers_and_vectors_of_categories_agree(
    shape: list[int], classes: int, seed: int, from_logits: bool
) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, shape)
    y_pred = rng.random((*shape, classes)) + 0.1
    y_pred /= y_pred.sum(axis=-1, keepdims=True)
    weights = rng.random(shape)
    found = []
    arguments: Any
    for kind, y_true in (
        (losses.SparseCategoricalCrossentropy, labels[..., None]),
        (losses.CategoricalCrossentropy, np.eye(classes)[labels]),
    ):
        arguments = (y_true, y_pred, weights)
        value, backward = kind(from_logits=from_logits).vjp(*arguments)
        found.append((value, backward()))
    np.testing.assert_allclose(found[0][0], found[1][0], rtol=1e-10)
    np.testing.assert_allclose(found[0][1], found[1][1], rtol=1e-9, atol=1e-12)


@given(shapes, st.integers(0, 2**32 - 1))
def test_a_mask_counts_as_if_the_rest_were_not_there(shape: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    y_true, y_pred = rng.normal(size=(2, *shape, 3))
    mask = rng.random(shape) < 0.5
    mask.flat[0] = True
    loss = losses.MeanAbsoluteError()
    value, backward = loss.vjp(y_true, y_pred, mask=mask)
    assert value == pytest.approx(loss(y_true[mask], y_pred[mask]), rel=1e-12)
    assert not backward()[~mask].any()
