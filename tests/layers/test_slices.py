"""A batch cut into slices comes to what it comes to in one piece."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from maju.layers import registry, slices
from maju.layers.base import Array, Layer

KERNEL = {"filters": 4, "kernel_size": 3}
CASES: dict[str, tuple[str, dict[str, Any], tuple[int, ...]]] = {
    "relu": ("Conv2D", {**KERNEL, "padding": "same", "activation": "relu"}, (7, 5, 4, 2)),
    "softmax-channels-first": (
        "Conv2D",
        {**KERNEL, "activation": "softmax", "data_format": "channels_first"},
        (7, 2, 5, 4),
    ),
    "groups-strides": ("Conv1D", {**KERNEL, "strides": 2, "groups": 2, "use_bias": False}, (7, 6, 4)),
    "transpose": ("Conv2DTranspose", {**KERNEL, "strides": 2, "activation": "tanh"}, (7, 3, 2, 2)),
    "depthwise": ("DepthwiseConv2D", {"kernel_size": 2, "activation": "elu"}, (7, 3, 4, 2)),
    "separable": ("SeparableConv1D", {**KERNEL, "activation": "linear"}, (7, 5, 2)),
    "max": ("MaxPooling2D", {"pool_size": 2, "strides": 1, "padding": "same"}, (7, 5, 4, 3)),
    "max-channels-first": ("MaxPooling1D", {"pool_size": 2, "data_format": "channels_first"}, (7, 3, 6)),
    "average": ("AveragePooling3D", {"pool_size": 2, "padding": "same"}, (7, 3, 4, 2, 3)),
}


def layer_and_input(case: str, dtype: str) -> tuple[Layer, Array]:
    kind, config, shape = CASES[case]
    cls = registry.find(kind)
    assert cls is not None
    rng = np.random.default_rng(5)
    weights = {
        name: rng.normal(size=[n for n in wanted if n is not None]).astype(dtype)
        for name, wanted in cls.weight_shapes(config, shape).items()
    }
    return cls.from_config({"name": "layer", **config}, weights), rng.normal(size=shape).astype(dtype)


def outcome(case: str, dtype: str) -> list[Array]:
    layer, x = layer_and_input(case, dtype)
    y, backward = layer.vjp(x)
    dy = np.random.default_rng(6).normal(size=y.shape).astype(dtype)
    dx, gradients = backward(dy)
    again, gradients_again = backward(dy)
    assert (dx == again).all()
    assert all((gradients[name] == gradients_again[name]).all() for name in gradients)
    _, to_weights = layer.vjp_to_weights(x)
    assert all((found == gradients[name]).all() for name, found in to_weights(dy)[1].items())
    return [y, dx, *gradients.values()]


@pytest.mark.parametrize("case", CASES)
def test_slices_come_to_what_the_whole_comes_to(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _, _, shape = CASES[case]
    whole = outcome(case, "float64")
    monkeypatch.setattr(slices, "AT_A_TIME", 6 * math.prod(shape[1:]))  # a few samples, and a rest
    for found, expected in zip(outcome(case, "float64"), whole, strict=True):
        assert found.dtype == expected.dtype
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("case", ["relu", "max"])
def test_the_number_of_threads_changes_no_bit(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "AT_A_TIME", 1)
    outcomes = []
    for threads in ("1", "2", "5"):
        monkeypatch.setenv("MAJU_NUM_THREADS", threads)
        outcomes += [outcome(case, "float32") for _ in range(10)]
    for found in outcomes:
        for here, there in zip(found, outcomes[0], strict=True):
            assert (here == there).all()
