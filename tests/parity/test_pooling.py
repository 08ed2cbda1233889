"""Pooling of sequences and volumes, and adaptive pooling; that of images has tests of its own."""

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

import maju
from maju.errors import InputError
from maju.layers.base import Array
from parity.compare import Case, assert_same, check_alone, check_through_file, random
from parity.compiled import CompiledCase

SEQUENCES = random(3, 11, 4)
IMAGES = random(2, 9, 8, 3)
VOLUMES = random(2, 6, 5, 7, 2)
BOTH = ["channels_last", "channels_first"]
MASK = np.array([[1] * 11, [0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0], [0] * 10 + [1]], bool)


def stored(x: Array, data_format: str) -> Array:
    return x if data_format == "channels_last" else np.ascontiguousarray(np.moveaxis(x, -1, 1))


WINDOWED = [
    *(
        Case(
            f"{kind.__name__}, pool {pool}, strides {strides}, {padding}, {data_format}",
            partial(kind, pool, strides=strides, padding=padding, data_format=data_format),
            stored(SEQUENCES, data_format),
        )
        for kind, pool, strides, padding, data_format in product(
            [layers.MaxPooling1D, layers.AveragePooling1D],
            [1, 2, 3, 4],
            [None, 1, 2, 3],
            ["valid", "same"],
            BOTH,
        )
    ),
    *(
        Case(
            f"{kind.__name__}, pool {pool}, strides {strides}, {padding}, {data_format}",
            partial(kind, pool, strides=strides, padding=padding, data_format=data_format),
            stored(VOLUMES, data_format),
        )
        for kind, pool, strides, padding, data_format in product(
            [layers.MaxPooling3D, layers.AveragePooling3D],
            [1, 2, (2, 3, 4), (3, 1, 2)],
            [None, 1, (3, 1, 2)],
            ["valid", "same"],
            BOTH,
        )
        if (pool, strides, padding) != (1, (3, 1, 2), "same")  # below
    ),
    *(
        Case(
            f"{kind.__name__}, pool larger than the input, strides {strides}",
            partial(kind, 5, strides=strides, padding="same"),
            x,
        )
        for (kind, x), strides in product(
            [
                (layers.MaxPooling1D, random(2, 3, 2)),
                (layers.AveragePooling1D, random(2, 3, 2)),
                (layers.MaxPooling3D, random(2, 2, 3, 1, 2)),
                (layers.AveragePooling3D, random(2, 2, 3, 1, 2)),
            ],
            [None, 1, 2],
        )
    ),
]
GLOBAL = [
    Case(
        f"{kind.__name__}, keepdims {keepdims}, {data_format}",
        partial(kind, keepdims=keepdims, data_format=data_format),
        stored(x, data_format),
    )
    for (kind, x), keepdims, data_format in product(
        [
            (layers.GlobalMaxPooling1D, SEQUENCES),
            (layers.GlobalAveragePooling1D, SEQUENCES),
            (layers.GlobalMaxPooling3D, VOLUMES),
            (layers.GlobalAveragePooling3D, VOLUMES),
        ],
        [False, True],
        BOTH,
    )
]
MASKED = [
    Case(
        f"GlobalAveragePooling1D, mask, keepdims {keepdims}, {data_format}",
        partial(layers.GlobalAveragePooling1D, keepdims=keepdims, data_format=data_format),
        stored(SEQUENCES, data_format),
        MASK,
    )
    for keepdims, data_format in product([False, True], BOTH)
]
ADAPTIVE = [
    *(
        Case(
            f"Adaptive{kind}Pooling1D, {x.shape[1]} steps to {size}",
            partial(getattr(layers, f"Adaptive{kind}Pooling1D"), size),
            x,
        )
        for kind, size, x in product(
            ["Average", "Max"], [1, 2, 3, 4, 5, 7, 10, 11, 13, 22, 30], [SEQUENCES, random(2, 12, 2)]
        )
    ),
    *(
        Case(
            f"Adaptive{kind}Pooling{rank}D to {size}, {data_format}",
            partial(getattr(layers, f"Adaptive{kind}Pooling{rank}D"), size, data_format=data_format),
            stored(x, data_format),
        )
        for kind, (rank, x, size), data_format in product(
            ["Average", "Max"],
            [
                (1, SEQUENCES, (4,)),
                *((2, IMAGES, size) for size in (1, 3, (4, 8), (9, 5), (11, 2))),
                *((3, VOLUMES, size) for size in (1, 2, (3, 5, 4), (7, 2, 1))),
            ],
            BOTH,
        )
    ),
]
WHOLE_NUMBERS = [
    Case(f"{kind.__name__}, whole numbers", make, (50 * SEQUENCES).astype(np.int32))
    for kind, make in [
        (layers.MaxPooling1D, partial(layers.MaxPooling1D, 3, padding="same")),
        (layers.GlobalMaxPooling1D, layers.GlobalMaxPooling1D),
        (layers.GlobalAveragePooling1D, layers.GlobalAveragePooling1D),
        (layers.AdaptiveMaxPooling1D, partial(layers.AdaptiveMaxPooling1D, 4)),
    ]
]
CASES = [*WINDOWED, *GLOBAL, *MASKED, *ADAPTIVE, *WHOLE_NUMBERS]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_alone(case: Case) -> None:
    check_alone(case)


