"""Hidden states and gates over the steps, against Keras step by step, and against `activations`."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

import maju
from maju.errors import InputError
from maju.layers.base import Array
from maju.visualize import gates, hidden_states, plot_gates
from visualize.fixtures import WORDS, Pairs

TEXTS = ["saya tidak suka", "enak, ramah dan murah", ""]


def sigmoid(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x)))


def by_steps(cell: Any, x: Array) -> dict[str, list[Array]]:
    """A Keras cell's gates and states at each step of x (time, inputs), computed with its own weights."""
    kernel, recurrent, bias = (weight.numpy().astype(float) for weight in cell.weights)
    units = recurrent.shape[0]
    h, c = np.zeros(units), np.zeros(units)
    found: dict[str, list[Array]] = {}

    def part(array: Array, gate: int) -> Array:
        return array[..., gate * units : (gate + 1) * units]

    for x_t in x:
        if isinstance(cell, keras.layers.LSTMCell):
            i, f, g, o = (part(x_t @ kernel + h @ recurrent + bias, gate) for gate in range(4))
            i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
            c = f * c + i * g
            h = o * np.tanh(c)
            now = {"input gate i": i, "forget gate f": f, "output gate o": o, "candidate": g, "memory c": c}
        else:
            of_x, of_h = (bias[0], bias[1]) if cell.reset_after else (bias, np.zeros(3 * units))
            z, r = (sigmoid(part(x_t @ kernel + of_x + h @ recurrent + of_h, gate)) for gate in (0, 1))
            before, after = (r * h) @ part(recurrent, 2), r * part(h @ recurrent + of_h, 2)
            past = after if cell.reset_after else before
            g = np.tanh(part(x_t @ kernel + of_x, 2) + past)
            h = z * h + (1 - z) * g
            now = {"update gate z": z, "reset gate r": r, "candidate": g}
        for name, value in {**now, "state h": h}.items():
            found.setdefault(name, []).append(value)
    return found


@pytest.mark.parametrize("row", [0, 1])
def test_both_directions_of_an_lstm(pairs: Pairs, row: int) -> None:
    pair = pairs["text"]
    found = gates(pair.maju, TEXTS, row=row)
    assert (found.layer, found.kind, list(found.tracks)) == (
        "both",
        "Bidirectional LSTM",
        ["forward", "backward"],
    )
    activations = pair.maju.activations(TEXTS)
    x, count = activations["table"][row], int((activations["words"][row] != 0).sum())
    both = pair.keras.get_layer("both")
    assert found.read.tolist() == [True] * count + [False] * (8 - count)
    for direction, half in (("forward", both.forward_layer), ("backward", both.backward_layer)):
        order = slice(None) if direction == "forward" else slice(None, None, -1)
        expected = by_steps(half.cell, x[:count][order])
        track = found.tracks[direction]
        assert list(track) == [*list(expected)[:3], "candidate", "memory c", "state h"]
        for name, values in expected.items():
            np.testing.assert_allclose(track[name][:count], np.array(values)[order], rtol=1e-5, atol=1e-6)
        assert np.isnan(track["forget gate f"][count:]).all()
        # What the layer gives at each step, both directions side by side.
        half_y = activations["both"][row, :count, slice(0, 4) if direction == "forward" else slice(4, 8)]
        np.testing.assert_allclose(track["state h"][:count], half_y, rtol=1e-6, atol=1e-7)
    assert found.tokens is not None
    assert found.tokens.words[:count] == (
        ("saya", "tidak", "suka") if row == 0 else ("enak", "ramah", "[dan]", "[murah]")
    )
    assert found.where == f"row {row} of 3"


def test_a_gru_that_resets_after_and_one_that_resets_before_and_reads_backwards(pairs: Pairs) -> None:
    pair = pairs["text"]
    found = gates(pair.maju, TEXTS, "gru")
    activations = pair.maju.activations(TEXTS)
    expected = by_steps(pair.keras.get_layer("gru").cell, activations["both"][0, :3])
    for name, values in expected.items():
        np.testing.assert_allclose(found.tracks[""][name][:3], values, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found.tracks[""]["state h"][7], activations["gru"][0], rtol=1e-6)

    pair, x = pairs["ids"], np.array([[3, 5, 8, 1, 0]])
    found = gates(pair.maju, x, vocabulary=["", "?", *WORDS])
    expected = by_steps(pair.keras.get_layer("back").cell, pair.maju.activations(x)["table"][0, ::-1])
    for name, values in expected.items():
        np.testing.assert_allclose(found.tracks[""][name][::-1], values, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found.tracks[""]["state h"][0], pair.maju.activations(x)["back"][0], rtol=1e-6)
    assert found.tokens is not None
    assert found.tokens.words == ("ramah", "kotor", "tidak", "?", "")
    assert found.read.all()


