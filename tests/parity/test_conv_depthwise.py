"""DepthwiseConv1D/2D and SeparableConv1D/2D."""

from __future__ import annotations

from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from keras import layers

from maju.errors import InputError, UnsupportedModelError
from maju.layers import registry
from maju.layers.base import Array
from parity.compare import Case, check_alone, check_through_file, random

SEQUENCES = random(2, 11, 3)
IMAGES = random(2, 9, 8, 3)


def stored(x: Array, data_format: str) -> Array:
    return x if data_format == "channels_last" else np.ascontiguousarray(np.moveaxis(x, -1, 1))


def depthwise(rank: int, kernel: Any, multiplier: int, **settings: Any) -> Any:
    kind = layers.DepthwiseConv1D if rank == 1 else layers.DepthwiseConv2D
    return partial(kind, kernel, depth_multiplier=multiplier, **settings)


def separable(rank: int, kernel: Any, multiplier: int, **settings: Any) -> Any:
    kind = layers.SeparableConv1D if rank == 1 else layers.SeparableConv2D
    return partial(kind, 7, kernel, depth_multiplier=multiplier, **settings)


CASES = [
    *(
        Case(
            f"{kind.__name__} 1D, kernel {kernel}, multiplier {multiplier}, strides {strides}, {padding}",
            kind(1, kernel, multiplier, strides=strides, padding=padding),
            SEQUENCES,
        )
        for kind, kernel, multiplier, strides, padding in product(
            [depthwise, separable], [1, 3, 4], [1, 2], [1, 2, 3], ["valid", "same"]
        )
    ),
    *(
        Case(
            f"{kind.__name__} 2D, kernel {kernel}, multiplier {multiplier}, strides {strides}, {padding}",
            kind(2, kernel, multiplier, strides=strides, padding=padding),
            IMAGES,
        )
        for kind, kernel, multiplier, strides, padding in product(
            [depthwise, separable], [1, 3, (2, 4)], [1, 3], [1, 2, 3], ["valid", "same"]
        )
    ),
    # Where channels come first, no output is as wide as it has channels: Keras would misplace the bias.
    *(
        Case(
            f"{kind.__name__} {rank}D, dilation {dilation}, strides {strides}, {padding}, {data_format}",
            kind(
                rank,
                2 if rank == 1 else (3, 2),
                3,
                dilation_rate=dilation,
                strides=strides,
                padding=padding,
                data_format=data_format,
            ),
            stored(x, data_format),
        )
        for kind, (rank, x, dilation), strides, padding, data_format in product(
            [depthwise, separable],
            [(1, SEQUENCES, 3), (2, IMAGES, 2), (2, IMAGES, (1, 3))],
            [1, 2],
            ["valid", "same"],
            ["channels_last", "channels_first"],
        )
    ),
    *(
        Case(
            f"{kind.__name__} 2D, strides (2, 3) and dilation {dilation}, {padding}",
            kind(2, (3, 2), 2, dilation_rate=dilation, strides=(2, 3), padding=padding),
            IMAGES,
        )
        for kind, dilation, padding in product([depthwise, separable], [2, (1, 2)], ["valid", "same"])
    ),
    *(
        Case(
            f"{kind.__name__} {rank}D, {activation}, {data_format}, no bias",
            kind(rank, 2, 2, activation=activation, use_bias=False, data_format=data_format),
            stored(0.4 * x, data_format),
        )
        for kind, (rank, x), activation, data_format in product(
            [depthwise, separable],
            [(1, SEQUENCES), (2, IMAGES)],
            ["relu6", "softmax"],
            ["channels_last", "channels_first"],
        )
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_alone(case: Case) -> None:
    check_alone(case)


def test_all_of_them_through_a_file(tmp_path: Path) -> None:
    check_through_file(CASES, tmp_path)


sizes = st.integers(1, 5)


@pytest.mark.parametrize("kind", [depthwise, separable])
@hypothesis.settings(max_examples=25, deadline=None, derandomize=True, database=None)
@hypothesis.given(
    height=st.integers(1, 9),
    width=st.integers(1, 9),
    kernel=st.tuples(sizes, sizes),
    strides=sizes,
    padding=st.sampled_from(["valid", "same"]),
)
def test_any_size(
    kind: Any, height: int, width: int, kernel: tuple[int, int], strides: int, padding: str
) -> None:
    hypothesis.assume(padding == "same" or (kernel[0] <= height and kernel[1] <= width))
    make = kind(2, kernel, 2, strides=strides, padding=padding)
    check_alone(Case("any size", make, random(2, height, width, 2)))


@pytest.mark.parametrize("kind", [depthwise, separable])
def test_what_does_not_fit(kind: Any) -> None:
    for rank, x, noun in ((1, SEQUENCES, "sequences"), (2, IMAGES, "images")):
        layer = Case("small", kind(rank, 3, 2, name="deep"), x).twin
        where = f"layer 'deep' ({layer.keras_class})"
        with pytest.raises(InputError) as caught:
            layer.forward(x[..., :2])
        assert str(caught.value) == f"{where}: expected {noun} of 3 channels, got shape {x[..., :2].shape}"
        small = x[(slice(None), *[slice(2)] * rank)]
        with pytest.raises(InputError) as caught:
            layer.vjp(small)
        message = f"{noun} of shape {small.shape[1:]} are smaller than what the kernel covers"
        assert str(caught.value) == f"{where}: {message}"


@pytest.mark.parametrize("kind", ["DepthwiseConv1D", "DepthwiseConv2D", "SeparableConv1D", "SeparableConv2D"])
@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"padding": "causal"}, "padding='causal'; expected 'valid' or 'same'"),
        ({"groups": 2}, "groups=2; only 1 is implemented"),
    ],
    ids=["causal", "groups"],
)
def test_what_keras_does_not_have_is_refused(kind: str, config: dict[str, Any], message: str) -> None:
    with pytest.raises(UnsupportedModelError) as caught:
        registry.known()[kind].from_config({"name": "deep", "kernel_size": 3, **config})
    assert str(caught.value) == f"not supported: layer 'deep' ({kind}): {message}"
