"""SimpleRNN, LSTM and GRU, with and without masks."""

from __future__ import annotations

from functools import partial
from itertools import combinations, product
from pathlib import Path
from typing import Any

import hypothesis
import keras
import numpy as np
import pytest
from hypothesis import strategies as st
from keras import layers

from maju.layers.base import Array
from parity.compare import KERAS_ACTIVATIONS, Case, assert_same, check_alone, check_through_file, random, twin

STEPS = random(6, 7, 4)
#: Few and small, since some activations have no upper end.
FEW_STEPS = 0.4 * STEPS[:3, :3]


def masks() -> dict[str, Array]:
    """The kinds of mask that a model meets; every row of each is different."""
    true = np.ones((6, 7), bool)
    lengths = np.array([7, 5, 1, 3, 6, 2])[:, np.newaxis]
    holes, empty, late, scattered = true.copy(), true.copy(), true.copy(), random(6, 7, seed="mask") > 0.2
    for row, places in enumerate([[3], [1, 4], [2, 3, 4], [5], [1, 2], [1, 3, 5]]):
        holes[row, places] = False
    empty[[1, 4]] = False
    empty[2, 3] = False
    for row, first in enumerate([1, 2, 0, 6, 3, 5]):
        late[row, :first] = False
    return {
        "padded after": np.arange(7) < lengths,
        "padded before": np.arange(7) >= 7 - lengths,
        "holes": holes,
        "empty rows": empty,
        "first steps masked": late,
        "scattered": scattered,
        "nothing valid": ~true,
    }


MASKS = masks()
KINDS: dict[str, dict[str, Any]] = {
    "SimpleRNN": {"kind": layers.SimpleRNN},
    "LSTM": {"kind": layers.LSTM},
    "GRU": {"kind": layers.GRU},
    "GRU, reset before": {"kind": layers.GRU, "reset_after": False},
}


def make(kind: str, **settings: Any) -> Any:
    settings = {**KINDS[kind], **settings}
    return settings.pop("kind")(3, **settings)


#: Every row of every mask, so that Keras need run each layer once.
ROWS = {name: slice(6 * place, 6 * place + 6) for place, name in enumerate(MASKS)}
ALL_STEPS = np.concatenate([STEPS + 0.1 * place for place in range(len(MASKS))])
ALL_MASKS = np.concatenate(list(MASKS.values()))

FLAGS = {
    ", ".join(flags) or "plain": dict.fromkeys(flags, True)
    for count in range(4)
    for flags in combinations(["return_sequences", "go_backwards", "zero_output_for_mask"], count)
}
MASKED = {
    (kind, flags): Case(f"{kind}, masked, {flags}", partial(make, kind, **FLAGS[flags]), ALL_STEPS, ALL_MASKS)
    for kind, flags in product(KINDS, FLAGS)
}
ACTIVATED = [
    *(
        Case(f"{kind}, {name}", partial(make, kind, activation=name, return_sequences=True), FEW_STEPS)
        for kind, name in product(["SimpleRNN", "LSTM", "GRU"], KERAS_ACTIVATIONS)
        if name != "exponential"
    ),
    *(
        Case(f"{kind}, exponential", partial(make, kind, activation="exponential"), FEW_STEPS[:, :1])
        for kind in ["SimpleRNN", "LSTM", "GRU"]
    ),
]
UNMASKED = [
    *(
        Case(f"{kind}, {flags}", partial(make, kind, **FLAGS[flags]), STEPS)
        for kind, flags in product(KINDS, FLAGS)
        if "zero_output_for_mask" not in flags
    ),
    *(
        Case(
            f"{kind}, recurrent {name}",
            partial(make, kind, recurrent_activation=name, return_sequences=True),
            FEW_STEPS,
        )
        for kind, name in product(
            ["LSTM", "GRU", "GRU, reset before"], ["hard_sigmoid", "tanh", "relu", "softmax"]
        )
    ),
    *(Case(f"{kind}, no bias", partial(make, kind, use_bias=False), STEPS) for kind in KINDS),
    *(Case(f"{kind}, one step", partial(make, kind), STEPS[:, :1]) for kind in KINDS),
    *(Case(f"{kind}, one row", partial(make, kind), STEPS[:1]) for kind in KINDS),
    *(Case(f"{kind}, one input", partial(make, kind), STEPS[..., :1]) for kind in KINDS),
    *(
        Case(f"{kind}, dropout", partial(make, kind, dropout=0.3, recurrent_dropout=0.2, seed=4), STEPS)
        for kind in KINDS
    ),
    *(
        Case(
            f"{kind}, unrolled",
            partial(make, kind, unroll=True, return_sequences=True),
            STEPS,
            MASKS["holes"],
        )
        for kind in KINDS
    ),
    Case("LSTM, no unit_forget_bias", partial(make, "LSTM", unit_forget_bias=False), STEPS),
]


