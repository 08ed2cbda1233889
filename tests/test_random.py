"""One seed for all that is drawn."""

from __future__ import annotations

import threading

import numpy as np
import pytest

import maju
from maju import layers


def model() -> maju.Sequential:
    return maju.Sequential(
        [layers.Input((5,)), layers.Dense(4), layers.Dropout(0.5), layers.GaussianNoise(1.0)]
    )


def test_a_seed_makes_weights_and_noise_the_same() -> None:
    x = np.ones((3, 5), np.float32)
    maju.set_random_seed(4)
    first = model().forward(x, training=True)
    other = model().forward(x, training=True)
    maju.set_random_seed(4)
    np.testing.assert_array_equal(model().forward(x, training=True), first)
    assert not np.array_equal(other, first)


def test_a_layer_s_own_seed_comes_first() -> None:
    x = np.ones((40, 5), np.float32)
    outputs = []
    for seed in (1, 2):
        maju.set_random_seed(seed)
        outputs.append(layers.DropoutLayer(0.5, seed=9).forward(x, training=True))
    np.testing.assert_array_equal(outputs[0], outputs[1])


@pytest.mark.parametrize("seed", [-1, 1.5, "a", True, None])
def test_no_seed(seed: object) -> None:
    with pytest.raises(maju.InputError, match="a seed is a whole number from 0 up"):
        maju.set_random_seed(seed)  # type: ignore[arg-type]


def test_drawing_from_other_seeds_for_a_while_in_one_thread() -> None:
    maju.set_random_seed(4)
    first = maju.random.generator().random()
    following = maju.random.generator().random()
    drawn: list[float] = []

    def elsewhere() -> None:
        drawn.append(maju.random.generator().random())

    maju.set_random_seed(4)
    with maju.random.drawing_from(9):
        own = maju.random.generator().random()
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
        state = maju.random.get_state()
        after = maju.random.generator().random()
        maju.set_random_seed(9)
        assert maju.random.generator().random() == own
    assert drawn == [first]
    assert maju.random.generator().random() == following
    with maju.random.drawing_from(state):
        assert maju.random.generator().random() == after
