from __future__ import annotations

from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import maju
from maju import layers as scratch
from parity.compare import Case, assert_same, check_alone, check_through_file, random, scramble, twin
from parity.with_states import StatesCase, states

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
GIVES = {"last": False, "sequences": True}
MASKS = {"no mask": None, "masked": MASK}
MERGE_MODES = ["concat", "sum", "mul", "ave", None]


def both_ways(half: str, gives: str, merge_mode: str | None = "concat", **of_half: Any) -> Any:
    layer = HALVES[half](3, return_sequences=GIVES[gives], **of_half)
    return layers.Bidirectional(layer, merge_mode=merge_mode)


def two_layers(
    ahead: str, back: str, gives: str, units: tuple[int, int] = (3, 3), merge_mode: str = "sum"
) -> Any:
    first = HALVES[ahead](units[0], return_sequences=GIVES[gives])
    second = HALVES[back](
        units[1], return_sequences=GIVES[gives], go_backwards=True, activation="relu", use_bias=False
    )
    return layers.Bidirectional(first, backward_layer=second, merge_mode=merge_mode)


def backwards_first(gives: str) -> Any:
    first = layers.LSTM(3, return_sequences=GIVES[gives], go_backwards=True)
    return layers.Bidirectional(first, backward_layer=layers.LSTM(3, return_sequences=GIVES[gives]))


MERGED = {
    (half, merge_mode): [
        Case(
            f"{half}, {merge_mode}, {gives}, {mask}",
            partial(both_ways, half, gives, merge_mode),
            STEPS,
            MASKS[mask],
        )
        for gives, mask in product(GIVES, MASKS)
    ]
    for half, merge_mode in product(HALVES, MERGE_MODES)
}
MIXED = [
    Case(
        f"{ahead} and another {back}, {gives}, {mask}",
        partial(two_layers, ahead, back, gives),
        STEPS,
        MASKS[mask],
    )
    for ahead, back, gives, mask in product(
        ["SimpleRNN", "LSTM", "GRU"], ["SimpleRNN", "LSTM", "GRU"], GIVES, MASKS
    )
]
CASES = [
    *(case for (half, mode), cases in MERGED.items() if half == "LSTM" or mode == "concat" for case in cases),
    *(
        Case(
            f"the first half goes backwards, {gives}",
            partial(backwards_first, gives),
            STEPS,
            MASK,
        )
        for gives in GIVES
    ),
    *(
        Case(
            f"zero_output_for_mask is Bidirectional's to set, {gives}",
            partial(both_ways, "GRU", gives, zero_output_for_mask=not GIVES[gives]),
            STEPS,
            MASK,
        )
        for gives in GIVES
    ),
    Case("no bias", partial(both_ways, "LSTM", "last", use_bias=False), STEPS),
    Case(
        "activations",
        partial(both_ways, "LSTM", "last", activation="elu", recurrent_activation="hard_sigmoid"),
        STEPS,
    ),
    Case("dropout", partial(both_ways, "LSTM", "last", dropout=0.5, recurrent_dropout=0.2), STEPS),
    Case("one step", partial(both_ways, "LSTM", "last"), STEPS[:, :1]),
]


#: The other halves in the other merge modes, and halves of different kinds.
MORE_CASES = [*(case for cases in MERGED.values() for case in cases if case not in CASES), *MIXED]


def with_states(ahead: Any, back: Any, merge_mode: str | None, sequences: bool) -> Any:
    flags = {"return_state": True, "return_sequences": sequences}
    back = None if back is None else back(4, go_backwards=True, **flags)
    return layers.Bidirectional(ahead(3, **flags), merge_mode=merge_mode, backward_layer=back)


def stacked(units: int, **flags: Any) -> Any:
    return layers.RNN([layers.GRUCell(2), layers.LSTMCell(units)], **flags)


