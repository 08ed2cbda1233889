from __future__ import annotations

from typing import Any

import keras
import pytest

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

STEPS = 32
#: One case of each class, for all options at once.
CLASSES = dict(reversed(CASES.values()))


def assert_same_steps(name: str, options: dict[str, Any]) -> None:
    theirs, optimizer = both(name, options)
    own = weights(1)
    variables = keras_variables(own)
    # Keras cannot divide rows by a factor, and its Adafactor breaks over rows that come twice.
    rows = "loss_scale_factor" not in options and name != "Adafactor"
    for step in range(STEPS):
        given = gradients(step, rows=rows)
        keras_step(theirs, given, variables)
        optimizer.apply(given, own)
    assert_same_state(optimizer, own, theirs, variables)


@pytest.mark.parametrize("case", CASES)
def test_weights_and_state_are_those_of_keras(case: str) -> None:
    assert_same_steps(*CASES[case])


@pytest.mark.parametrize("option", [option for option in OPTIONS if option != "all"])
def test_options_are_those_of_keras(option: str) -> None:
    assert_same_steps("Adam", {"learning_rate": 0.01, **OPTIONS[option]})


@pytest.mark.slow
@pytest.mark.parametrize("name", CLASSES)
def test_all_options_with_every_optimizer(name: str) -> None:
    assert_same_steps(name, {**CLASSES[name], **OPTIONS["all"]})


def test_schedule_sets_the_learning_rate() -> None:
    rate = keras.optimizers.schedules.CosineDecay(0.0, 20, alpha=0.1, warmup_target=0.05, warmup_steps=7)
    assert_same_steps("Nadam", {"learning_rate": rate, "weight_decay": 0.1, "gradient_accumulation_steps": 2})


@pytest.mark.parametrize("patterns", [["bias"], ["dense", "emb.*s"]], ids=["one", "two"])
def test_weights_kept_from_decay(patterns: list[str]) -> None:
    theirs, optimizer = both("SGD", {"weight_decay": 0.5})
    own = weights(2)
    variables = keras_variables(own)
    for each, listed in [(theirs, variables["conv/kernel"]), (optimizer, own["conv/kernel"])]:
        each.exclude_from_weight_decay(var_list=[listed], var_names=patterns)
    for step in range(6):
        keras_step(theirs, gradients(step), variables)
        optimizer.apply(gradients(step), own)
    assert_same_state(optimizer, own, theirs, variables)


def test_averages_written_at_the_end() -> None:
    theirs, optimizer = both("SGD", {"use_ema": True, "ema_momentum": 0.6})
    own = weights(3)
    variables = keras_variables(own)
    for step in range(5):
        keras_step(theirs, gradients(step), variables)
        optimizer.apply(gradients(step), own)
    theirs.finalize_variable_values(list(variables.values()))
    optimizer.finalize(own)
    assert_same_state(optimizer, own, theirs, variables)


def test_learning_rate_set_between_steps() -> None:
    theirs, optimizer = both("Adam", {})
    own = weights(4)
    variables = keras_variables(own)
    for step, rate in enumerate([0.1, 0.003, 0.7]):
        theirs.learning_rate = optimizer.learning_rate = rate
        keras_step(theirs, gradients(step), variables)
        optimizer.apply(gradients(step), own)
    assert_same_state(optimizer, own, theirs, variables)
    assert optimizer.learning_rate == float(theirs.learning_rate)
