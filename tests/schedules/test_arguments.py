from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from maju import schedules
from maju.errors import InputError
from maju.schedules import CosineDecay, ExponentialDecay, LearningRateSchedule

#: For arguments that mypy refuses too.
m: Any = schedules


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: m.ExponentialDecay(0.1, 0, 0.5),
            "ExponentialDecay: decay_steps=0; expected a number above 0",
        ),
        (
            lambda: m.InverseTimeDecay(0.1, -1, 0.5),
            "InverseTimeDecay: decay_steps=-1; expected a number above",
        ),
        (
            lambda: m.PolynomialDecay(0.1, "9"),
            "PolynomialDecay: decay_steps='9'; expected a number above 0",
        ),
        (
            lambda: m.CosineDecay(None, 9),
            "CosineDecay: initial_learning_rate=None; expected a finite number",
        ),
        (
            lambda: m.CosineDecay(0.1, 9, warmup_target=0.2, warmup_steps=-1),
            "warmup_steps=-1; expected a number",
        ),
        (
            lambda: m.CosineDecayRestarts(0.1, 0),
            "CosineDecayRestarts: first_decay_steps=0; expected a number",
        ),
        (lambda: m.CosineDecayRestarts(0.1, 9, t_mul=0.5), "t_mul=0.5; expected a number of 1 or more"),
        (
            lambda: m.ExponentialDecay(0.1, 9, 0.5, 1),
            "ExponentialDecay: staircase=1; expected True or False",
        ),
        (
            lambda: m.PiecewiseConstantDecay([1, 2], [0.1, 0.2]),
            "expected one more of values than of boundaries,",
        ),
        (
            lambda: m.PiecewiseConstantDecay([3, 2], [1, 2, 3]),
            r"boundaries=\[3, 2\]; expected rising numbers",
        ),
        (lambda: m.PiecewiseConstantDecay(3, [1, 2]), "boundaries=3; expected a list of numbers"),
        (
            lambda: m.PiecewiseConstantDecay([3], [1, "2"]),
            "PiecewiseConstantDecay: values='2'; expected a fin",
        ),
        (lambda: schedules.get("cosine"), "expected a schedule as maju.schedules.CosineDecay"),
        (
            lambda: schedules.get({"class_name": "CosineDecay", "config": {"alpha": 0.1}}),
            "CosineDecay: the hyper-parameter initial_learning_rate is missing",
        ),
        (
            lambda: schedules.get({"class_name": "CosineDecay", "config": {"beta": 0.1}}),
            "CosineDecay: unknown hyper-parameter beta=0.1; there are initial_learning_rate, decay_steps",
        ),
        (
            lambda: schedules.get({"class_name": "LinearCosineDecay", "config": {}}),
            "no schedule 'LinearCosineDecay'; near it are CosineDecay",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_wrong_arguments(make: Callable[[], LearningRateSchedule], message: str) -> None:
    with pytest.raises(InputError, match=message):
        make()


def test_name_may_be_missing_as_in_keras_2() -> None:
    config: dict[str, Any] = {"boundaries": [3, 9], "values": [0.5, 0.25, 0.125], "name": None}
    schedule = schedules.get({"class_name": "PiecewiseConstantDecay", "config": config})
    assert [schedule(step) for step in (0, 3, 4, 9, 10)] == [0.5, 0.5, 0.25, 0.25, 0.125]


def test_equal_schedules() -> None:
    one = m.CosineDecay(0.5, np.int64(90))
    assert one == CosineDecay(0.5, 90.0)
    assert hash(one) == hash(CosineDecay(0.5, 90))
    assert one != CosineDecay(0.5, 91)
    assert one != ExponentialDecay(0.5, 90, 0.5)
    assert type(one.get_config()["decay_steps"]) is int