#: States in and out; the states of halves of different kinds cannot be given in Keras.
STATES = [
    StatesCase(
        f"states of {ahead.__name__}, {mode}, {gives}, {mask}",
        partial(with_states, ahead, back, mode, GIVES[gives]),
        STEPS,
        MASKS[mask],
    )
    for (ahead, back), mode, gives, mask in product(
        [(layers.LSTM, None), (layers.GRU, layers.LSTM), (stacked, None)], ["concat", None], GIVES, MASKS
    )
]
STARTED = [
    StatesCase(
        f"from states, {ahead.__name__}, {mode}, {mask}",
        partial(with_states, ahead, None, mode, True),
        [STEPS, *states(*((8, 3) for _ in range(count)))],
        MASKS[mask],
    )
    for (ahead, count), mode, mask in product([(layers.LSTM, 4), (layers.SimpleRNN, 2)], ["mul", None], MASKS)
]


@pytest.mark.parametrize("case", [*STATES, *STARTED], ids=str)
def test_states_in_and_out(case: Case) -> None:
    check_alone(case)


def test_states_through_a_file(tmp_path: Path) -> None:
    # A graph of Keras's counts the states of the first half twice, and those of a stack by its cells.
    cases = [case for case in STATES if case.mask is None and "states of LSTM" in case.name]
    check_through_file(cases, tmp_path)


def test_the_mask_of_an_output_with_states(tmp_path: Path) -> None:
    x = keras.Input((7, 4))
    y, *_ = layers.Bidirectional(layers.GRU(3, return_state=True, return_sequences=True))(layers.Masking()(x))
    model = keras.Model(x, layers.LSTM(2)(y))
    scramble(model)
    model.save(tmp_path / "model.keras")
    steps = STEPS * MASK[..., np.newaxis]
    assert_same(maju.load(tmp_path / "model.keras").forward(steps), model(steps))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_alone(case: Case) -> None:
    check_alone(case)


@pytest.mark.slow
@pytest.mark.parametrize("case", MORE_CASES, ids=str)
def test_more_of_them_alone(case: Case) -> None:
    check_alone(case)


def test_all_of_them_through_a_file(tmp_path: Path) -> None:
    check_through_file(CASES, tmp_path)


@pytest.mark.slow
def test_more_of_them_through_a_file(tmp_path: Path) -> None:
    check_through_file(MORE_CASES, tmp_path)


@pytest.mark.parametrize("gives", GIVES)
def test_halves_of_different_sizes(gives: str) -> None:
    check_alone(Case("sizes", partial(two_layers, "LSTM", "LSTM", gives, (2, 5), "concat"), STEPS, MASK))


@pytest.mark.parametrize("gives", GIVES)
def test_a_config_of_other_versions(gives: str) -> None:
    # Older files hold neither the mirrored half nor what Bidirectional makes of zero_output_for_mask.
    case = Case("other", partial(both_ways, "LSTM", gives), STEPS, MASK)
    layer = case.twin
    config = layer.get_config()
    del config["backward_layer"]
    inner = {**config["layer"]["config"], "zero_output_for_mask": not GIVES[gives]}
    config["layer"] = {**config["layer"], "config": inner}
    assert_same(type(layer).from_config(config, layer.weights).forward(STEPS, mask=MASK), case.expected)


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
    layer = Case("kind", partial(layers.Bidirectional, half(3)), STEPS).keras_layer
    assert type(twin(layer, STEPS.shape)) is kind


@pytest.mark.parametrize("merge_mode", MERGE_MODES)
@pytest.mark.parametrize("sequences", GIVES.values(), ids=GIVES)
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
    first = Case("first", partial(layers.Bidirectional, layers.GRU(3, return_sequences=True)), STEPS, MASK)
    second = layers.Bidirectional(layers.LSTM(2))
    second.build((8, 7, 6))
    scramble(second)
    y = second(first.expected, mask=keras.ops.convert_to_tensor(MASK))
    mine = first.twin
    between = mine.forward(STEPS, mask=MASK)
    again = twin(second, between.shape)
    assert_same(again.forward(between, mask=mine.compute_mask(STEPS, MASK)), y)
    without = again.forward(between)
    assert np.abs(without - keras.ops.convert_to_numpy(y)).max() > 1e-3
