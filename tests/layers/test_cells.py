"""One time step, computed once more here with plain numbers, one unit after another."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from maju.layers import GRUCell, GRULayer, LSTMCell, LSTMLayer, SimpleRNNCell, SimpleRNNLayer
from maju.layers.base import Array
from maju.layers.cell import Cell

INPUTS, UNITS = 3, 2


def values(*shape: int) -> Array:
    return np.random.default_rng(sum(shape)).normal(0.1, 0.8, shape)


X, H, C = values(4, INPUTS), values(4, UNITS), values(4, UNITS) + 0.3


def cell(kind: type[Cell], dtype: type = np.float64, use_bias: bool = True, **settings: Any) -> Any:
    width = kind.gates * UNITS
    bias_shape = (2, width) if kind is GRUCell and settings.get("reset_after", True) else (width,)
    bias: Array | None = values(*bias_shape).astype(dtype) if use_bias else None
    return kind(values(INPUTS, width).astype(dtype), values(UNITS, width).astype(dtype), bias, **settings)


def dot(row: Array, matrix: Array, unit: int) -> float:
    return sum(float(row[place]) * float(matrix[place, unit]) for place in range(len(row)))


def sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z))


@pytest.mark.parametrize("use_bias", [True, False], ids=["bias", "no bias"])
def test_simple_rnn_is_the_formula(use_bias: bool) -> None:
    rnn = cell(SimpleRNNCell, use_bias=use_bias)
    bias = rnn.bias if use_bias else np.zeros(UNITS)
    expected = [
        [math.tanh(dot(x, rnn.Wxh, u) + dot(h, rnn.Whh, u) + bias[u]) for u in range(UNITS)]
        for x, h in zip(X, H, strict=True)
    ]
    np.testing.assert_allclose(rnn.forward(X, H), expected, rtol=1e-12)


@pytest.mark.parametrize("use_bias", [True, False], ids=["bias", "no bias"])
def test_lstm_is_the_formula(use_bias: bool) -> None:
    lstm = cell(LSTMCell, use_bias=use_bias)
    h_after, c_after = lstm.forward(X, H, C)
    for row, (x, h, c) in enumerate(zip(X, H, C, strict=True)):
        for u in range(UNITS):
            i = sigmoid(dot(x, lstm.Wi, u) + dot(h, lstm.Ui, u) + lstm.bi[u])
            f = sigmoid(dot(x, lstm.Wf, u) + dot(h, lstm.Uf, u) + lstm.bf[u])
            candidate = math.tanh(dot(x, lstm.Wc, u) + dot(h, lstm.Uc, u) + lstm.bc[u])
            o = sigmoid(dot(x, lstm.Wo, u) + dot(h, lstm.Uo, u) + lstm.bo[u])
            memory = f * c[u] + i * candidate
            assert c_after[row, u] == pytest.approx(memory, rel=1e-12)
            assert h_after[row, u] == pytest.approx(o * math.tanh(memory), rel=1e-12)


@pytest.mark.parametrize("reset_after", [True, False], ids=["reset after", "reset before"])
@pytest.mark.parametrize("use_bias", [True, False], ids=["bias", "no bias"])
def test_gru_is_the_formula(use_bias: bool, reset_after: bool) -> None:
    gru = cell(GRUCell, use_bias=use_bias, reset_after=reset_after)
    both = np.zeros((2, 3 * UNITS))
    if use_bias:
        both[: 2 if reset_after else 1] = gru.bias
    (bz, br, bh), (bz2, br2, bh2) = (np.split(row, 3) for row in both)
    h_after = gru.forward(X, H)
    for row, (x, h) in enumerate(zip(X, H, strict=True)):
        r = [sigmoid(dot(x, gru.Wr, u) + br[u] + dot(h, gru.Ur, u) + br2[u]) for u in range(UNITS)]
        for u in range(UNITS):
            z = sigmoid(dot(x, gru.Wz, u) + bz[u] + dot(h, gru.Uz, u) + bz2[u])
            if reset_after:
                of_state = r[u] * (dot(h, gru.Uh, u) + bh2[u])
            else:
                of_state = dot(np.asarray(r) * h, gru.Uh, u)
            candidate = math.tanh(dot(x, gru.Wh, u) + bh[u] + of_state)
            assert h_after[row, u] == pytest.approx(z * h[u] + (1 - z) * candidate, rel=1e-12)


@pytest.mark.parametrize(
    ("layer_class", "kind"),
    [(SimpleRNNLayer, SimpleRNNCell), (LSTMLayer, LSTMCell), (GRULayer, GRUCell)],
    ids=["SimpleRNN", "LSTM", "GRU"],
)
@pytest.mark.parametrize("go_backwards", [False, True], ids=["forwards", "backwards"])
def test_a_layer_is_its_cell_step_by_step(layer_class: Any, kind: type[Cell], go_backwards: bool) -> None:
    one = cell(kind)
    layer = layer_class(
        one.kernel, one.recurrent_kernel, one.bias, return_sequences=True, go_backwards=go_backwards
    )
    x = values(4, 6, INPUTS)
    states = one.zero_states(4)
    outputs = []
    for t in reversed(range(6)) if go_backwards else range(6):
        after = one(x[:, t], *states)
        states = after if isinstance(after, tuple) else (after,)
        outputs.append(states[0])
    np.testing.assert_array_equal(layer.forward(x), np.stack(outputs, axis=1))
    layer.return_sequences = False
    np.testing.assert_array_equal(layer.forward(x), outputs[-1])


# The names that the project promised


GATES = {
    SimpleRNNCell: {"kernel": ["Wxh"], "recurrent_kernel": ["Whh"]},
    LSTMCell: {
        "kernel": ["Wi", "Wf", "Wc", "Wo"],
        "recurrent_kernel": ["Ui", "Uf", "Uc", "Uo"],
        "bias": ["bi", "bf", "bc", "bo"],
    },
    GRUCell: {"kernel": ["Wz", "Wr", "Wh"], "recurrent_kernel": ["Uz", "Ur", "Uh"]},
}
NAMES = [
    pytest.param(kind, whole, place, name, id=f"{kind.__name__}.{name}")
    for kind, arrays in GATES.items()
    for whole, names in arrays.items()
    for place, name in enumerate(names)
]


@pytest.mark.parametrize(("kind", "whole", "place", "name"), NAMES)
def test_each_gate_has_its_part_of_the_array_of_keras(
    kind: type[Cell], whole: str, place: int, name: str
) -> None:
    one = cell(kind)
    array = getattr(one, whole)
    gate = getattr(one, name)
    np.testing.assert_array_equal(gate, array[..., place * UNITS : (place + 1) * UNITS])
    assert np.shares_memory(gate, array)


@pytest.mark.parametrize(("kind", "whole", "place", "name"), NAMES)
def test_writing_into_a_gate_changes_what_the_cell_computes(
    kind: type[Cell], whole: str, place: int, name: str
) -> None:
    one = cell(kind)
    states = (H, C)[: kind.state_count]
    before, array = one.step(X, states), getattr(one, whole)
    getattr(one, name)[...] += 0.5
    assert max(np.abs(new - old).max() for new, old in zip(one.step(X, states), before, strict=True)) > 1e-3
    setattr(one, name, np.full_like(getattr(one, name), 0.25))
    assert getattr(one, whole) is array, "assigning copies into the array and keeps it"
    assert (array[..., place * UNITS : (place + 1) * UNITS] == 0.25).all()
    others = np.delete(array, np.s_[place * UNITS : (place + 1) * UNITS], axis=-1)
    assert not (others == 0.25).any()


def test_the_bias_of_a_simple_rnn_is_an_array_of_its_own() -> None:
    one = cell(SimpleRNNCell)
    one.bias[...] = 0
    np.testing.assert_array_equal(one.forward(X, H), np.tanh(X @ one.Wxh + H @ one.Whh))


@pytest.mark.parametrize("name", ["bi", "bf", "bc", "bo"])
def test_without_biases_the_gates_show_zeros_and_refuse_others(name: str) -> None:
    one = LSTMCell(values(3, 8), values(2, 8), name="memory")
    np.testing.assert_array_equal(getattr(one, name), [0, 0])
    with pytest.raises(
        AttributeError, match="the cell 'memory' has no bias: it was made with use_bias=False"
    ):
        setattr(one, name, np.ones(2))


def test_a_cell_tells_its_size() -> None:
    one = cell(LSTMCell)
    assert (one.units, one.use_bias, one.count_params()) == (2, True, 3 * 8 + 2 * 8 + 8)
    assert list(one.weights) == ["kernel", "recurrent_kernel", "bias"]


def test_a_cell_can_be_built_from_a_config() -> None:
    one = cell(GRUCell, reset_after=False)
    again = GRUCell.from_config(one.get_config(), one.weights)
    np.testing.assert_array_equal(again.forward(X, H), one.forward(X, H))


# No input overflows


EXTREME = [0.0, -0.0, 1e-30, -1e-30, 1e-300, 19.9, 20.1, 59.9, 60.1, 88.8, 710.0, 1e30, -1e30, 1e300, -1e300]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["sigmoid", "tanh"])
def test_the_cell_s_functions_never_overflow_or_warn(name: str, dtype: type) -> None:
    largest = float(np.finfo(dtype).max)
    numbers = [z for z in EXTREME if abs(z) <= largest and (z == 0 or abs(z) >= np.finfo(dtype).tiny)]
    z: Array = np.array([*numbers, largest, -largest, np.inf, -np.inf], dtype)
    with np.errstate(all="raise"):
        y = getattr(LSTMCell, name)(z)
    exact = [(1 + math.tanh(float(v) / 2)) / 2 if name == "sigmoid" else math.tanh(float(v)) for v in z]
    assert y.dtype == dtype
    assert y.shape == z.shape
    np.testing.assert_allclose(y, exact, rtol=0, atol=float(np.finfo(dtype).eps))


@pytest.mark.parametrize("name", ["sigmoid", "tanh"])
def test_the_cell_s_functions_take_whole_numbers_and_keep_nan(name: str) -> None:
    function = getattr(LSTMCell, name)
    with np.errstate(all="raise"):
        y = function(np.array([-1000, 0, 1000]))
    np.testing.assert_allclose(y, [-1, 0, 1] if name == "tanh" else [0, 0.5, 1], rtol=0, atol=1e-15)
    assert np.isnan(function(np.array([np.nan]))).all()


@pytest.mark.parametrize("scale", [1e3, 1e18], ids=["1e3", "1e18"])
@pytest.mark.parametrize("kind", [SimpleRNNCell, LSTMCell, GRUCell])
def test_a_step_on_large_inputs_neither_overflows_nor_warns(kind: type[Cell], scale: float) -> None:
    one = cell(kind, np.float32)
    states = tuple(state.astype(np.float32) for state in (H, C)[: kind.state_count])
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        after = one.step((scale * X).astype(np.float32), states)
    for state in after:
        assert np.isfinite(state).all()
        assert np.abs(state).max() < 3
