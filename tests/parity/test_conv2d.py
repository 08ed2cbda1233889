from __future__ import annotations

from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import hypothesis
import keras
import numpy as np
import pytest
from hypothesis import strategies as st
from keras import layers

from parity.compare import KERAS_ACTIVATIONS, Case, assert_same, check_alone, check_through_file, random, twin

IMAGES = random(2, 9, 8, 3)
SMALL_IMAGES = 0.4 * IMAGES
DEEP_IMAGES = random(2, 7, 6, 6)
TINY_IMAGES = random(3, 2, 3, 4)

CASES = [
    *(
        Case(
            f"kernel {kernel}, strides {strides}, {padding}",
            partial(layers.Conv2D, 5, kernel, strides=strides, padding=padding),
            IMAGES,
        )
        for kernel, strides, padding in product(
            [1, 2, 3, (3, 2), (4, 5), (1, 7)], [1, 2, 3, (1, 3), (4, 2)], ["valid", "same"]
        )
    ),
    *(
        Case(
            f"kernel {kernel}, dilation {dilation}, {padding}",
            partial(layers.Conv2D, 5, kernel, dilation_rate=dilation, padding=padding),
            IMAGES,
        )
        for kernel, dilation, padding in product(
            [2, 3, (3, 2), (1, 4)], [2, (1, 2), (3, 1), (3, 2)], ["valid", "same"]
        )
        if padding == "same" or kernel != (1, 4)
    ),
    *(
        Case(
            f"groups {groups}, kernel {kernel}, strides {strides}, {padding}",
            partial(layers.Conv2D, 12, kernel, groups=groups, strides=strides, padding=padding),
            DEEP_IMAGES,
        )
        for groups, kernel, strides, padding in product(
            [2, 3, 6], [3, (2, 4)], [1, (2, 3)], ["valid", "same"]
        )
    ),
    *(
        Case(
            f"groups 3, dilation {dilation}",
            partial(layers.Conv2D, 6, 3, groups=3, dilation_rate=dilation, use_bias=False),
            DEEP_IMAGES,
        )
        for dilation in (2, (1, 2))
    ),
    *(
        Case(
            f"kernel {kernel} larger than the image, strides {strides}",
            partial(layers.Conv2D, 4, kernel, strides=strides, padding="same"),
            TINY_IMAGES,
        )
        for kernel, strides in product([5, (2, 9), (7, 3)], [1, 2, 3])
    ),
    *(
        Case(f"activation {name}", partial(layers.Conv2D, 4, (3, 2), activation=name), SMALL_IMAGES)
        for name in KERAS_ACTIVATIONS
    ),
    Case("no bias", partial(layers.Conv2D, 5, 3, use_bias=False), IMAGES),
    Case("one filter", partial(layers.Conv2D, 1, 3), IMAGES),
    Case("one image", partial(layers.Conv2D, 5, 3), IMAGES[:1]),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_alone(case: Case) -> None:
    check_alone(case)


def test_all_of_them_through_a_file(tmp_path: Path) -> None:
    check_through_file(CASES, tmp_path)


# TensorFlow on a CPU has no convolution with the channels first, so Keras computes it with them last.
@pytest.mark.parametrize("groups", [1, 3])
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(
    "settings",
    [{"strides": 1}, {"strides": (2, 3)}, {"dilation_rate": (1, 2)}, {"activation": "relu"}],
    ids=["plain", "strides", "dilation", "activation"],
)
def test_channels_first_is_channels_last_transposed(
    groups: int, padding: str, settings: dict[str, Any]
) -> None:
    common = {"filters": 12, "kernel_size": (3, 2), "groups": groups, "padding": padding, **settings}
    case = Case("channels last", partial(layers.Conv2D, **common), DEEP_IMAGES)
    kernel, bias = (weight.numpy() for weight in case.keras_layer.weights)
    first = layers.Conv2D(**common, data_format="channels_first")
    x = np.ascontiguousarray(DEEP_IMAGES.transpose(0, 3, 1, 2))
    first.build(x.shape)
    first.set_weights([kernel, bias])
    layer = twin(first, x.shape)
    y = layer.forward(x)
    assert layer.output_shape(x.shape) == y.shape
    assert_same(y, keras.ops.transpose(case.expected, (0, 3, 1, 2)))


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_groups_with_channels_first_as_keras_computes_them(padding: str) -> None:
    x = np.ascontiguousarray(DEEP_IMAGES.transpose(0, 3, 1, 2))
    check_alone(
        Case(
            f"groups, channels first, {padding}",
            partial(layers.Conv2D, 9, 3, groups=3, padding=padding, data_format="channels_first"),
            x,
        )
    )


sizes = st.integers(1, 5)


@hypothesis.settings(max_examples=40, deadline=None, derandomize=True, database=None)
@hypothesis.given(
    height=st.integers(1, 11),
    width=st.integers(1, 11),
    kernel=st.tuples(sizes, sizes),
    strides=st.tuples(sizes, sizes),
    padding=st.sampled_from(["valid", "same"]),
)
def test_any_size(
    height: int, width: int, kernel: tuple[int, int], strides: tuple[int, int], padding: str
) -> None:
    hypothesis.assume(padding == "same" or (kernel[0] <= height and kernel[1] <= width))
    check_alone(
        Case(
            "any size",
            partial(layers.Conv2D, 2, kernel, strides=strides, padding=padding),
            random(2, height, width, 2),
        )
    )
