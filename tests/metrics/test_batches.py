from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maju import metrics

KINDS: dict[str, dict[str, Any]] = {
    "BinaryAccuracy": {},
    "MeanAbsoluteError": {},
    "RootMeanSquaredError": {},
    "R2Score": {},
    "F1Score": {"average": "macro", "threshold": 0.5},
    "AUC": {"num_thresholds": 9},
    "Precision": {"thresholds": 0.5},
}


@settings(max_examples=30)
@given(
    st.sampled_from(sorted(KINDS)),
    st.lists(st.integers(1, 5), min_size=1, max_size=4),
    st.integers(1, 3),
    st.integers(0, 2**32 - 1),
)
def test_batches_give_what_all_rows_at_once_give(kind: str, sizes: list[int], width: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = sum(sizes)
    y_true = (rng.random((rows, width)) < 0.5).astype(np.float32)
    y_pred, weights = rng.random((rows, width)), rng.random(rows)
    whole, parts = (getattr(metrics, kind)(**KINDS[kind]) for _ in range(2))
    whole.update_state(y_true, y_pred, weights)
    for end, size in zip(np.cumsum(sizes), sizes, strict=True):
        batch = slice(end - size, end)
        parts.update_state(y_true[batch], y_pred[batch], weights[batch])
    assert parts.result() == pytest.approx(whole.result(), rel=1e-5, abs=1e-6, nan_ok=True)


@settings(max_examples=30)
@given(st.integers(1, 4), st.integers(1, 12), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_equal_steps_count_as_comparisons_do(steps: int, rows: int, width: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    thresholds = np.linspace(0, 1, 2**steps + 1).tolist()
    y_true = rng.random((rows, width)) < 0.5
    y_pred = rng.integers(0, 33, (rows, width)) / 32  # also on the thresholds
    y_pred[0, 0] = rng.choice([np.nan, 0, 1])
    metric = metrics.Precision(thresholds)
    other = metrics.Precision(thresholds)
    other._even = False
    weights = rng.random(rows)
    for each in (metric, other):
        each.reset_state()
        each.update_state(y_true, y_pred, weights)
    for found, expected in zip(vars(metric.counts).values(), vars(other.counts).values(), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)