@pytest.mark.parametrize("case", UNMASKED, ids=str)
def test_without_a_mask(case: Case) -> None:
    check_alone(case)


@pytest.mark.slow
@pytest.mark.parametrize("case", ACTIVATED, ids=str)
def test_every_activation(case: Case) -> None:
    check_alone(case)


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("flags", FLAGS)
@pytest.mark.parametrize("kind", KINDS)
def test_with_a_mask(kind: str, flags: str, mask: str) -> None:
    case, rows = MASKED[kind, flags], ROWS[mask]
    layer = case.twin
    assert_same(layer.forward(case.x[rows], mask=MASKS[mask]), case.expected[rows])


@pytest.mark.parametrize("kind", KINDS)
def test_all_of_them_through_a_file(kind: str, tmp_path: Path) -> None:
    cases = [*MASKED.values(), *UNMASKED]
    check_through_file([case for case in cases if case.name.startswith(f"{kind}, ")], tmp_path)


@pytest.mark.slow
def test_every_activation_through_a_file(tmp_path: Path) -> None:
    check_through_file(ACTIVATED, tmp_path)


@pytest.mark.parametrize("return_sequences", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_the_mask_is_passed_on_with_sequences_alone(kind: str, return_sequences: bool) -> None:
    layer = make(kind, return_sequences=return_sequences)
    layer.build(STEPS.shape)
    expected = layer.compute_mask(STEPS, MASKS["holes"])
    found = twin(layer, STEPS.shape).compute_mask(STEPS, MASKS["holes"])
    assert (found is None) == (expected is None) == (not return_sequences)
    if return_sequences:
        assert found is MASKS["holes"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_long_sequence_stays_with_keras(kind: str) -> None:
    check_alone(Case(f"{kind}, long", partial(make, kind), random(2, 60, 3)))


@pytest.mark.parametrize("kind", KINDS)
@hypothesis.settings(max_examples=4, deadline=None, derandomize=True, database=None)
@hypothesis.given(
    bits=st.lists(st.lists(st.booleans(), min_size=5, max_size=5), min_size=3, max_size=3),
    go_backwards=st.booleans(),
    zero_output_for_mask=st.booleans(),
)
def test_any_mask(kind: str, bits: list[list[bool]], go_backwards: bool, zero_output_for_mask: bool) -> None:
    check_alone(
        Case(
            f"{kind}, any mask",
            partial(
                make,
                kind,
                return_sequences=True,
                go_backwards=go_backwards,
                zero_output_for_mask=zero_output_for_mask,
            ),
            random(3, 5, 2),
            np.array(bits),
        )
    )


@pytest.mark.parametrize("kind", KINDS)
@hypothesis.settings(max_examples=4, deadline=None, derandomize=True, database=None)
@hypothesis.given(lengths=st.lists(st.integers(1, 6), min_size=1, max_size=4))
def test_padding_that_is_masked_changes_nothing(kind: str, lengths: list[int]) -> None:
    x = random(len(lengths), 6, 2)
    layer = make(kind)
    case = Case(f"{kind}, padded", lambda: layer, x, np.arange(6) < np.array(lengths)[:, np.newaxis])
    check_alone(case)
    mine = case.twin
    alone = [mine.forward(x[row : row + 1, :length]) for row, length in enumerate(lengths)]
    assert_same(mine.forward(x, mask=case.mask), keras.ops.convert_to_tensor(np.concatenate(alone)), 1e-6)