def test_all_of_them_through_a_file(tmp_path: Path) -> None:
    check_through_file(CASES, tmp_path)


@pytest.mark.parametrize("value", [-1.0, 1.0], ids=["negative", "positive"])
@pytest.mark.parametrize("kind", ["MaxPooling1D", "AveragePooling1D", "MaxPooling3D", "AveragePooling3D"])
def test_padding_never_enters_the_result(kind: str, value: float) -> None:
    x = np.full((1, 3, 3, 3, 1) if "3D" in kind else (1, 3, 1), value, np.float32)
    case = Case("padded", partial(getattr(layers, kind), 3, strides=1, padding="same"), x)
    check_alone(case)
    assert (case.expected.numpy() == value).all()


sizes = st.integers(1, 5)


@pytest.mark.parametrize("kind", [layers.MaxPooling3D, layers.AveragePooling3D])
@hypothesis.settings(max_examples=20, deadline=None, derandomize=True, database=None)
@hypothesis.given(
    lengths=st.tuples(*[st.integers(1, 8)] * 3),
    pool=st.tuples(sizes, sizes, sizes),
    strides=st.none() | st.tuples(sizes, sizes, sizes),
    padding=st.sampled_from(["valid", "same"]),
)
def test_any_volume(
    kind: type, lengths: tuple[int, ...], pool: tuple[int, ...], strides: tuple[int, ...] | None, padding: str
) -> None:
    hypothesis.assume(padding == "same" or all(k <= n for k, n in zip(pool, lengths, strict=True)))
    longer = strides is not None and any(s > k + 1 for k, s in zip(pool, strides, strict=True))
    hypothesis.assume(padding == "valid" or not longer)  # the next test
    make = partial(kind, pool, strides=strides, padding=padding)
    check_alone(Case("any volume", make, random(2, *lengths, 2)))


# As for Conv3D, TensorFlow's own kernel starts elsewhere on a CPU than XLA and other devices do.
@pytest.mark.parametrize("strides", [(3, 1, 2), 3, (1, 4, 1)], ids=str)
@pytest.mark.parametrize("kind", [layers.MaxPooling3D, layers.AveragePooling3D])
def test_strides_that_are_longer_than_the_window(kind: type, strides: Any) -> None:
    make = partial(kind, 1, strides=strides, padding="same")
    check_alone(CompiledCase("longer strides", make, VOLUMES))


@pytest.mark.parametrize("kind", [layers.AdaptiveMaxPooling1D, layers.AdaptiveAveragePooling1D])
@hypothesis.settings(max_examples=60, deadline=None, derandomize=True, database=None)
@hypothesis.given(length=st.integers(1, 60), windows=st.integers(1, 60))
def test_any_number_of_windows(kind: type, length: int, windows: int) -> None:
    check_alone(Case("any number", partial(kind, windows), random(1, length, 1)))


