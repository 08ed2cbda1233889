from __future__ import annotations

import re
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from keras import layers

import maju
from maju.errors import InputError, UnsupportedModelError
from maju.layers import registry
from parity.compare import Case, check_alone, check_through_file, random
from parity.compiled import CompiledCase

SEQUENCES = random(2, 5, 3)
IMAGES = random(2, 5, 4, 3)
VOLUMES = random(2, 3, 4, 2, 3)


def is_refused(kernel: int, strides: int, padding: str, output_padding: int | None) -> bool:
    """Keras refuses these itself, or TensorFlow does when they are computed."""
    if output_padding is None:
        return False
    return output_padding >= strides or (padding == "same" and output_padding == kernel % 2 == 0)


CASES = [
    *(
        Case(
            f"Conv1DTranspose, kernel {kernel}, strides {strides}, {padding}, output padding {extra}",
            partial(
                layers.Conv1DTranspose, 4, kernel, strides=strides, padding=padding, output_padding=extra
            ),
            SEQUENCES,
        )
        for kernel, strides, padding, extra in product(
            [1, 2, 3, 4, 5, 6], [1, 2, 3, 4], ["valid", "same"], [None, 0, 1, 2]
        )
        if not is_refused(kernel, strides, padding, extra)
    ),
    *(
        Case(
            f"Conv2DTranspose, kernel {kernel}, strides {strides}, {padding}",
            partial(layers.Conv2DTranspose, 4, kernel, strides=strides, padding=padding),
            IMAGES,
        )
        for kernel, strides, padding in product(
            [1, 3, (4, 2), (2, 5)], [1, 2, (3, 1), (2, 4)], ["valid", "same"]
        )
    ),
    *(
        Case(
            f"Conv2DTranspose, kernel {kernel}, output padding {extra}, {padding}",
            partial(layers.Conv2DTranspose, 4, kernel, strides=(2, 3), padding=padding, output_padding=extra),
            IMAGES,
        )
        for kernel, extra, padding in product([3, (2, 4)], [1, (1, 2)], ["valid", "same"])
    ),
    *(
        Case(
            f"Conv3DTranspose, kernel {kernel}, strides {strides}, {padding}",
            partial(layers.Conv3DTranspose, 2, kernel, strides=strides, padding=padding),
            VOLUMES,
        )
        for kernel, strides, padding in product([2, (1, 3, 2)], [1, 2, (2, 1, 3)], ["valid", "same"])
    ),
    Case(
        "Conv3DTranspose, output padding",
        partial(layers.Conv3DTranspose, 2, 3, strides=2, padding="same", output_padding=(0, 1, 1)),
        VOLUMES,
    ),
    *(
        Case(
            f"{kind.__name__}, {activation}, no bias",
            partial(kind, 3, 2, strides=2, activation=activation, use_bias=False),
            x,
        )
        for (kind, x), activation in product(
            [
                (layers.Conv1DTranspose, SEQUENCES),
                (layers.Conv2DTranspose, IMAGES),
                (layers.Conv3DTranspose, VOLUMES),
            ],
            ["relu", "softmax"],
        )
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_alone(case: Case) -> None:
    check_alone(case)


def test_all_of_them_through_a_file(tmp_path: Path) -> None:
    check_through_file(CASES, tmp_path)


KINDS = {"Conv1DTranspose": (7,), "Conv2DTranspose": (4, 5), "Conv3DTranspose": (3, 4, 2)}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(
    "settings",
    [{"kernel_size": 3, "dilation_rate": 2}, {"kernel_size": 2, "dilation_rate": 3}, {"strides": 2}],
    ids=["dilation", "more dilation", "strides"],
)
def test_as_xla_computes_it(kind: str, data_format: str, padding: str, settings: dict[str, Any]) -> None:
    # No output is 13 wide: Keras would take the last axis for the filters.
    common = {"filters": 13, "kernel_size": 3, "padding": padding, "data_format": data_format}
    lengths = KINDS[kind]
    x = random(2, *lengths, 3) if data_format == "channels_last" else random(2, 3, *lengths)
    check_alone(CompiledCase("as XLA", partial(getattr(layers, kind), **{**common, **settings}), x))


def test_dilation_of_each_axis() -> None:
    make = partial(layers.Conv2DTranspose, 4, (2, 3), dilation_rate=(3, 2), padding="same")
    check_alone(CompiledCase("dilation", make, IMAGES))


sizes = st.integers(1, 5)


@hypothesis.settings(max_examples=40, deadline=None, derandomize=True, database=None)
@hypothesis.given(
    height=st.integers(1, 6),
    width=st.integers(1, 6),
    kernel=st.tuples(sizes, sizes),
    strides=st.tuples(sizes, sizes),
    padding=st.sampled_from(["valid", "same"]),
)
def test_any_size(
    height: int, width: int, kernel: tuple[int, int], strides: tuple[int, int], padding: str
) -> None:
    make = partial(layers.Conv2DTranspose, 2, kernel, strides=strides, padding=padding)
    check_alone(Case("any size", make, random(2, height, width, 2)))


REFUSED = {
    "strides and dilation": (
        {"strides": 2, "dilation_rate": 3},
        "strides=(2, 2) together with dilation_rate=(3, 3), which Keras refuses too",
    ),
    "too much output padding": (
        {"strides": 2, "output_padding": 2},
        "output_padding=(2, 2); expected less than strides=(2, 2)",
    ),
    "output padding below zero": (
        {"strides": 2, "output_padding": [1, -1]},
        "output_padding=(1, -1); expected less than strides=(2, 2)",
    ),
    "output padding that loses windows": (
        {"kernel_size": (3, 4), "strides": 2, "output_padding": 0, "padding": "same"},
        "output_padding=(0, 0) with padding='same' and an even kernel, which loses windows",
    ),
    "groups": ({"groups": 2}, "groups=2; only 1 is implemented"),
}


@pytest.mark.parametrize(("config", "message"), REFUSED.values(), ids=REFUSED)
def test_what_keras_does_not_compute_is_refused(config: dict[str, Any], message: str) -> None:
    layer_class = registry.known()["Conv2DTranspose"]
    whole = {"name": "up", "filters": 2, "kernel_size": 3, **config}
    with pytest.raises(UnsupportedModelError) as caught:
        layer_class.from_config(whole, {"kernel": np.ones((3, 3, 2, 4))})
    assert str(caught.value) == f"not supported: layer 'up' (Conv2DTranspose): {message}"


def test_the_constructor_refuses_them_too() -> None:
    with pytest.raises(ValueError, match=re.escape("output_padding=(2,); expected less than strides=(2,)")):
        maju.layers.Conv1DTransposeLayer(np.ones((3, 2, 4)), strides=2, output_padding=2)


@pytest.mark.parametrize("kind", KINDS)
def test_what_does_not_fit(kind: str) -> None:
    noun = {1: "sequences", 2: "images", 3: "volumes"}[len(KINDS[kind])]
    layer = Case("small", partial(getattr(layers, kind), 4, 3, name="up"), random(1, *KINDS[kind], 3)).twin
    x = np.ones((1, *KINDS[kind], 4), np.float32)
    with pytest.raises(InputError) as caught:
        layer.forward(x)
    assert str(caught.value) == f"layer 'up' ({kind}): expected {noun} of 3 channels, got shape {x.shape}"
    empty = np.ones((1, *[0] * len(KINDS[kind]), 3), np.float32)
    with pytest.raises(InputError, match="are smaller than what the kernel covers"):
        layer.vjp(empty)
