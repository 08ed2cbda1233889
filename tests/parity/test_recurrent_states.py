"""States in and out of recurrent layers: return_state, initial_state, stateful; RNN over cells."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import maju
from maju.errors import InputError
from maju.layers import RNNLayer
from maju.layers.base import Array
from parity.compare import Case, assert_same, check_alone, check_through_file, random, scramble
from parity.with_states import StatesCase, states

STEPS = random(5, 6, 4)
MASK = np.ones((5, 6), bool)
for _row, _places in enumerate([[], [4, 5], [0, 1], [0, 3, 5], range(6)]):
    MASK[_row, list(_places)] = False
MASKS = {"no mask": None, "masked": MASK}

CELLS: dict[str, Any] = {
    "SimpleRNNCell": lambda: layers.SimpleRNNCell(3, activation="elu"),
    "LSTMCell": lambda: layers.LSTMCell(3, recurrent_activation="hard_sigmoid"),
    "GRUCell": lambda: layers.GRUCell(3, use_bias=False),
    "GRUCell, reset before": lambda: layers.GRUCell(3, reset_after=False),
    "a stack of three": lambda: [layers.GRUCell(4), layers.LSTMCell(2), layers.SimpleRNNCell(3)],
    "a stack that ends with LSTM": lambda: [layers.GRUCell(2), layers.GRUCell(4), layers.LSTMCell(3)],
    "a stack of one": lambda: [layers.LSTMCell(3)],
}
#: How long the states of each are.
SIZES = {
    "SimpleRNN": [3],
    "LSTM": [3, 3],
    "GRU": [3],
    "SimpleRNNCell": [3],
    "LSTMCell": [3, 3],
    "GRUCell": [3],
    "GRUCell, reset before": [3],
    "a stack of three": [4, 2, 2, 3],
    "a stack that ends with LSTM": [2, 4, 3, 3],
    "a stack of one": [3, 3],
}


def make(kind: str, **flags: Any) -> Any:
    if kind in CELLS:
        return layers.RNN(CELLS[kind](), **flags)
    return getattr(layers, kind)(3, **flags)


FLAGS: dict[str, dict[str, bool]] = {
    "plain": {},
    "return_state": {"return_state": True},
    "return_state and sequences": {"return_state": True, "return_sequences": True},
    "backwards": {"go_backwards": True, "return_state": True, "return_sequences": True},
    "zeros": {"zero_output_for_mask": True, "return_state": True, "return_sequences": True},
}
#: A stack of one cell takes no mask in Keras.
CASES = [
    StatesCase(f"{kind}, {flags}, {mask}", partial(make, kind, **FLAGS[flags]), STEPS, MASKS[mask])
    for kind, flags, mask in product(SIZES, FLAGS, MASKS)
    if kind in CELLS or flags.startswith("return_state") or flags == "backwards"
    if kind != "a stack of one" or mask == "no mask"
]
#: The same from states that are given; a stack of one cell takes none either.
STARTED = [
    StatesCase(
        f"{kind}, {flags}, {mask}, from states",
        partial(make, kind, **FLAGS[flags]),
        [STEPS, *states(*((5, size) for size in sizes))],
        MASKS[mask],
    )
    for (kind, sizes), flags, mask in product(SIZES.items(), FLAGS, MASKS)
    if kind != "a stack of one" and flags != "zeros"
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_alone(case: Case) -> None:
    check_alone(case)


@pytest.mark.parametrize("case", STARTED, ids=str)
def test_from_states(case: Case) -> None:
    check_alone(case)


def test_all_of_them_through_a_file(tmp_path: Path) -> None:
    check_through_file([case for case in CASES if "stack" not in case.name], tmp_path)


def started_model(batch: int | None = None) -> tuple[Any, list[Array]]:
    """Layers that start from states in each of the ways in which Keras takes them."""
    x, h, c = (keras.Input(shape, batch_size=batch) for shape in ((6, 4), (3,), (3,)))
    masking = layers.Masking()
    masked = masking(x)  # which Keras does not show to a layer that starts from states, but to those after it
    stack = layers.RNN([layers.GRUCell(3), layers.LSTMCell(3)], return_state=True)
    outputs = [
        *layers.LSTM(3, return_state=True)(x, initial_state=[h, c]),
        layers.SimpleRNN(3)(masked, initial_state=h),
        layers.SimpleRNN(3)(masked, initial_state=h, mask=masking.compute_mask(x)),
        layers.GRU(3)(
            layers.Bidirectional(layers.GRU(3, return_sequences=True))(masked, initial_state=[h, c])
        ),
        layers.LSTM(3)(masked),
        layers.GRU(3, return_sequences=True)(x, h),
        layers.LSTM(3)(sequences=x, initial_state=[c, h]),
        *keras.tree.flatten(stack(x, initial_state=[[h], [c, h]])),
        layers.LSTM(3)(x, initial_state=layers.LSTM(3, return_state=True)(x)[1:]),
    ]
    model = keras.Model([x, h, c], outputs)
    scramble(model)
    steps = STEPS.copy()
    steps[[1, 3], 4:] = 0
    return model, [steps, *states((5, 3), (5, 3))]


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_states_in_a_file(suffix: str, tmp_path: Path) -> None:
    model, x = started_model()
    expected = model(x)
    model.save(tmp_path / f"model{suffix}")
    loaded = maju.load(tmp_path / f"model{suffix}")
    assert_same(loaded.forward(x), expected)
    loaded.save(tmp_path / f"again{suffix}")
    assert_same(maju.load(tmp_path / f"again{suffix}").forward(x), expected)
    assert_same(keras.saving.load_model(tmp_path / f"again{suffix}").predict(x, verbose=0), expected)


def test_the_states_of_stacked_cells_through_a_file(tmp_path: Path) -> None:
    x = keras.Input((6, 4))
    cases = [case for case in CASES if "stack" in case.name and case.mask is None]
    outputs = [part for case in cases for part in keras.tree.flatten(case.keras_layer(x))]
    model = keras.Model(x, outputs)
    model.save(tmp_path / "model.keras")
    loaded = maju.load(tmp_path / "model.keras")
    assert_same(loaded.forward(STEPS), model(STEPS))
    assert loaded.output_shape() == [tuple(part.shape) for part in outputs]
    loaded.save(tmp_path / "again.keras")
    assert_same(keras.saving.load_model(tmp_path / "again.keras")(STEPS), model(STEPS))


@pytest.mark.parametrize("kind", SIZES)
def test_the_states_have_no_mask(kind: str) -> None:
    layer = StatesCase("mask", partial(make, kind, return_state=True, return_sequences=True), STEPS).twin
    kept, *others = layer.compute_mask(STEPS, MASK)
    assert kept is MASK
    assert others == [None] * len(SIZES[kind])


# Stateful: from batch to batch


@pytest.mark.parametrize("kind", ["SimpleRNN", "LSTM", "GRU", "LSTMCell"])
def test_a_state_that_is_kept_from_batch_to_batch(kind: str, tmp_path: Path) -> None:
    x = keras.Input(batch_shape=(2, 3, 4))
    y = layers.Bidirectional(layers.GRU(2, stateful=True, return_sequences=True))(layers.Masking()(x))
    model = keras.Model(x, make(kind, stateful=True)(y))
    scramble(model)
    model.save(tmp_path / "model.keras")
    loaded = maju.load(tmp_path / "model.keras")
    batches = random(6, 3, 4)
    batches[3, 1:] = 0
    for _ in range(2):
        assert_same(loaded.predict(batches), model.predict(batches, batch_size=2, verbose=0))
    first = loaded.predict(batches[:2])
    loaded.reset_states()
    for layer in model.layers[2:]:
        layer.reset_states()
    found = loaded.predict(batches[:2])
    assert_same(found, model.predict(batches[:2], batch_size=2, verbose=0))
    assert np.abs(found - first).max() > 1e-3
    loaded.save(tmp_path / "again.keras")
    again = maju.load(tmp_path / "again.keras")
    assert_same(again.predict(batches[:2]), found, tolerance=0)


def test_a_batch_of_other_rows_is_refused_as_in_keras(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input(batch_shape=(2, 6, 4)), layers.GRU(3, stateful=True)])
    model.save(tmp_path / "model.keras")
    loaded = maju.load(tmp_path / "model.keras")
    said = "the model keeps states from batch to batch, of 2 rows; got "
    for call, x, rows in ((loaded.forward, STEPS[:4], 4), (loaded.predict, STEPS[:3], 1)):
        with pytest.raises(InputError, match=f"{said}{rows} rows"):
            call(x)


def test_a_stack_keeps_the_states_of_all_its_cells() -> None:
    case = StatesCase("kept", partial(make, "a stack of three", stateful=True), STEPS)
    layer = case.twin
    assert_same(layer.forward(STEPS), case.expected)
    assert_same(layer.forward(STEPS), case.keras_layer(STEPS))


def test_given_states_come_before_kept_ones() -> None:
    case = StatesCase("kept", partial(layers.GRU, 3, stateful=True), [STEPS, *states((5, 3))])
    layer = case.twin
    layer.forward(STEPS)
    assert_same(layer.forward(case.x), case.expected)
    assert_same(layer.forward(STEPS), case.keras_layer(STEPS))


def test_other_rows_than_those_whose_states_are_kept_are_refused() -> None:
    layer = Case("kept", partial(layers.GRU, 3, stateful=True, name="read"), STEPS).twin
    layer.forward(STEPS)
    with pytest.raises(InputError) as caught:
        layer.forward(STEPS[:2])
    assert str(caught.value) == (
        "layer 'read' (GRU): it keeps the states of 5 rows, got 2; reset_states() forgets them"
    )


# What does not fit


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([], "expected initial states of shape (5, 3), (5, 3); got none"),
        (states((5, 3)), "expected initial states of shape (5, 3), (5, 3); got (5, 3)"),
        (states((5, 3), (1, 3)), "expected initial states of shape (5, 3), (5, 3); got (5, 3), (1, 3)"),
    ],
    ids=["none", "one", "one row"],
)
def test_states_that_do_not_fit_are_refused(given: list[Array], message: str) -> None:
    layer: Any = Case("refused", partial(layers.LSTM, 3, name="read"), STEPS).twin
    for call in (layer.forward, layer.vjp):
        with pytest.raises(InputError) as caught:
            call(STEPS, initial_state=given)
        assert str(caught.value) == f"layer 'read' (LSTM): {message}"


def test_a_cell_that_maju_does_not_have_is_named() -> None:
    cell = {"class_name": "custom>MyCell", "config": {"name": "mine"}}
    odd = {"class_name": "OddCell", "config": {"name": "odd"}}
    stack = {"class_name": "StackedRNNCells", "config": {"name": "stack", "cells": [odd]}}
    one = RNNLayer.problems({"name": "r", "cell": cell}, "layer 'r' (RNN)")
    several = RNNLayer.problems({"name": "r", "cell": stack}, "layer 'r' (RNN)")
    assert [str(problem) for problem in one + several] == [
        "layer 'r' (RNN), cell: MyCell is a class of its author's own; the file does not hold its "
        "computation (write it as a cell of maju's, under @maju.register('MyCell'))",
        "layer 'r' (RNN), cell, odd_cell: OddCell is no cell that maju has",
    ]


# Dropout in training: the same values of the input are lost at every step


@pytest.mark.parametrize("kind", ["SimpleRNN", "LSTM", "GRU"])
def test_dropout_draws_once_for_all_steps(kind: str) -> None:
    case = Case("dropout", partial(make, kind, dropout=0.4, seed=3), STEPS)
    layer: Any = case.twin
    layer.cell.rng = np.random.default_rng(3)  # Keras keeps no seed of SimpleRNN's
    y = layer.forward(STEPS, training=True)
    kept = np.random.default_rng(3).random((5, 4)) >= 0.4
    expected = case.keras_layer(STEPS * (kept / 0.6).astype(np.float32)[:, np.newaxis])
    assert_same(y, expected)
    assert 0 < kept.mean() < 1
    assert np.abs(layer.forward(STEPS, training=True) - y).max() > 1e-3, "drawn anew for the next sequence"
    assert_same(layer.forward(STEPS), case.expected)


def test_dropout_in_every_cell_of_a_stack() -> None:
    cells = [layers.GRUCell(4, dropout=0.4, seed=1), layers.SimpleRNNCell(3, recurrent_dropout=0.5, seed=2)]
    layer: Any = Case("stack", lambda: layers.RNN(cells, return_sequences=True), STEPS).twin
    y, backward = layer.vjp(STEPS)
    dx, _ = backward(np.ones_like(y))
    lost = np.random.default_rng(1).random((5, 4)) < 0.4
    assert (np.abs(dx).max(axis=1) == 0).tolist() == lost.tolist()


CELLS_BY_GATE: dict[str, tuple[Callable[[], Any], tuple[int, ...], tuple[int, ...]]] = {
    "LSTM": (partial(layers.LSTM, 3, dropout=0.4, recurrent_dropout=0.3), (4,), (3,)),
    "GRU": (partial(layers.GRU, 3, dropout=0.4, recurrent_dropout=0.3), (4,), (3,)),
    "GRU, reset before": (partial(layers.GRU, 3, recurrent_dropout=0.3, reset_after=False), (4,), (3,)),
    "ConvLSTM2D": (partial(layers.ConvLSTM2D, 3, 2, dropout=0.4, padding="same"), (5, 4, 2), (5, 4, 3)),
    "ConvLSTM2D, both": (
        partial(layers.ConvLSTM2D, 3, 2, dropout=0.4, recurrent_dropout=0.3),
        (5, 4, 2),
        (4, 3, 3),
    ),
}


@pytest.mark.parametrize("name", CELLS_BY_GATE)
def test_each_gate_loses_other_values(name: str) -> None:
    build, of_step, of_state = CELLS_BY_GATE[name]
    case = Case(name, build, random(5, 2, *of_step))
    layer: Any = case.twin
    dropped = layer.cell.for_sequence(5, of_step)
    ones = (np.ones((5, *of_step), np.float32), np.ones((5, *of_state), np.float32))
    masks = [
        [keras.ops.convert_to_tensor(m * one) for m, one in zip(pair, ones, strict=True)]
        for pair in dropped.by_gate
    ]
    cell = case.keras_layer.cell
    cell._dropout_mask, cell._recurrent_dropout_mask = map(list, zip(*masks, strict=True))
    states = tuple(random(5, *of_state, seed=f"state {n}") for n in range(layer.cell.state_count))
    found, _ = dropped.step_vjp(case.x[:, 0], states)
    _, expected = cell(case.x[:, 0], [keras.ops.convert_to_tensor(state) for state in states], training=True)
    assert_same(list(found), list(expected))
    assert_same(list(dropped.step(case.x[:, 0], states)), list(expected))
    lost = [np.mean(np.asarray(mask) == 0) for pair in masks for mask in pair]
    assert any(0.1 < share < 0.7 for share in lost)
    assert len({np.asarray(first).tobytes() for first, _ in masks}) in (1, layer.cell.gates)


def test_nothing_is_lost_at_a_rate_of_1_as_in_keras() -> None:
    layer: Any = Case("all", partial(make, "LSTM", dropout=1.0, recurrent_dropout=1.0), STEPS).twin
    assert_same(layer.forward(STEPS, training=True), layer.forward(STEPS))
