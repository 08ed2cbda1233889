from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from maju import optimizers
from maju.errors import InputError
from maju.optimizers import SGD, Adam, Optimizer, RMSprop, RowGradient
from maju.optimizers.gradient import BLOCK
from maju.schedules import ExponentialDecay

#: For arguments that mypy refuses too.
m: Any = optimizers
NAMES = sorted(name for name in optimizers.__all__ if hasattr(getattr(optimizers, name), "update"))
NAMES.remove("Optimizer")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: m.SGD(-0.1), "SGD: learning_rate=-0.1; expected a number of 0 or more"),
        (lambda: m.SGD(float("nan")), "SGD: learning_rate=nan; expected a number of 0 or more"),
        (lambda: m.SGD("0.1"), "SGD: learning_rate='0.1'; expected"),
        (lambda: m.SGD(lambda: 0.1), "is a function; expected a number or a schedule"),
        (lambda: m.SGD(momentum=1.5), "SGD: momentum=1.5; expected a number from 0 to 1"),
        (lambda: m.SGD(nesterov=1), "SGD: nesterov=1; expected True or False"),
        (lambda: m.SGD(clipnorm=-1), "SGD: clipnorm=-1; expected a number of 0 or more"),
        (
            lambda: m.SGD(clipnorm=1, clipvalue=2),
            "SGD: clipnorm=1, clipvalue=2; only one of clipnorm, clipvalue and global_clipnorm can be set",
        ),
        (lambda: m.Adam(ema_momentum=1.01), "Adam: ema_momentum=1.01; expected a number from 0 to 1"),
        (
            lambda: m.Adam(ema_overwrite_frequency=0),
            "ema_overwrite_frequency=0; expected a whole number of 1",
        ),
        (
            lambda: m.Adam(ema_overwrite_frequency=1.5),
            "ema_overwrite_frequency=1.5; expected a whole number",
        ),
        (
            lambda: m.Adam(gradient_accumulation_steps=1),
            "gradient_accumulation_steps=1; expected a whole numb",
        ),
        (lambda: m.Adam(loss_scale_factor=0), "Adam: loss_scale_factor=0; expected a number above 0"),
        (lambda: m.Adam(epsilon=-1e-7), "Adam: epsilon=-1e-07; expected a number of 0 or more"),
        (lambda: m.Adam(beta_1=True), "Adam: beta_1=True; expected a number from 0 to 1"),
        (
            lambda: m.AdamW(weight_decay=None),
            "AdamW: weight_decay=None; expected a number of 0 or more, or else",
        ),
        (lambda: m.Lion(beta_1=0.0), "Lion: beta_1=0; expected a number above 0"),
        (lambda: m.Ftrl(learning_rate_power=0.5), "Ftrl: learning_rate_power=0.5; expected 0 or less"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_wrong_hyper_parameters(make: Callable[[], Optimizer], message: str) -> None:
    with pytest.raises(InputError, match=message):
        make()


def test_unknown_hyper_parameter_is_named() -> None:
    wrong: dict[str, Any] = {"lr": 0.1}
    with pytest.raises(TypeError, match="unexpected keyword argument 'lr'"):
        Adam(**wrong)


@pytest.mark.parametrize(
    ("given", "own", "message"),
    [
        ({"v": np.ones(2)}, {"w": np.ones(2)}, "SGD: a gradient of 'v', which is not among the weights w"),
        ({"w": np.ones(3)}, {"w": np.ones(2)}, r"the gradient of 'w' has shape \(3,\), expected \(2,\)"),
        ({"w": None}, {"w": np.ones(2)}, "SGD: there is no gradient for any of w"),
        ({}, {}, "SGD: there are no weights to train"),
        ({"w": np.ones(2)}, {"w": np.ones(2, int)}, "SGD: the weight 'w' is no array of floating-point"),
        (
            {"w": RowGradient(np.array([0, 4]), np.ones((2, 3)), (4, 3))},
            {"w": np.ones((4, 3))},
            "SGD: the gradient of 'w' has rows beyond its 4",
        ),
    ],
    ids=["unknown", "shape", "missing", "no weights", "whole numbers", "rows"],
)
def test_wrong_gradients_change_nothing(given: Any, own: Any, message: str) -> None:
    before = {path: weight.copy() for path, weight in own.items()}
    optimizer = SGD()
    with pytest.raises(InputError, match=message):
        optimizer.apply(given, own)
    assert optimizer.iterations == 0
    assert all((own[path] == before[path]).all() for path in own)


def test_state_belongs_to_its_weights() -> None:
    optimizer = SGD()
    optimizer.build({"a": np.ones(2), "b": np.ones(2)})
    with pytest.raises(InputError, match="it has a state for other weights; they differ in 'b', 'c'; make a"):
        optimizer.apply({"a": np.ones(2)}, {"a": np.ones(2), "c": np.ones(2)})


def test_learning_rate_of_a_schedule_cannot_be_set() -> None:
    optimizer = SGD(ExponentialDecay(0.5, 10, 0.5))
    with pytest.raises(
        InputError, match=r"SGD: its learning rate follows ExponentialDecay\(.* cannot be set"
    ):
        optimizer.learning_rate = 0.1
    optimizer.learning_rate = ExponentialDecay(0.25, 10, 0.5)
    assert optimizer.current_learning_rate == 0.25


def test_schedule_takes_the_place_of_a_number() -> None:
    optimizer = SGD(0.5)
    optimizer.learning_rate = ExponentialDecay(0.25, 10, 0.5)
    assert list(optimizer.variables) == ["sgd/iteration"]


def test_loss_is_scaled() -> None:
    assert SGD(loss_scale_factor=8).scale_loss(3.0) == 24
    assert SGD().scale_loss(3.0) == 3


@pytest.mark.parametrize("name", NAMES)
def test_weights_in_any_layout_and_type_change_in_place(name: str) -> None:
    rng = np.random.default_rng(8)
    start = rng.normal(size=(5, 7))
    steps = rng.normal(size=(3, 5, 7))
    layouts = [start.copy(), np.asfortranarray(start), np.repeat(start, 2, axis=1)[:, ::2]]
    for weight in layouts:
        optimizer = optimizers.get(name)
        for gradient in steps:
            optimizer.apply({"w": np.asfortranarray(gradient)}, {"w": weight})
        assert weight.dtype == np.float64
        assert not np.allclose(weight, start, rtol=0, atol=1e-9)
        np.testing.assert_allclose(weight, layouts[0], rtol=1e-12)


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"Lamb", "Adafactor"}))
def test_large_weights_are_as_their_parts(name: str) -> None:
    rng = np.random.default_rng(9)
    whole = rng.normal(size=(2 * BLOCK + 5)).astype(np.float32)
    part = whole[BLOCK - 3 : BLOCK + 4].copy()
    one, other = optimizers.get(name), optimizers.get(name)
    for _ in range(3):
        gradient = rng.normal(size=whole.shape).astype(np.float32)
        one.apply({"w": gradient}, {"w": whole})
        other.apply({"w": gradient[BLOCK - 3 : BLOCK + 4]}, {"w": part})
    np.testing.assert_allclose(whole[BLOCK - 3 : BLOCK + 4], part, rtol=1e-6)


@pytest.mark.parametrize("options", [{}, {"clipnorm": 0.1}, {"gradient_accumulation_steps": 2}], ids=str)
def test_gradients_are_left_as_they_are(options: dict[str, Any]) -> None:
    gradient = np.arange(6, dtype=np.float32).reshape(2, 3)
    rows = RowGradient(np.array([1, 1]), gradient.copy(), (4, 3))
    own = {"a": np.ones((2, 3), np.float32), "b": np.ones((4, 3), np.float32)}
    optimizer = RMSprop(**options)
    for _ in range(4):
        optimizer.apply({"a": gradient, "b": rows}, own)
    assert (gradient.ravel() == np.arange(6)).all()
    assert (rows.values.ravel() == np.arange(6)).all()


def test_infinite_gradients_raise_no_warning() -> None:
    own = {"w": np.ones(3, np.float32)}
    Adam(global_clipnorm=1.0).apply({"w": np.array([1, np.inf, np.nan])}, own)
    assert np.isnan(own["w"]).all()
