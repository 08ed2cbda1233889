"""The way back of the layers that act in training alone: through the very noise that they drew."""

from __future__ import annotations

import numpy as np
import pytest

from gradients.check import TOLERANCE, Case, check, make, slope
from maju.errors import InputError
from maju.layers.noise import NoiseLayer

ROWS = (4, 5)
STEPS = (3, 4, 5)
FIRST = {"data_format": "channels_first"}

CASES: dict[str, Case] = {
    "spatial-1d": ("SpatialDropout1D", {"rate": 0.4, "seed": 1}, [STEPS], None),
    "spatial-2d": ("SpatialDropout2D", {"rate": 0.4, "seed": 1}, [(2, 3, 2, 4)], None),
    "spatial-3d": ("SpatialDropout3D", {"rate": 0.4, "seed": 1, **FIRST}, [(2, 3, 2, 2, 2)], None),
    "gaussian-noise": ("GaussianNoise", {"stddev": 0.4, "seed": 1}, [ROWS], None),
    "gaussian-dropout": ("GaussianDropout", {"rate": 0.4, "seed": 1}, [ROWS], None),
    "alpha-dropout": ("AlphaDropout", {"rate": 0.4, "seed": 1}, [ROWS], None),
    "alpha-dropout-shared": ("AlphaDropout", {"rate": 0.4, "noise_shape": [None, 1, 5]}, [STEPS], None),
    "activity": ("ActivityRegularization", {"l1": 0.1, "l2": 0.2}, [ROWS], None),
}
RANDOM = [case for case in CASES if case != "activity"]


@pytest.mark.parametrize("case", CASES)
def test_in_inference(case: str) -> None:
    check(case, CASES[case], training=False)


def test_activity_regularization_in_training() -> None:
    check("activity", CASES["activity"], training=True)


@pytest.mark.parametrize("case", RANDOM)
def test_in_training_with_what_was_drawn(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    layer, (x,), _ = make(case, CASES[case])
    assert isinstance(layer, NoiseLayer)
    drawn = layer.draw(x)
    monkeypatch.setattr(layer, "draw", lambda x: drawn)
    y, backward = layer.vjp(x, training=True)
    assert np.abs(y - x).max() > 0.1
    dy = np.random.default_rng(1).normal(size=y.shape)
    dx, gradients = backward(dy)
    expected = slope(lambda: float((layer.forward(x, training=True) * dy).sum()), x)
    assert np.abs(dx - expected).max() <= TOLERANCE * max(1, np.abs(expected).max())
    assert gradients == {}


@pytest.mark.parametrize("case", RANDOM)
def test_each_call_draws_anew_and_a_seed_says_what(case: str) -> None:
    layer, (x,), _ = make(case, CASES[case])
    again, _, _ = make(case, CASES[case])
    first, second = layer.forward(x, training=True), layer.vjp(x, training=True)[0]
    assert np.abs(first - second).max() > 0.01
    if CASES[case][1].get("seed") is not None:
        np.testing.assert_array_equal(again.forward(x, training=True), first)
        np.testing.assert_array_equal(again.forward(x, training=True), second)


@pytest.mark.parametrize("kind", ["GaussianDropout", "AlphaDropout"])
def test_a_rate_of_1_is_refused_in_training(kind: str) -> None:
    layer, (x,), _ = make("one", (kind, {"rate": 1}, [ROWS], None))
    np.testing.assert_array_equal(layer.forward(x), x)
    for run in (layer.forward, layer.vjp):
        with pytest.raises(InputError) as caught:
            run(x, training=True)
        assert str(caught.value) == f"layer 'layer' ({kind}): a rate of 1 leaves nothing to train with"
