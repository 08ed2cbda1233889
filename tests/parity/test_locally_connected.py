"""Locally connected layers against their definition, place by place; Keras 3 does not have them any more."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from maju.errors import InputError, UnsupportedModelError
from maju.layers import LocallyConnected1DLayer, LocallyConnected2DLayer
from maju.layers.base import Array
from parity.compare import random

CLASSES: dict[int, Any] = {1: LocallyConnected1DLayer, 2: LocallyConnected2DLayer}
#: The kernel's length and the stride along each axis, and the input's length.
GEOMETRY = {1: ((3,), (2,), (7,)), 2: ((3, 2), (2, 1), (6, 5))}
CHANNELS, FILTERS = 3, 4


def by_definition(layer: Any, x: Array, lengths: tuple[int, ...]) -> Array:
    """The output before the activation, channels last, one product of two numbers after the other."""
    size, strides, first = layer.kernel_size, layer.strides, layer.data_format == "channels_first"
    same = layer.padding == "same"
    counts = [
        -(-n // s) if same else (n - k) // s + 1 for n, k, s in zip(lengths, size, strides, strict=True)
    ]
    y = np.zeros((len(x), *counts, FILTERS))
    pairs = []  # of Keras's sparse matrix: where in the output, where in the input, and what for
    for number, place in enumerate(np.ndindex(*counts)):
        for step, offset in enumerate(np.ndindex(*size)):
            at = tuple(
                p * s + a - (k // 2 if same else 0)
                for p, s, a, k in zip(place, strides, offset, size, strict=True)
            )
            if any(not 0 <= i < n for i, n in zip(at, lengths, strict=True)):
                continue
            for c, f in product(range(CHANNELS), range(FILTERS)):
                if layer.implementation == 1:
                    row = c * np.prod(size) + step if first else step * CHANNELS + c
                    y[(..., *place, f)] += x[(..., *at, c)] * layer.kernel[number, int(row), f]
                elif layer.implementation == 2:
                    path = (c, *at, f, *place) if first else (*at, c, *place, f)
                    y[(..., *place, f)] += x[(..., *at, c)] * layer.kernel[path]
                else:
                    output = np.ravel_multi_index(
                        (f, *place) if first else (*place, f),
                        (FILTERS, *counts) if first else (*counts, FILTERS),
                    )
                    given = np.ravel_multi_index(
                        (c, *at) if first else (*at, c),
                        (CHANNELS, *lengths) if first else (*lengths, CHANNELS),
                    )
                    pairs.append((int(output), int(given), (..., *place, f), (..., *at, c)))
    for value, (_, _, there, here) in zip(layer.kernel, sorted(pairs, key=lambda p: p[:2]), strict=False):
        if pairs:
            y[there] += x[here] * value
    bias = (
        layer.bias.reshape(FILTERS, *counts).transpose(*range(1, len(counts) + 1), 0) if first else layer.bias
    )
    return np.asarray(y + bias)


VARIANTS = [
    (rank, implementation, padding, order)
    for rank, implementation, padding, order in product(
        (1, 2), (1, 2, 3), ("valid", "same"), ("channels_last", "channels_first")
    )
    if (implementation, padding) != (1, "same")
]


@pytest.mark.parametrize(("rank", "implementation", "padding", "order"), VARIANTS)
def test_by_definition(rank: int, implementation: int, padding: str, order: str) -> None:
    size, strides, lengths = GEOMETRY[rank]
    config = {
        "name": "local",
        "filters": FILTERS,
        "kernel_size": list(size),
        "strides": list(strides),
        "padding": padding,
        "data_format": order,
        "implementation": implementation,
        "activation": "tanh",
    }
    x = random(2, *lengths, CHANNELS)
    given = np.moveaxis(x, -1, 1) if order == "channels_first" else x
    shapes = CLASSES[rank].weight_shapes(config, (None, *given.shape[1:]))
    weights = {name: random(*shape, seed=name) for name, shape in shapes.items()}
    layer = CLASSES[rank].from_config(config, weights)
    y = layer.forward(given)
    assert layer.output_shape((None, *given.shape[1:])) == (None, *y.shape[1:])
    y = np.moveaxis(y, 1, -1) if order == "channels_first" else y
    np.testing.assert_allclose(y, np.tanh(by_definition(layer, x, lengths)), rtol=0, atol=1e-5)
    again = CLASSES[rank].from_config(layer.get_config(), layer.weights)
    np.testing.assert_array_equal(again.forward(given), layer.forward(given))


def local(**config: Any) -> Any:
    config = {"name": "local", "filters": 2, "kernel_size": 3, **config}
    shapes: Any = LocallyConnected2DLayer.weight_shapes(config, (None, 6, 5, 3))
    return LocallyConnected2DLayer.from_config(
        config, {name: random(*map(int, shape)) for name, shape in shapes.items()}
    )


def test_images_of_another_size_are_refused() -> None:
    with pytest.raises(InputError) as caught:
        local().forward(random(2, 7, 5, 3))
    assert str(caught.value) == (
        "layer 'local' (LocallyConnected2D): its kernels are made for other images, got shape (2, 7, 5, 3)"
    )
    with pytest.raises(InputError, match=r"got shape \(6, 5, 3\)$"):
        local().forward(random(6, 5, 3))


def test_what_no_keras_computed_is_refused() -> None:
    with pytest.raises(
        UnsupportedModelError, match="padding='same' with implementation=1, which Keras refuses"
    ):
        local(padding="same")
    config = {"name": "local", "filters": 2, "kernel_size": 3, "data_format": "channels_first"}
    with pytest.raises(
        UnsupportedModelError, match=r"data_format='channels_first' as Keras before 2\.3 wrote it"
    ):
        LocallyConnected1DLayer.from_config(config, {})
