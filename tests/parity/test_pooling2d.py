from __future__ import annotations

from functools import partial
from itertools import product
from pathlib import Path

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from keras import layers

from parity.compare import Case, check_alone, check_through_file, random

IMAGES = random(2, 9, 8, 3)
CHANNELS_FIRST = random(2, 3, 9, 8)
TINY_IMAGES = random(3, 2, 3, 4)

WINDOWED = [
    *(
        Case(
            f"{kind.__name__}, pool {pool}, strides {strides}, {padding}, {data_format}",
            partial(kind, pool, strides=strides, padding=padding, data_format=data_format),
            IMAGES if data_format == "channels_last" else CHANNELS_FIRST,
        )
        for kind, pool, strides, padding, data_format in product(
            [layers.MaxPooling2D, layers.AveragePooling2D],
            [1, 2, 3, (2, 3), (4, 1)],
            [None, 1, 2, (3, 1), (2, 5)],
            ["valid", "same"],
            ["channels_last", "channels_first"],
        )
    ),
    *(
        Case(
            f"{kind.__name__}, pool {pool} larger than the image, strides {strides}",
            partial(kind, pool, strides=strides, padding="same"),
            TINY_IMAGES,
        )
        for kind, pool, strides in product(
            [layers.MaxPooling2D, layers.AveragePooling2D], [5, (2, 7)], [None, 1, (3, 2)]
        )
    ),
]
GLOBAL = [
    Case(
        f"{kind.__name__}, keepdims {keepdims}, {data_format}",
        partial(kind, keepdims=keepdims, data_format=data_format),
        IMAGES if data_format == "channels_last" else CHANNELS_FIRST,
    )
    for kind, keepdims, data_format in product(
        [layers.GlobalMaxPooling2D, layers.GlobalAveragePooling2D],
        [False, True],
        ["channels_last", "channels_first"],
    )
]
WHOLE_NUMBERS = [
    Case(f"{kind.__name__}, whole numbers", kind, (50 * IMAGES).astype(np.int32))
    for kind in (layers.MaxPooling2D, layers.GlobalMaxPooling2D, layers.GlobalAveragePooling2D)
]
CASES = [*WINDOWED, *GLOBAL, *WHOLE_NUMBERS]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_alone(case: Case) -> None:
    check_alone(case)


def test_all_of_them_through_a_file(tmp_path: Path) -> None:
    check_through_file(CASES, tmp_path)


@pytest.mark.parametrize("value", [-1.0, 1.0], ids=["negative", "positive"])
@pytest.mark.parametrize("kind", [layers.MaxPooling2D, layers.AveragePooling2D])
def test_padding_never_enters_the_result(kind: type, value: float) -> None:
    x = random(1, 3, 3, 1) * 0 + value
    case = Case("padded", partial(kind, 3, strides=1, padding="same"), x)
    check_alone(case)
    assert (case.expected.numpy() == value).all()


sizes = st.integers(1, 5)


@pytest.mark.parametrize("kind", [layers.MaxPooling2D, layers.AveragePooling2D])
@hypothesis.settings(max_examples=40, deadline=None, derandomize=True, database=None)
@hypothesis.given(
    height=st.integers(1, 11),
    width=st.integers(1, 11),
    pool=st.tuples(sizes, sizes),
    strides=st.none() | st.tuples(sizes, sizes),
    padding=st.sampled_from(["valid", "same"]),
)
def test_any_size(
    kind: type, height: int, width: int, pool: tuple[int, int], strides: tuple[int, int] | None, padding: str
) -> None:
    hypothesis.assume(padding == "same" or (pool[0] <= height and pool[1] <= width))
    check_alone(
        Case("any size", partial(kind, pool, strides=strides, padding=padding), random(2, height, width, 2))
    )