def test_a_row_without_a_step_has_no_mean() -> None:
    x, mask = random(2, 3, 4), np.array([[0, 0, 0], [1, 0, 1]], bool)
    theirs = layers.GlobalAveragePooling1D()(x, mask=mask).numpy()
    y = maju.layers.GlobalAveragePooling1DLayer().forward(x, mask=mask)
    assert np.isnan(theirs[0]).all()
    assert np.isnan(y[0]).all()
    assert_same(y[1], theirs[1])


def test_what_is_masked_out_may_be_anything() -> None:
    x = random(3, 11, 4)
    expected = maju.layers.GlobalAveragePooling1DLayer().forward(x, mask=MASK)
    x[~MASK] = np.nan
    np.testing.assert_array_equal(maju.layers.GlobalAveragePooling1DLayer().forward(x, mask=MASK), expected)


@pytest.mark.parametrize("functional", [False, True], ids=["Sequential", "functional"])
def test_the_mask_of_a_model_reaches_it(functional: bool, tmp_path: Path) -> None:
    ids = np.array([[3, 1, 0, 0], [0, 2, 4, 0]], np.int32)
    parts = [layers.Embedding(5, 3, mask_zero=True), layers.Dense(4), layers.GlobalAveragePooling1D()]
    model: Any = keras.Sequential([keras.Input((4,), dtype="int32"), *parts])
    if functional:
        x = y = keras.Input((4,), dtype="int32")
        for part in parts:
            y = part(y)
        model = keras.Model(x, y)
    for weight in model.weights:
        weight.assign(random(*weight.shape, seed=weight.path))
    model.save(tmp_path / "model.keras")
    loaded = maju.load(tmp_path / "model.keras")
    assert_same(loaded.forward(ids), model(ids))


WHERE = {"1D": ("sequences", (2, 3)), "2D": ("images", (2, 2, 3)), "3D": ("volumes", (2, 2, 2, 3))}


@pytest.mark.parametrize("rank", WHERE)
@pytest.mark.parametrize("kind", ["Max", "Average"])
def test_what_does_not_fit(kind: str, rank: str) -> None:
    noun, shape = WHERE[rank]
    windowed = maju.layers.registry.known()[f"{kind}Pooling{rank}"].from_config(
        {"name": "pool", "pool_size": 3}
    )
    whole = maju.layers.registry.known()[f"Global{kind}Pooling{rank}"].from_config({"name": "all"})
    adaptive = maju.layers.registry.known()[f"Adaptive{kind}Pooling{rank}"].from_config(
        {"name": "some", "output_size": 2}
    )
    for layer in (windowed, whole, adaptive):
        where = f"layer {layer.name!r} ({layer.keras_class})"
        with pytest.raises(InputError) as caught:
            layer.forward(np.ones(shape, np.float32))
        assert str(caught.value) == f"{where}: expected {len(shape) + 1} axes, got shape {shape}"
        with pytest.raises(InputError) as caught:
            layer.vjp(np.ones((4, *shape[:-1], 0), np.float32))
        assert str(caught.value) == f"{where}: {noun} of shape {(*shape[:-1], 0)} hold nothing to pool"
    with pytest.raises(InputError) as caught:
        windowed.forward(np.ones((4, *shape), np.float32))
    assert str(caught.value) == (
        f"layer 'pool' ({windowed.keras_class}): {noun} of shape {shape} are smaller than the window"
    )


def test_a_mask_of_another_length() -> None:
    layer = maju.layers.GlobalAveragePooling1DLayer(name="mean")
    with pytest.raises(InputError) as caught:
        layer.forward(np.ones((2, 3, 4)), mask=np.ones((2, 4), bool))
    assert str(caught.value) == (
        "layer 'mean' (GlobalAveragePooling1D): expected a mask of shape (2, 3), got (2, 4)"
    )


def test_an_adaptive_pooling_to_nothing_is_damaged() -> None:
    with pytest.raises(ValueError, match="output_size=0; expected whole numbers of at least 1"):
        maju.layers.AdaptiveMaxPooling1DLayer(0)