def test_states_of_layers_with_gates_without_and_of_no_recurrent_layer(pairs: Pairs) -> None:
    found = hidden_states(pairs["text"].maju, TEXTS, "both")
    assert list(found.tracks["backward"]) == ["memory c", "state h"]
    x = np.random.default_rng(0).normal(size=(2, 9, 3)).astype(np.float32)
    pair = pairs["sequence"]
    found = hidden_states(pair.maju, x, row=1)
    layer = pair.keras.get_layer("rnn")
    twin = keras.layers.SimpleRNN(4, return_sequences=True)
    twin.build((None, 7, 6))
    twin.set_weights(layer.get_weights())
    expected = twin(pair.maju.activations(x)["conv"]).numpy()[1]
    np.testing.assert_allclose(found.tracks[""]["state h"], expected, rtol=1e-5, atol=1e-6)
    assert (found.layer, found.tokens) == ("rnn", None)
    found = hidden_states(pairs["text"].maju, TEXTS, "table")
    np.testing.assert_array_equal(
        found.tracks[""]["output"], pairs["text"].maju.activations(TEXTS)["table"][0]
    )
    assert found.read.tolist() == [True] * 3 + [False] * 5


def test_an_empty_text_is_padding_and_nothing_else(pairs: Pairs) -> None:
    found = gates(pairs["text"].maju, TEXTS, row=2)
    assert not found.read.any()
    assert found.tokens is not None
    assert found.tokens.padding.all()
    assert not found.tracks["forward"]["state h"].any()


def test_a_stateful_model_is_looked_at_from_zeros_and_left_as_it_was() -> None:
    x = np.random.default_rng(0).normal(size=(2, 4, 3)).astype(np.float32)
    live = keras.Sequential(
        [keras.Input((4, 3), batch_size=2), keras.layers.LSTM(3, stateful=True, name="lstm")]
    )
    model = maju.load(live)
    fresh = gates(model, x, row=1).tracks[""]["state h"][-1]
    np.testing.assert_allclose(fresh, live.predict(x, verbose=0, batch_size=2)[1], rtol=1e-5, atol=1e-6)
    lstm: Any = model["lstm"]
    before = lstm.states
    assert before is None
    model.predict(x)
    kept = lstm.states[0].copy()
    np.testing.assert_array_equal(gates(model, x, row=1).tracks[""]["state h"][-1], fresh)
    np.testing.assert_array_equal(lstm.states[0], kept)


def test_halves_of_different_kinds() -> None:
    forward, back = keras.layers.LSTM(3), keras.layers.GRU(3, go_backwards=True)
    live = keras.Sequential([keras.Input((4, 2)), keras.layers.Bidirectional(forward, backward_layer=back)])
    x = np.random.default_rng(0).normal(size=(1, 4, 2)).astype(np.float32)
    model = maju.load(live)
    found = gates(model, x)
    assert found.kind == "Bidirectional GRU, LSTM"
    assert [len(track) for track in found.tracks.values()] == [6, 4]
    y = live.predict(x, verbose=0)[0]
    ends = [found.tracks["forward"]["state h"][-1], found.tracks["backward"]["state h"][0]]
    np.testing.assert_allclose(np.concatenate(ends), y, rtol=1e-5, atol=1e-6)
    titles = [axes.get_title(loc="left") for axes in plot_gates(model, x).axes if axes.axison]
    assert titles[-2:] == ["state h, forward", "state h, backward"]
    assert len(titles) == 10


@pytest.mark.parametrize(
    ("name", "x", "layer", "message"),
    [
        ("sequence", np.zeros((1, 9, 3)), None, "'{}' has no LSTM or GRU, so there are no gates to show"),
        (
            "sequence",
            np.zeros((1, 9, 3)),
            "rnn",
            "layer 'rnn' (SimpleRNN) is no LSTM or GRU: it has no gates",
        ),
        ("text", ["enak"], "table", "layer 'table' (Embedding) is no LSTM or GRU: it has no gates"),
    ],
    ids=["no gates at all", "a SimpleRNN", "an Embedding"],
)
def test_no_gates(pairs: Pairs, name: str, x: Any, layer: str | None, message: str) -> None:
    model = pairs[name].maju
    with pytest.raises(InputError) as caught:
        gates(model, x, layer)
    assert str(caught.value) == message.format(model.name)


def test_no_states(pairs: Pairs) -> None:
    with pytest.raises(InputError) as caught:
        hidden_states(pairs["text"].maju, ["enak"], "classes")
    assert str(caught.value) == (
        "layer 'classes' (Dense) has no states: it gives shape (1, 3), not (batch, time, features)"
    )
