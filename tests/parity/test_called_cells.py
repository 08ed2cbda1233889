"""Cells that a graph calls step by step, stacks within stacks, and Sequentials with several outputs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import maju
from maju.errors import InputError
from maju.layers import LSTMCell
from maju.layers.cell_layer import LSTMCellLayer
from parity.compare import assert_same, random, scramble

STEP, H, C, G = random(4, 3), random(4, 5, seed="h"), random(4, 5, seed="c"), random(4, 2, seed="g")
STEPS = random(4, 6, 3, seed="steps")


def of_lstm(x: Any, h: Any, c: Any, g: Any) -> Any:
    y, states = layers.LSTMCell(5)(x, [h, c])
    return [y, *states]


def of_gru(x: Any, h: Any, c: Any, g: Any) -> Any:
    y, state = layers.GRUCell(5, reset_after=False)(x, h)
    return [y, state]


def of_simple_rnn(x: Any, h: Any, c: Any, g: Any) -> Any:
    y, states = layers.SimpleRNNCell(5, activation="softsign")(x, states=[h])
    return [y, *states]


def of_stack(x: Any, h: Any, c: Any, g: Any) -> Any:
    y, (first, second) = layers.StackedRNNCells([layers.LSTMCell(5), layers.GRUCell(2)])(x, [[h, c], g])
    return [y, *first, second]


def twice(x: Any, h: Any, c: Any, g: Any) -> Any:
    cell = layers.GRUCell(5)
    once, _ = cell(x, h)
    return [*cell(x, once), c]


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("call", [of_lstm, of_gru, of_simple_rnn, of_stack, twice])
def test_a_cell_in_a_graph(call: Callable[..., Any], suffix: str, tmp_path: Path) -> None:
    inputs = [keras.Input(part.shape[1:], name=f"x{place}") for place, part in enumerate((STEP, H, C, G))]
    model = keras.Model(inputs, call(*inputs))
    scramble(model)
    model.save(tmp_path / f"model{suffix}")
    loaded = maju.load(tmp_path / f"model{suffix}")
    found = loaded.forward([STEP, H, C, G])
    assert_same(found, model([STEP, H, C, G]))
    loaded.save(tmp_path / "again.keras")
    again = keras.models.load_model(tmp_path / "again.keras")
    assert_same(found, again([STEP, H, C, G]))


LAST: dict[str, Callable[[], Any]] = {
    "states": lambda: layers.LSTM(4, return_state=True),
    "both halves": lambda: layers.Bidirectional(layers.GRU(4), merge_mode=None),
}


@pytest.mark.parametrize("name", LAST)
def test_a_sequential_gives_all_that_its_last_layer_gives(name: str, tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((6, 3)), LAST[name]()])
    scramble(model)
    x = keras.Input((6, 3))
    outer = keras.Model(x, model(x)[::-1])
    for one in (model, outer):
        one.save(tmp_path / "model.keras")
        loaded = maju.load(tmp_path / "model.keras")
        found = loaded.predict(STEPS)
        assert len(found) > 1
        assert_same(found, keras.tree.flatten(one.predict(STEPS, verbose=0)))
        assert loaded.output_shape() == [(None, *part.shape[1:]) for part in found]
        loaded.save(tmp_path / "again.keras")
        again = keras.models.load_model(tmp_path / "again.keras")
        assert_same(found, keras.tree.flatten(again.predict(STEPS, verbose=0)))
        assert_same(
            maju.load(tmp_path / "again.keras").load_weights(tmp_path / "model.keras").predict(STEPS), found
        )


def test_a_stack_within_a_stack(tmp_path: Path) -> None:
    inner = layers.StackedRNNCells([layers.GRUCell(4), layers.LSTMCell(2)])
    stack = layers.RNN(layers.StackedRNNCells([inner, layers.SimpleRNNCell(3)]), return_sequences=True)
    model = keras.Sequential([keras.Input((6, 3)), stack])
    scramble(model)
    model.save(tmp_path / "model.keras")
    assert_same(maju.load(tmp_path / "model.keras").predict(STEPS), model.predict(STEPS, verbose=0))


def test_states_that_do_not_fit_are_refused() -> None:
    layer = LSTMCellLayer(LSTMCell(random(3, 8), random(2, 8)), name="step")
    with pytest.raises(InputError) as caught:
        layer.forward([STEP, [H, C]])
    assert str(caught.value) == (
        "layer 'step' (LSTMCell): expected a list of shapes (batch, 3), (batch, 2), (batch, 2), "
        "got [(4, 3), (4, 5), (4, 5)]"
    )
    with pytest.raises(InputError, match="expected a list of a step's input and the states before it"):
        layer.forward(STEP)
    np.testing.assert_array_equal(layer.forward([STEP, [G, G]])[0], layer.forward([STEP, G, G])[0])
