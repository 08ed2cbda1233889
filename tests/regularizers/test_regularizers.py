from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from gradients.check import slope
from maju import regularizers
from maju.errors import InputError

CASES: list[tuple[str, dict[str, Any]]] = [
    ("L1", {}),
    ("L1", {"l1": 0.3}),
    ("L2", {"l2": 0.07}),
    ("L1L2", {}),
    ("L1L2", {"l1": 0.02, "l2": 0.3}),
    ("OrthogonalRegularizer", {"factor": 0.6}),
    ("OrthogonalRegularizer", {"factor": 0.6, "mode": "columns"}),
]


@pytest.mark.parametrize(("name", "arguments"), CASES, ids=str)
def test_penalty_and_gradient(name: str, arguments: dict[str, Any]) -> None:
    ours, theirs = getattr(regularizers, name)(**arguments), getattr(keras.regularizers, name)(**arguments)
    w = np.random.default_rng(3).normal(size=(4, 3)).astype(np.float32)
    w[1, 2] = 0
    tensor = tf.constant(w)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        penalty = theirs(tensor)
    gradient = tape.gradient(penalty, tensor)
    np.testing.assert_allclose(ours(w), penalty, rtol=2e-6)
    assert ours.gradient(w).dtype == np.float32
    # Keras gives none of a penalty that is always 0.
    np.testing.assert_allclose(ours.gradient(w), 0 if gradient is None else gradient, rtol=1e-5, atol=1e-7)
    w64 = np.random.default_rng(5).normal(size=(4, 3))
    np.testing.assert_allclose(ours.gradient(w64), slope(lambda: ours(w64), w64), rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize(("name", "arguments"), CASES, ids=str)
def test_configs_are_those_of_keras(name: str, arguments: dict[str, Any]) -> None:
    theirs = keras.regularizers.serialize(getattr(keras.regularizers, name)(**arguments))
    ours = regularizers.serialize(getattr(regularizers, name)(**arguments))
    if "factor" in ours["config"]:  # which Keras rounds to float32
        ours["config"]["factor"] = float(np.float32(ours["config"]["factor"]))
    ours["config"] |= {"l1": float(np.float32(ours["config"]["l1"]))} if name == "L1" else {}
    assert ours == theirs
    assert type(regularizers.get(theirs)) is getattr(regularizers, name)
    of_keras2 = {"class_name": name, "config": theirs["config"]}
    assert repr(regularizers.get(of_keras2)) == repr(regularizers.get(theirs))


@given(st.lists(st.integers(1, 4), max_size=4), st.floats(0, 10), st.floats(0, 10))
def test_sums_of_penalties(shape: list[int], l1: float, l2: float) -> None:
    w = np.random.default_rng(len(shape)).normal(size=shape)
    both = regularizers.L1L2(l1, l2)
    assert both(w) == pytest.approx(regularizers.L1(l1)(w) + regularizers.L2(l2)(w))
    np.testing.assert_allclose(
        both.gradient(w), regularizers.L1(l1).gradient(w) + regularizers.L2(l2).gradient(w)
    )
    assert both.gradient(w).shape == w.shape


def test_a_row_of_zeros_has_no_nan() -> None:
    w = np.array([[0.0, 0, 0], [1, 2, 3]])
    rule = regularizers.OrthogonalRegularizer()
    assert rule(w) == 0
    assert np.isfinite(rule.gradient(w)).all()


def test_names() -> None:
    for name in ("l1", "L2", "l1_l2", "l1l2", "L1L2", "orthogonal_regularizer"):
        assert isinstance(regularizers.get(name), regularizers.Regularizer)
    assert regularizers.get(None) is None
    assert regularizers.L1(None).l1 == 0.01
    assert regularizers.L1L2(None, None)(np.ones(3)) == 0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: regularizers.get("l3"), r"^no regularizer 'l3'; there are L1, L1L2, L2, Orthogonal"),
        (lambda: regularizers.get(abs), r"^expected a regularizer, its name or its config, got <built-in"),
        (lambda: regularizers.L2(-1), r"^L2: l2=-1; expected a finite number from 0 up$"),
        (lambda: regularizers.L1L2(float("nan")), r"^L1L2: l1=nan; expected a finite number from 0 up$"),
        (
            lambda: regularizers.OrthogonalRegularizer(mode="row"),
            r"mode='row'; expected 'rows' or 'columns'$",
        ),
        (
            lambda: regularizers.OrthogonalRegularizer()(np.ones(3)),
            r"expected two rows or more, got shape \(3,\)$",
        ),
    ],
    ids=["name", "function", "negative", "nan", "mode", "rank"],
)
def test_what_is_wrong_is_refused(make: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        make()
