from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from parity.compare import Case, assert_same, check_alone, check_through_file, random, twin

from maju import layers as scratch

STEPS = random(8, 7, 4)
MASK = np.ones((8, 7), bool)
for _row, _places in enumerate(
    [[], [5, 6], [0, 1, 2], [3], [1, 2, 5], [0, 6], range(7), [0, 1, 2, 3, 4, 5]]
):  # whole, padded after, padded before, holes, both ends, empty, one valid step
    MASK[_row, list(_places)] = False
HALVES: dict[str, Any] = {
    "SimpleRNN": layers.SimpleRNN,
    "LSTM": layers.LSTM,
    "GRU": layers.GRU,
    "GRU, reset before": lambda units, **kwargs: layers.GRU(units, reset_after=False, **kwargs),
}
MERGE_MODES = ["concat", "sum", "mul", "ave", None]


def pair(ahead: Any, back: Any, **settings: Any) -> Any:
    return layers.Bidirectional(ahead, backward_layer=back, **settings)


CASES = [
    *(
        Case(
            f"{half}, {merge_mode}, {'sequences' if sequences else 'last'}, {'no mask' if mask is None else 'mask'}",
            lambda h=half, m=merge_mode, s=sequences: layers.Bidirectional(
                HALVES[h](3, return_sequences=s), merge_mode=m
            ),
            STEPS,
            mask,
        )
        for half, merge_mode, sequences, mask in product(HALVES, MERGE_MODES, [False, True], [None, MASK])
    ),
    *(
        Case(
            f"{ahead} and another {back}, {'sequences' if sequences else 'last'}, {'no mask' if mask is None else 'mask'}",
            lambda a=ahead, b=back, s=sequences: pair(
                HALVES[a](3, return_sequences=s),
                HALVES[b](3, return_sequences=s, go_backwards=True, activation="relu", use_bias=False),
                merge_mode="sum",
            ),
            STEPS,
            mask,
        )
        for ahead, back, sequences, mask in product(
            ["SimpleRNN", "LSTM", "GRU"], ["SimpleRNN", "LSTM", "GRU"], [False, True], [None, MASK]
        )
    ),
    *(
        Case(
            f"the first half goes backwards, {'sequences' if sequences else 'last'}",
            lambda s=sequences: pair(
                layers.LSTM(3, return_sequences=s, go_backwards=True), layers.LSTM(3, return_sequences=s)
            ),
            STEPS,
            MASK,
        )
        for sequences in [False, True]
    ),
    *(
        Case(
            f"zero_output_for_mask is Bidirectional's to set, {'sequences' if sequences else 'last'}",
            lambda s=sequences: layers.Bidirectional(
                layers.GRU(3, return_sequences=s, zero_output_for_mask=not s)
            ),
            STEPS,
            MASK,
        )
        for sequences in [False, True]
    ),
    Case("no bias", lambda: layers.Bidirectional(layers.LSTM(3, use_bias=False)), STEPS),
    Case(
        "activations",
        lambda: layers.Bidirectional(layers.LSTM(3, activation="elu", recurrent_activation="hard_sigmoid")),
        STEPS,
    ),
    Case("dropout", lambda: layers.Bidirectional(layers.LSTM(3, dropout=0.5, recurrent_dropout=0.2)), STEPS),
    Case("one step", lambda: layers.Bidirectional(layers.LSTM(3)), STEPS[:, :1]),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_alone(case: Case) -> None:
    check_alone(case)


def test_all_of_them_through_a_file(tmp_path: Path) -> None:
    check_through_file(CASES, tmp_path)


@pytest.mark.parametrize("sequences", [False, True], ids=["last", "sequences"])
def test_halves_of_different_sizes(sequences: bool) -> None:
    case = Case(
        "sizes",
        lambda: pair(
            layers.LSTM(2, return_sequences=sequences),
            layers.LSTM(5, return_sequences=sequences, go_backwards=True),
        ),
        STEPS,
        MASK,
    )
    check_alone(case)


@pytest.mark.parametrize(
    ("half", "kind"),
    [
        (layers.SimpleRNN, scratch.BidirectionalRNNLayer),
        (layers.LSTM, scratch.BidirectionalLSTMLayer),
        (layers.GRU, scratch.BidirectionalLayer),
    ],
    ids=["SimpleRNN", "LSTM", "GRU"],
)
def test_it_is_of_the_class_of_its_halves(half: Any, kind: type) -> None:
    layer = Case("kind", lambda: layers.Bidirectional(half(3)), STEPS).keras_layer
    assert type(twin(layer, STEPS.shape)) is kind


@pytest.mark.parametrize("merge_mode", MERGE_MODES)
@pytest.mark.parametrize("sequences", [False, True], ids=["last", "sequences"])
def test_the_mask_is_passed_on_with_sequences_alone(sequences: bool, merge_mode: str | None) -> None:
    layer = layers.Bidirectional(layers.LSTM(3, return_sequences=sequences), merge_mode=merge_mode)
    layer.build(STEPS.shape)
    expected = layer.compute_mask(keras.ops.convert_to_tensor(STEPS), keras.ops.convert_to_tensor(MASK))
    found = twin(layer, STEPS.shape).compute_mask(STEPS, MASK)
    if merge_mode is None:
        assert [mask is None for mask in found] == [mask is None for mask in expected] == [not sequences] * 2
    else:
        assert (found is None) == (expected is None) == (not sequences)


def test_the_second_layer_sees_the_mask_of_the_first(tmp_path: Path) -> None:
    first = Case(
        "first", lambda: layers.Bidirectional(layers.GRU(3, return_sequences=True)), STEPS, MASK
    )
    second = layers.Bidirectional(layers.LSTM(2))
    y = second(first.expected, mask=keras.ops.convert_to_tensor(MASK))
    mine = twin(first.keras_layer, STEPS.shape)
    between = mine.forward(STEPS, mask=MASK)
    again = twin(second, between.shape)
    assert_same(again.forward(between, mask=mine.compute_mask(STEPS, MASK)), y)
    without = again.forward(between)
    assert np.abs(without - keras.ops.convert_to_numpy(y)).max() > 1e-3
