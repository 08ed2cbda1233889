"""The way back of Attention, AdditiveAttention, MultiHeadAttention and GroupQueryAttention."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import pytest

from gradients.check import Case, check

Shapes: TypeAlias = list[tuple[int, ...]]

QUERY_MASK = np.array([[1, 1, 0], [0, 1, 1]], bool)
VALUE_MASK = np.array([[1, 0, 1, 1], [0, 0, 0, 0]], bool)
MASKS: Any = [QUERY_MASK, VALUE_MASK]
#: A row of which nothing is left lies 10⁹ down in Attention, where differences drown in rounding.
SOME_LEFT: Any = [QUERY_MASK, VALUE_MASK | np.array([[1, 0, 0, 0], [1, 0, 1, 0]], bool)]
TWO: Shapes = [(2, 3, 3), (2, 4, 3)]
THREE: Shapes = [(2, 3, 3), (2, 4, 2), (2, 4, 3)]
GRID: Shapes = [(1, 2, 3, 3), (1, 2, 2, 3)]
HEADS = {"num_heads": 2, "key_dim": 3}
GROUPS = {"head_dim": 2, "num_query_heads": 4, "num_key_value_heads": 2}

CASES: dict[str, Case] = {
    "dot": ("Attention", {}, TWO, None),
    "dot-scaled-masked": ("Attention", {"use_scale": True}, THREE, SOME_LEFT),
    "concat": ("Attention", {"score_mode": "concat"}, TWO, SOME_LEFT),
    "concat-scaled": ("Attention", {"score_mode": "concat", "use_scale": True}, THREE, None),
    "additive": ("AdditiveAttention", {}, THREE, SOME_LEFT),
    "additive-unscaled": ("AdditiveAttention", {"use_scale": False}, TWO, None),
    "heads": ("MultiHeadAttention", HEADS, TWO, None),
    "heads-masked": ("MultiHeadAttention", {**HEADS, "value_dim": 2, "use_gate": True}, THREE, MASKS),
    "heads-output-shape": ("MultiHeadAttention", {**HEADS, "output_shape": [2, 2]}, TWO, MASKS),
    "heads-on-a-grid": (
        "MultiHeadAttention",
        {**HEADS, "attention_axes": [2], "use_bias": False},
        GRID,
        None,
    ),
    "heads-over-a-grid": ("MultiHeadAttention", HEADS, [GRID[0], GRID[0]], None),
    "groups": ("GroupQueryAttention", {**GROUPS, "use_gate": True}, THREE, None),
    "groups-masked": ("GroupQueryAttention", {**GROUPS, "sliding_window": 2}, TWO, MASKS),
}
SOME = [name for name, case in CASES.items() if len(case[2][0]) == 3]


@pytest.mark.parametrize("training", [False, True], ids=["inference", "training"])
@pytest.mark.parametrize("case", CASES)
def test_against_central_differences(case: str, training: bool) -> None:
    check(case, CASES[case], training)


@pytest.mark.parametrize("case", SOME)
def test_with_scores_and_causal(case: str) -> None:
    check(case, CASES[case], False, return_attention_scores=True, use_causal_mask=True)


def test_with_an_attention_mask() -> None:
    pairs = np.random.default_rng(0).random((2, 3, 4)) > 0.4
    check("heads-masked", CASES["heads-masked"], True, attention_mask=pairs)
