"""The way back of the normalizations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gradients.check import TOLERANCE, Case, check, make, slope
from maju.layers import SpectralNormalizationLayer

ROWS = (4, 5)
STEPS = (3, 4, 5)
IMAGES = (2, 3, 2, 4)


def wrapping(class_name: str, **config: Any) -> dict[str, Any]:
    return {"layer": {"class_name": class_name, "config": {"name": "inside", **config}}}


CASES: dict[str, Case] = {
    "layer": ("LayerNormalization", {}, [ROWS], None),
    "layer-epsilon-no-center": ("LayerNormalization", {"epsilon": 0.3, "center": False}, [STEPS], None),
    "layer-axis-1-no-scale": ("LayerNormalization", {"axis": 1, "scale": False}, [STEPS], None),
    "layer-two-axes": ("LayerNormalization", {"axis": [1, 3], "epsilon": 0.1}, [IMAGES], None),
    "layer-two-axes-unsorted": ("LayerNormalization", {"axis": [-1, 1]}, [IMAGES], None),
    "layer-bare": ("LayerNormalization", {"center": False, "scale": False}, [STEPS], None),
    "layer-rms-scaling": ("LayerNormalization", {"rms_scaling": True, "epsilon": 0.1}, [STEPS], None),
    "group": ("GroupNormalization", {"groups": 2, "epsilon": 0.1}, [IMAGES], None),
    "group-axis-1": ("GroupNormalization", {"groups": 3, "axis": 1, "center": False}, [IMAGES], None),
    "group-axis-2": (
        "GroupNormalization",
        {"groups": 1, "axis": -2, "scale": False},
        [IMAGES],
        None,
    ),
    "group-instance": ("GroupNormalization", {"groups": -1}, [IMAGES], None),
    "unit": ("UnitNormalization", {}, [ROWS], None),
    "unit-two-axes": ("UnitNormalization", {"axis": [1, 2]}, [IMAGES], None),
    "rms": ("RMSNormalization", {"epsilon": 0.1}, [STEPS], None),
    "rms-two-axes": ("RMSNormalization", {"axis": [2, 3]}, [IMAGES], None),
    "rms-of-one-step": ("RMSNormalization", {"axis": 1}, [(3, 1, 4)], None),
    "spectral-dense": ("SpectralNormalization", wrapping("Dense", units=3, activation="tanh"), [ROWS], None),
    "spectral-conv": (
        "SpectralNormalization",
        {**wrapping("Conv2D", filters=3, kernel_size=2), "power_iterations": 2},
        [IMAGES],
        None,
    ),
}
SPECTRAL = [case for case in CASES if case.startswith("spectral")]


@pytest.mark.parametrize("case", CASES)
def test_in_inference(case: str) -> None:
    check(case, CASES[case], training=False)


@pytest.mark.parametrize("case", [case for case in CASES if case not in SPECTRAL])
def test_in_training(case: str) -> None:
    check(case, CASES[case], training=True)


@pytest.mark.parametrize("case", SPECTRAL)
def test_spectral_normalization_in_training_gives_the_gradient_of_the_normalized_kernel(case: str) -> None:
    layer, (x,), _ = make(case, CASES[case])
    assert isinstance(layer, SpectralNormalizationLayer)
    before = layer.kernel.copy()
    y, backward = layer.vjp(x, training=True)
    dy = np.random.default_rng(1).normal(size=y.shape)
    dx, gradients = backward(dy)
    after, was = (kernel.reshape(-1, kernel.shape[-1]) for kernel in (layer.kernel, before))
    assert np.linalg.norm(after, 2) < np.linalg.norm(was, 2)
    for found, array in [(dx, x), *((gradients[name], layer.weights[name]) for name in gradients)]:
        expected = slope(lambda: float((layer.forward(x) * dy).sum()), array)
        assert np.abs(found - expected).max() <= TOLERANCE * max(1, np.abs(expected).max())
    assert set(gradients) == {"layer/kernel", "layer/bias"}


def test_unit_normalization_where_the_length_is_0() -> None:
    layer, _, _ = make("unit", CASES["unit"])
    x = np.array([[0.0, 0.0], [3.0, 4.0]])
    y, backward = layer.vjp(x)
    dx, _ = backward(np.ones_like(x))
    np.testing.assert_allclose(y, np.array([[0, 0], [0.6, 0.8]]))
    np.testing.assert_allclose(dx, np.array([[1e12, 1e12], [0.2 * 0.16, -0.2 * 0.12]]))
