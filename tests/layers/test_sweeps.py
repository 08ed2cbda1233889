"""A whole sequence at once comes to what its steps come to, one by one."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from maju.layers import sweep
from maju.layers.base import Array
from maju.layers.gru import GRULayer
from maju.layers.lstm import LSTMLayer
from maju.layers.simple_rnn import SimpleRNNLayer

KINDS: dict[str, tuple[Any, int]] = {
    "SimpleRNN": (SimpleRNNLayer, 1),
    "GRU": (GRULayer, 3),
    "LSTM": (LSTMLayer, 4),
}
FLAGS = ("return_sequences", "return_state", "go_backwards", "zero_output_for_mask")


def leaves(value: Any) -> list[Array]:
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize("least", [1, 1 << 40], ids=["halves", "whole"])
@pytest.mark.parametrize("start", ["zeros", "given"])
@pytest.mark.parametrize("masked", [False, True], ids=["all", "masked"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_sweep_is_its_steps(
    kind: str, masked: bool, start: str, least: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "LEAST_OF_HALF", least)
    rng = np.random.default_rng(3)
    make, gates = KINDS[kind]
    for *flags, biased in product((False, True), repeat=len(FLAGS) + 1):
        bias = rng.normal(size=(2, 9) if kind == "GRU" else gates * 3) if biased else None
        weights = (rng.normal(size=(4, gates * 3)), rng.normal(size=(3, gates * 3)), bias)
        layer = make(*weights, **dict(zip(FLAGS, flags, strict=True)))
        assert layer.cell.sweep is not None
        x, mask = rng.normal(size=(5, 6, 4)), rng.random((5, 6)) < 0.5 if masked else None
        if mask is not None:
            mask[0] = False
        states = [rng.normal(size=(5, 3)) for _ in range(layer.cell.state_count)]
        first = states if start == "given" else None
        y, backward = layer.vjp(x, mask=mask, initial_state=first)
        with monkeypatch.context() as patch:
            patch.setattr(type(layer.cell), "sweep", None)
            y_steps, backward_steps = layer.vjp(x, mask=mask, initial_state=first)
        dys = [rng.normal(size=part.shape) for part in leaves(y)]
        dy = dys if isinstance(y, list) else dys[0]
        (dx, found), (dx_steps, expected) = backward(dy), backward_steps(dy)
        assert found.keys() == expected.keys()
        for here, there in [
            *zip(leaves(y), leaves(y_steps), strict=True),
            *zip(leaves(dx), leaves(dx_steps), strict=True),
            *((found[name], expected[name]) for name in expected),
        ]:
            np.testing.assert_allclose(here, there, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("make", "config"),
    [
        (SimpleRNNLayer, {"activation": "relu"}),
        (LSTMLayer, {"recurrent_activation": "hard_sigmoid"}),
        (GRULayer, {"reset_after": False}),
    ],
    ids=["relu", "hard-sigmoid", "reset-before"],
)
def test_what_has_no_sweep_goes_step_by_step(make: Any, config: dict[str, Any]) -> None:
    gates = make.cell_class.gates
    assert make(np.ones((4, gates * 3)), np.ones((3, gates * 3)), **config).cell.sweep is None
