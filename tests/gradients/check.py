"""Comparing the way back of a layer with central differences, in float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from maju.layers import registry
from maju.layers.base import Layer

__all__ = ["Array", "Case", "check", "leaves", "make", "slope"]

Array: TypeAlias = npt.NDArray[Any]
#: Keras class, config, shapes of the inputs, mask, or a list of them.
Case: TypeAlias = tuple[str, dict[str, Any], list[tuple[int, ...]], Any]

STEP = 1e-6
TOLERANCE = 1e-7


def make(name: str, case: Case) -> tuple[Layer, list[Array], Any]:
    """The layer of a case with random weights, and its inputs and mask."""
    kind, config, shapes, mask = case
    rng = np.random.default_rng(len(name))
    inputs = [rng.normal(size=shape) for shape in shapes]
    cls = registry.find(kind)
    assert cls is not None
    config = {"name": "layer", **config}
    shape = inputs[0].shape if len(inputs) == 1 else [x.shape for x in inputs]
    weights = {
        name: np.abs(rng.normal(size=size)) + 0.3 if "variance" in name else rng.normal(size=size)
        for name, wanted in cls.weight_shapes(config, shape).items()
        for size in [[n for n in wanted if n is not None]]
    }
    return cls.from_config(config, weights), inputs, mask


def slope(function: Callable[[], float], array: Array) -> Array:
    """Central differences of a number with respect to every value of an array, in place."""
    found = np.zeros_like(array)
    for place in np.ndindex(array.shape):
        kept = array[place]
        array[place] = kept + STEP
        above = function()
        array[place] = kept - STEP
        below = function()
        array[place] = kept
        found[place] = (above - below) / (2 * STEP)
    return found


def leaves(value: Any) -> list[Array]:
    """The arrays in a list of them, or the one that there is."""
    return list(value) if isinstance(value, (list, tuple)) else [value]


def check(name: str, case: Case, training: bool, **options: Any) -> None:
    """The gradients of the inputs and of every weight are those of central differences.

    Args:
        options: what the layer's call takes beside x, training and mask.
    """
    layer, inputs, mask = make(name, case)
    x: Any = inputs if len(inputs) > 1 else inputs[0]
    y, backward = layer.vjp(x, training=training, mask=mask, **options)
    rng = np.random.default_rng(1)
    dys = [rng.normal(size=part.shape) for part in leaves(y)]

    for part, expected in zip(
        leaves(y), leaves(layer.forward(x, training=training, mask=mask, **options)), strict=True
    ):
        np.testing.assert_allclose(part, expected, rtol=1e-12, atol=1e-12)

    def loss() -> float:
        parts = leaves(layer.forward(x, training=training, mask=mask, **options))
        return float(sum((part * dy).sum() for part, dy in zip(parts, dys, strict=True)))

    dx, gradients = backward(dys if isinstance(y, (list, tuple)) else dys[0])
    trained = {name: w for name, w in layer.weights.items() if name not in layer.non_trainable}
    assert set(gradients) == set(trained)
    pairs = list(zip(leaves(dx), inputs, strict=True)) + [(gradients[n], w) for n, w in trained.items()]
    for found, array in pairs:
        expected = slope(loss, array)
        assert found.shape == expected.shape
        scale = max(1.0, float(np.abs(expected).max()))
        assert np.abs(found - expected).max() / scale <= TOLERANCE
