from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from maju.errors import InputError
from maju.optimizers import SGD, Adam
from optimizers.beside_keras import (
    CASES,
    OPTIONS,
    assert_same_state,
    both,
    gradients,
    keras_step,
    keras_variables,
    weights,
)

STATES: dict[str, tuple[str, dict[str, Any]]] = {
    "SGD momentum": CASES["SGD momentum"],
    "Adam amsgrad, all": ("Adam", {**CASES["Adam amsgrad"][1], **OPTIONS["all"]}),
    "RMSprop both": CASES["RMSprop both"],
    "Nadam": CASES["Nadam"],
    "Ftrl": CASES["Ftrl"],
    "Adafactor": CASES["Adafactor"],
}


@pytest.mark.parametrize("case", STATES)
def test_goes_on_where_keras_stopped_and_back(case: str) -> None:
    name, options = STATES[case]
    rows = name != "Adafactor"
    theirs, optimizer = both(name, options)
    variables = keras_variables(weights(5))
    for step in range(5):
        keras_step(theirs, gradients(step, rows=rows), variables)
    stored: dict[str, Any] = {}
    theirs.save_own_variables(stored)

    own = {path: variable.numpy().copy() for path, variable in variables.items()}
    optimizer.build(own)
    optimizer.load_variables([stored[str(i)] for i in range(len(stored))])
    for step in range(5, 10):
        optimizer.apply(gradients(step, rows=rows), own)
        keras_step(theirs, gradients(step, rows=rows), variables)
    assert_same_state(optimizer, own, theirs, variables)

    again, _ = both(name, {**options, "learning_rate": 0.5})  # the state holds the learning rate too
    variables = keras_variables(own)
    again.build(list(variables.values()))
    again.load_own_variables({str(i): array for i, array in enumerate(optimizer.variables.values())})
    for step in range(10, 15):
        optimizer.apply(gradients(step, rows=rows), own)
        keras_step(again, gradients(step, rows=rows), variables)
    assert_same_state(optimizer, own, again, variables)


@pytest.mark.parametrize("case", [case for case in CASES if "Adafactor" not in case])
def test_variables_are_named_as_in_keras(case: str) -> None:
    name, options = CASES[case]
    theirs, optimizer = both(name, {**options, **OPTIONS["all"]})
    own = weights(6)
    variables = keras_variables(own)
    gradient = gradients(0)
    keras_step(theirs, gradient, variables)
    optimizer.apply(gradient, own)
    named = list(optimizer.variables)
    if name == "Nadam":  # Keras counts the variables without a name of their own
        assert theirs.variables[-1].path.startswith(named.pop())
    assert named == [variable.path for variable in theirs.variables][: len(named)]


def test_names_that_would_be_one_are_told_apart() -> None:
    own = {"a/b": np.ones(2, np.float32), "a_b": np.ones(3, np.float32)}
    optimizer = SGD(momentum=0.5)
    optimizer.build(own)
    assert list(optimizer.variables)[2:] == ["sgd/a_b_momentum", "sgd/a_b_momentum_1"]


def test_variables_are_the_arrays_themselves() -> None:
    own = {"w": np.ones(2, np.float32)}
    optimizer = Adam()
    optimizer.build(own)
    momentum = optimizer.variables["adam/w_momentum"]
    optimizer.apply({"w": np.ones(2)}, own)
    assert momentum is optimizer.variables["adam/w_momentum"]
    assert momentum.all()


def test_state_that_does_not_fit() -> None:
    own = {"w": np.ones(2, np.float32)}
    optimizer = Adam()
    with pytest.raises(InputError, match="Adam: it must be built before a state is restored"):
        optimizer.load_variables([])
    optimizer.build(own)
    with pytest.raises(InputError, match="Adam: expected a state of 4 arrays, got 3"):
        optimizer.load_variables([0, 0.1, np.ones(2)])
    with pytest.raises(
        InputError, match=r"Adam: the variable 'adam/w_velocity' has shape \(2,\), got \(3,\)"
    ):
        optimizer.load_variables([7, 0.1, np.ones(2), np.ones(3)])
    assert optimizer.iterations == 0, "half of a state was loaded"
    optimizer.load_variables([7, 0.25, np.ones(2), np.ones(2)])
    assert (optimizer.iterations, optimizer.learning_rate) == (7, 0.25)
