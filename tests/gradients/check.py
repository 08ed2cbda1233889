"""Comparing the way back of a layer with central differences, in float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from maju.layers import registry
from maju.layers.base import Layer

__all__ = ["Array", "Case", "beside_slopes", "check", "leaves", "make", "slope"]

Array: TypeAlias = npt.NDArray[Any]
#: Keras class, config, shapes of the inputs, mask, or a list of them.
Case: TypeAlias = tuple[str, dict[str, Any], list[tuple[int, ...]], Any]

STEP = 1e-6
TOLERANCE = 1e-7
#: The step of `slope_along`, and by which share of the gradient's largest value its two slopes may differ.
FAR = 2e-5
EDGE = 3e-6
#: At how many places of an array `beside_slopes` looks.
PLACES = 8


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


def slope_along(function: Callable[[], float], array: Array, direction: Array, scale: float) -> float | None:
    """The slope of a number where an array moves in a direction, from four values of it.

    None where the two nearer values and the two farther ones tell different slopes, which means that there is
    an edge between them: that of a ReLU, or another largest value.
    """
    kept = array.copy()
    values = []
    for steps in (-2, -1, 1, 2):
        array[...] = kept + steps * FAR * direction
        values.append(function())
    array[...] = kept
    near, far = (values[2] - values[1]) / (2 * FAR), (values[3] - values[0]) / (4 * FAR)
    return (4 * near - far) / 3 if abs(near - far) <= EDGE * scale else None


def beside_slopes(
    function: Callable[[], float],
    gradient: Array | None,
    array: Array,
    rng: np.random.Generator,
    floor: float,
) -> float:
    """How far the gradient of a number lies from its slopes: at some places, and in a direction through all.

    Args:
        floor: the error is relative to the largest value of the gradient, and to this at least.
    """
    gradient = np.zeros_like(array) if gradient is None else gradient
    assert gradient.shape == array.shape
    scale = max(float(np.abs(gradient).max(initial=0)), floor, 1e-30)
    places = [np.eye(1, array.size, int(place)) for place in rng.permutation(array.size)[: 2 * PLACES]]
    through_all = [rng.normal(size=array.shape) / np.sqrt(array.size) for _ in range(5)]
    worst = 0.0
    for directions, wanted in ((places, min(PLACES, array.size)), (through_all, 1)):
        errors: list[float] = []
        for direction in (each.reshape(array.shape) for each in directions):
            found = slope_along(function, array, direction, scale)
            if found is not None and len(errors) < wanted:
                errors.append(abs(found - float((gradient * direction).sum())) / scale)
            if len(errors) == wanted:
                break
        assert 2 * len(errors) >= wanted, "edges wherever one looks"
        worst = max(worst, *errors)
    return worst


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
