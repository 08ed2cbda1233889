from __future__ import annotations

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maju import schedules
from maju.schedules import (
    CosineDecay,
    ExponentialDecay,
    InverseTimeDecay,
    LearningRateSchedule,
    PolynomialDecay,
)

K = keras.optimizers.schedules
CASES: dict[str, keras.optimizers.schedules.LearningRateSchedule] = {
    "exponential": K.ExponentialDecay(0.3, 40, 0.7),
    "exponential staircase": K.ExponentialDecay(0.3, 13, 0.7, staircase=True),
    "inverse time": K.InverseTimeDecay(0.5, 7, 1.3),
    "inverse time staircase": K.InverseTimeDecay(0.5, 7, 1.3, staircase=True),
    "polynomial": K.PolynomialDecay(0.9, 50, end_learning_rate=0.02, power=1.7),
    "polynomial cycle": K.PolynomialDecay(0.9, 17, end_learning_rate=0.02, power=0.5, cycle=True),
    "polynomial rising": K.PolynomialDecay(0.1, 33, end_learning_rate=0.8),
    "piecewise": K.PiecewiseConstantDecay([10, 30, 77], [0.4, 0.05, 0.2, 0.001]),
    "piecewise two": K.PiecewiseConstantDecay([16], [0.4, 0.05]),
    "cosine": K.CosineDecay(0.3, 60, alpha=0.15),
    "cosine to zero": K.CosineDecay(0.3, 60),
    "cosine warm-up": K.CosineDecay(0.01, 50, alpha=0.05, warmup_target=0.4, warmup_steps=20),
    "cosine no warm-up": K.CosineDecay(0.1, 50, warmup_target=0.4),
    "restarts": K.CosineDecayRestarts(0.2, 16),
    "restarts lower": K.CosineDecayRestarts(0.2, 10, t_mul=1.5, m_mul=0.8, alpha=0.1),
    "restarts equal": K.CosineDecayRestarts(0.2, 10, t_mul=1.0, m_mul=0.9),
}
#: Around every boundary above, and far beyond.
STEPS = [*range(84), 112, 113, 240, 241, 1000, 123_456]


@pytest.mark.parametrize("case", CASES)
def test_values_are_those_of_keras(case: str) -> None:
    theirs = CASES[case]
    own = schedules.get(K.serialize(theirs))
    expected = [float(theirs(step)) for step in STEPS]
    # Where a cosine ends at zero, what is left is a rounding of the largest value.
    np.testing.assert_allclose([own(step) for step in STEPS], expected, rtol=1e-6, atol=1e-7 * max(expected))


@pytest.mark.parametrize("case", CASES)
def test_written_as_keras_writes_it(case: str) -> None:
    written = K.serialize(CASES[case])
    own = schedules.get(written)
    assert schedules.serialize(own) == written
    assert K.deserialize(schedules.serialize(own)).get_config() == CASES[case].get_config()


RATES = st.floats(1e-5, 1.0)


@st.composite
def falling(draw: st.DrawFn) -> LearningRateSchedule:
    rate, steps, share = draw(RATES), draw(st.integers(1, 500)), draw(st.floats(0.0, 1.0))
    made: list[LearningRateSchedule] = [
        CosineDecay(rate, steps, alpha=share),
        ExponentialDecay(rate, steps, share, staircase=draw(st.booleans())),
        InverseTimeDecay(rate, steps, share, staircase=draw(st.booleans())),
        PolynomialDecay(rate, steps, rate * share, power=draw(st.floats(0.1, 3))),
    ]
    return draw(st.sampled_from(made))


@given(falling(), st.integers(0, 2000), st.integers(0, 2000))
def test_a_falling_schedule_never_rises(schedule: LearningRateSchedule, one: int, other: int) -> None:
    early, late = sorted([one, other])
    assert schedule(late) <= schedule(early) * (1 + 1e-6) + 1e-7 * schedule(0)


@given(RATES, RATES, st.integers(1, 200), st.integers(1, 200))
def test_a_warm_up_goes_straight_to_its_target(start: float, target: float, steps: int, warmup: int) -> None:
    schedule = CosineDecay(start, steps, warmup_target=target, warmup_steps=warmup)
    assert schedule(0) == pytest.approx(start, rel=1e-6)
    assert schedule(warmup) == pytest.approx(target, rel=1e-6)
    middle = schedule(warmup // 2)
    assert middle == pytest.approx(start + (target - start) * (warmup // 2) / warmup, rel=1e-5)
