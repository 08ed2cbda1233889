"""The way back through time: with states in and out, any cell, both ways, convolutions, and step by step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gradients.check import TOLERANCE, Case, check, make, slope

STEPS = (3, 4, 2)
MASK = np.array([[1, 1, 0, 1], [0, 0, 1, 1], [0, 0, 0, 0]], bool)
BOTH = {"return_state": True, "return_sequences": True}
LAST = {"return_state": True}


def cell(kind: str, units: int, **config: Any) -> dict[str, Any]:
    return {"class_name": kind, "config": {"name": kind, "units": units, **config}}


def stack(*cells: dict[str, Any]) -> dict[str, Any]:
    return {"class_name": "StackedRNNCells", "config": {"name": "stack", "cells": list(cells)}}


THREE = stack(cell("GRUCell", 3), cell("LSTMCell", 2), cell("SimpleRNNCell", 3, activation="softsign"))
LSTM = {"class_name": "LSTM", "config": {"name": "ahead", "units": 2}}
GRU = {"class_name": "GRU", "config": {"name": "back", "units": 2, "go_backwards": True}}


def halves(*layers: dict[str, Any], **flags: Any) -> dict[str, Any]:
    keys = ("layer", "backward_layer")
    return {
        key: {**one, "config": {**one["config"], **flags}} for key, one in zip(keys, layers, strict=False)
    }


def conv(**config: Any) -> dict[str, Any]:
    return {"filters": 2, "kernel_size": 2, **config}


CASES: dict[str, Case] = {
    "simple-rnn-state": ("SimpleRNN", {"units": 3, **LAST}, [STEPS], MASK),
    "simple-rnn-from-state": ("SimpleRNN", {"units": 3}, [STEPS, (3, 3)], MASK),
    "lstm-states": ("LSTM", {"units": 3, **BOTH}, [STEPS], MASK),
    "lstm-from-states": ("LSTM", {"units": 3, **BOTH}, [STEPS, (3, 3), (3, 3)], None),
    "lstm-from-states-masked": (
        "LSTM",
        {"units": 3, "go_backwards": True, **LAST},
        [STEPS, (3, 3), (3, 3)],
        MASK,
    ),
    "gru-from-state": (
        "GRU",
        {"units": 3, "zero_output_for_mask": True, **BOTH},
        [STEPS, (3, 3)],
        MASK,
    ),
    "rnn-of-gru": ("RNN", {"cell": cell("GRUCell", 3, reset_after=False)}, [STEPS], MASK),
    "rnn-of-a-stack": ("RNN", {"cell": THREE}, [STEPS], MASK),
    "rnn-of-a-stack-from-states": (
        "RNN",
        {"cell": THREE, **BOTH},
        [STEPS, (3, 3), (3, 2), (3, 2), (3, 3)],
        MASK,
    ),
    "simple-rnn-cell": ("SimpleRNNCell", {"units": 2}, [(3, 4), (3, 2)], None),
    "lstm-cell": ("LSTMCell", {"units": 2}, [(3, 4), (3, 2), (3, 2)], None),
    "gru-cell": ("GRUCell", {"units": 2}, [(3, 4), (3, 2)], None),
    "stack-in-a-stack": (
        "StackedRNNCells",
        {"cells": [stack(cell("GRUCell", 2), cell("LSTMCell", 3)), cell("SimpleRNNCell", 2)]},
        [(3, 4), (3, 2), (3, 3), (3, 3), (3, 2)],
        None,
    ),
    "bidirectional-states": ("Bidirectional", halves(LSTM, **BOTH), [STEPS], MASK),
    "bidirectional-from-states": (
        "Bidirectional",
        {**halves(LSTM, GRU, **BOTH), "merge_mode": "mul"},
        [STEPS, (3, 2), (3, 2), (3, 2)],
        MASK,
    ),
    "bidirectional-both-outputs-and-states": (
        "Bidirectional",
        {**halves(GRU, LSTM, **LAST), "merge_mode": None},
        [STEPS, (3, 2), (3, 2), (3, 2)],
        None,
    ),
    "bidirectional-rnn": (
        "Bidirectional",
        {"layer": {"class_name": "RNN", "config": {"name": "ahead", "cell": THREE}}, "merge_mode": "ave"},
        [STEPS],
        MASK,
    ),
    "conv-lstm-1d": ("ConvLSTM1D", conv(strides=2, **BOTH), [(3, 4, 5, 2)], MASK),
    "conv-lstm-2d-from-states": (
        "ConvLSTM2D",
        conv(padding="same", recurrent_activation="softsign", use_bias=False, **LAST),
        [(2, 2, 3, 2, 1), (2, 3, 2, 2), (2, 3, 2, 2)],
        None,
    ),
    "conv-lstm-2d-dilation-channels-first": (
        "ConvLSTM2D",
        conv(dilation_rate=(2, 1), data_format="channels_first", return_sequences=True),
        [(2, 2, 1, 4, 3)],
        np.array([[1, 0], [1, 1]], bool),
    ),
    "conv-lstm-3d": ("ConvLSTM3D", conv(kernel_size=(1, 2, 1)), [(1, 2, 2, 3, 2, 1)], None),
    "time-distributed-dense": (
        "TimeDistributed",
        {"layer": {"class_name": "Dense", "config": {"name": "d", "units": 3, "activation": "tanh"}}},
        [STEPS],
        MASK,
    ),
    "time-distributed-conv": (
        "TimeDistributed",
        {"layer": {"class_name": "Conv1D", "config": {"name": "c", "filters": 2, "kernel_size": 2}}},
        [(2, 3, 4, 2)],
        None,
    ),
    "time-distributed-batch-normalization": (
        "TimeDistributed",
        {"layer": {"class_name": "BatchNormalization", "config": {"name": "b", "epsilon": 0.1}}},
        [STEPS],
        None,
    ),
    "time-distributed-lstm": ("TimeDistributed", {"layer": LSTM}, [(2, 2, 3, 2)], None),
}


@pytest.mark.parametrize("training", [False, True], ids=["inference", "training"])
@pytest.mark.parametrize("case", CASES)
def test_against_central_differences(case: str, training: bool) -> None:
    check(case, CASES[case], training)


DROPOUT: dict[str, tuple[str, dict[str, Any], tuple[int, ...]]] = {
    "SimpleRNN": ("SimpleRNN", {"units": 3}, STEPS),
    "LSTM": ("LSTM", {"units": 3}, STEPS),
    "GRU": ("GRU", {"units": 3}, STEPS),
    "LSTM by gate": ("LSTM", {"units": 3, "recurrent_dropout": 0.4}, STEPS),
    "GRU by gate": ("GRU", {"units": 3, "recurrent_dropout": 0.4}, STEPS),
    "GRU by gate, reset before": (
        "GRU",
        {"units": 3, "recurrent_dropout": 0.4, "reset_after": False},
        STEPS,
    ),
    "ConvLSTM1D": ("ConvLSTM1D", {**conv(), "recurrent_dropout": 0.3}, (3, 3, 4, 2)),
}


@pytest.mark.parametrize("name", DROPOUT)
def test_dropout_sends_back_what_it_let_through(name: str) -> None:
    kind, config, shape = DROPOUT[name]
    layer: Any
    layer, (x,), _ = make(kind, (kind, {"dropout": 0.5, "return_sequences": True, **config}, [shape], None))
    layer.cell.rng = np.random.default_rng(1)
    y, backward = layer.vjp(x)
    dx, gradients = backward(np.ones_like(y))

    def loss() -> float:
        layer.cell.rng = np.random.default_rng(1)
        return float(layer.forward(x, training=True).sum())

    for found, array in [(dx, x), *((gradients[name], weight) for name, weight in layer.weights.items())]:
        assert np.abs(found - slope(loss, array)).max() <= TOLERANCE * max(1, np.abs(found).max())
    assert (np.abs(dx).max(axis=1) == 0).any() or layer.cell.drops_by_gate != "never"


def test_no_gradient_goes_back_to_the_batch_before() -> None:
    layer: Any
    layer, (x,), _ = make("kept", ("GRU", {"units": 3, "stateful": True}, [STEPS], None))
    layer.forward(x)
    kept = layer.states
    y, backward = layer.vjp(x)
    dx, _ = backward(np.ones_like(y))

    def loss() -> float:
        layer.states = kept
        return float(layer.forward(x).sum())

    assert np.abs(dx - slope(loss, x)).max() <= TOLERANCE
    assert np.abs(layer.states[0] - kept[0]).max() > 1e-3
