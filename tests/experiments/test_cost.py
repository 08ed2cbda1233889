from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.rows import SMALL
from maju.experiments.cost import TimeLeft, estimated_seconds
from maju.experiments.experiment import Experiment
from maju.experiments.study import GRID, load_study

FIRST = SMALL.model_copy(update={"name": "first"})
SECOND = SMALL.model_copy(update={"name": "second"})


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def row(study: str, name: str) -> Experiment:
    (found,) = [row for row in load_study(study).rows if row.name == name]
    return found.experiments()[0]


@pytest.mark.parametrize("study", GRID)
def test_every_row_of_the_grid_has_an_estimate(study: str) -> None:
    for row in load_study(study).rows:
        assert 8 < estimated_seconds(row.experiments()[0]) < 6 * 3600


def test_what_makes_a_training_long() -> None:
    kernels = [estimated_seconds(row("cnn-kernel", size)) for size in ("3x3", "5x5", "7x7")]
    assert kernels[1] - 8 == pytest.approx((kernels[0] - 8) * 25 / 9)
    assert kernels[2] - 8 == pytest.approx((kernels[0] - 8) * 49 / 9)
    one, two, both = (
        estimated_seconds(row(*name)) - 8
        for name in (("lstm-layers", "1-layer"), ("lstm-layers", "2-layers"), ("lstm-direction", "bi"))
    )
    assert (two, both) == pytest.approx((2 * one, 4 * one))
    quick = load_study("cnn-kernel").quick().rows[2].experiments()[0]
    assert estimated_seconds(quick) - 8 == pytest.approx((kernels[2] - 8) * 960 / 40_000 * 2 / 15)


def test_before_anything_is_done_the_estimates_count() -> None:
    left = TimeLeft([FIRST, SECOND])
    assert left.seconds() == pytest.approx(2 * estimated_seconds(SMALL))


def test_a_slow_machine_makes_the_rest_slow_too() -> None:
    clock, seconds = Clock(), estimated_seconds(SMALL)
    left = TimeLeft([FIRST, SECOND], clock)
    left.begin("first", 0.0)
    clock.now += 10 * seconds
    left.reach("first", 1.0)
    trust = TimeLeft.TRUST
    assert left.seconds() == pytest.approx(seconds * (10 * seconds + trust) / (seconds + trust))


def test_what_was_done_before_is_no_experience() -> None:
    clock, seconds = Clock(), estimated_seconds(SMALL)
    left = TimeLeft([FIRST, SECOND], clock)
    left.begin("first", 0.5)
    left.drop("second")
    assert left.seconds() == pytest.approx(seconds / 2)
    assert left.seen == 0


@given(st.lists(st.floats(0, 1), min_size=1))
def test_what_is_done_is_never_left(shares: list[float]) -> None:
    clock = Clock()
    left = TimeLeft([FIRST], clock)
    left.begin("first", 0.0)
    for share in sorted(shares):
        clock.now += 1
        left.reach("first", share)
        assert left.seconds() >= 0
    left.reach("first", 1.0)
    assert left.seconds() == pytest.approx(0)
