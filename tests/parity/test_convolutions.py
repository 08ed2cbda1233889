"""Conv1D and Conv3D, and what holds of convolutions of every rank; Conv2D's own tests are beside this."""

from __future__ import annotations

import re
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
from parity.compare import Case, assert_same, check_alone, check_through_file, random, twin
from parity.compiled import CompiledCase

SEQUENCES = random(2, 11, 3)
VOLUMES = random(2, 6, 5, 7, 2)
DEEP_SEQUENCES = random(2, 9, 6)
DEEP_VOLUMES = random(1, 4, 5, 4, 6)

CASES = [
    *(
        Case(
            f"Conv1D, kernel {kernel}, strides {strides}, {padding}",
            partial(layers.Conv1D, 4, kernel, strides=strides, padding=padding),
            SEQUENCES,
        )
        for kernel, strides, padding in product([1, 2, 3, 4, 7], [1, 2, 3, 5], ["valid", "same", "causal"])
    ),
    *(
        Case(
            f"Conv1D, kernel {kernel}, dilation {dilation}, {padding}",
            partial(layers.Conv1D, 4, kernel, dilation_rate=dilation, padding=padding),
            SEQUENCES,
        )
        for kernel, dilation, padding in product([2, 3, 4], [2, 3], ["valid", "same", "causal"])
    ),
    *(
        Case(
            f"Conv1D, groups {groups}, strides {strides}, {padding}",
            partial(layers.Conv1D, 12, 4, groups=groups, strides=strides, padding=padding),
            DEEP_SEQUENCES,
        )
        for groups, strides, padding in product([2, 3, 6], [1, 2], ["valid", "same", "causal"])
    ),
    *(
        Case(
            f"Conv1D, groups 3, dilation 2, {padding}",
            partial(layers.Conv1D, 6, 2, groups=3, dilation_rate=2, padding=padding),
            DEEP_SEQUENCES,
        )
        for padding in ("valid", "same", "causal")
    ),
    *(
        Case(
            f"Conv1D, kernel {kernel} larger than the sequence, strides {strides}, {padding}",
            partial(layers.Conv1D, 4, kernel, strides=strides, padding=padding),
            random(2, 3, 2),
        )
        for kernel, strides, padding in product([5, 8], [1, 2], ["same", "causal"])
    ),
    *(
        Case(
            f"Conv3D, kernel {kernel}, strides {strides}, {padding}",
            partial(layers.Conv3D, 3, kernel, strides=strides, padding=padding),
            VOLUMES,
        )
        for kernel, strides, padding in product(
            [1, 3, (2, 3, 4), (4, 1, 2)], [1, 2, (3, 1, 2)], ["valid", "same"]
        )
        if (kernel, strides, padding) != (1, (3, 1, 2), "same")  # below
    ),
    *(
        Case(
            f"Conv3D, dilation {dilation}, {padding}",
            partial(layers.Conv3D, 3, (2, 3, 2), dilation_rate=dilation, padding=padding),
            VOLUMES,
        )
        for dilation, padding in product([2, (3, 1, 2)], ["valid", "same"])
    ),
    *(
        Case(
            f"Conv3D, groups {groups}, {padding}",
            partial(layers.Conv3D, 6, (2, 3, 1), groups=groups, padding=padding, use_bias=False),
            DEEP_VOLUMES,
        )
        for groups, padding in product([2, 3], ["valid", "same"])
    ),
    *(
        Case(f"{kind.__name__}, {activation}", partial(kind, 4, 2, activation=activation), 0.4 * x)
        for (kind, x), activation in product(
            [(layers.Conv1D, SEQUENCES), (layers.Conv3D, VOLUMES)], ["relu", "softmax", "gelu"]
        )
    ),
    Case("Conv1D, no bias, one filter", partial(layers.Conv1D, 1, 3, use_bias=False), SEQUENCES),
    Case("Conv3D, one volume", partial(layers.Conv3D, 4, 3), VOLUMES[:1]),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_alone(case: Case) -> None:
    check_alone(case)


def test_all_of_them_through_a_file(tmp_path: Path) -> None:
    check_through_file(CASES, tmp_path)


# TensorFlow's own Conv3D on a CPU starts at the second element where the last window ends two before the last
# element; XLA, as GPUs, JAX and Torch do, starts at the first.
@pytest.mark.parametrize("strides", [(3, 1, 2), 3], ids=str)
def test_strides_that_are_longer_than_the_kernel(strides: Any) -> None:
    make = partial(layers.Conv3D, 3, 1, strides=strides, padding="same")
    check_alone(CompiledCase("longer strides", make, VOLUMES))


KINDS = {"Conv1D": (15,), "Conv2D": (8, 7), "Conv3D": (5, 6, 4)}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "settings",
    [
        {"strides": 2, "padding": "same"},
        {"dilation_rate": 2},
        {"activation": "softmax", "padding": "same"},
        {"groups": 2, "strides": 2},
    ],
    ids=["strides", "dilation", "softmax", "groups"],
)
def test_channels_first_as_xla_computes_them(kind: str, settings: dict[str, Any]) -> None:
    make = partial(getattr(layers, kind), 6, 2, data_format="channels_first", **settings)
    check_alone(CompiledCase("channels first", make, random(2, 4, *KINDS[kind])))


def test_causal_with_channels_first() -> None:
    make = partial(layers.Conv1D, 6, 3, padding="causal", strides=2, data_format="channels_first")
    check_alone(CompiledCase("causal", make, random(2, 4, 9)))


# Keras on TensorFlow takes the last axis for the filters where it has as many places as there are filters.
@pytest.mark.parametrize("kind", KINDS)
def test_the_bias_belongs_to_the_filters_even_where_the_output_is_as_wide(kind: str) -> None:
    lengths = (5,) * len(KINDS[kind])
    x = random(2, *lengths, 3)
    case = Case("channels last", partial(getattr(layers, kind), 4, 2), x)
    first = getattr(layers, kind)(4, 2, data_format="channels_first")
    moved = np.ascontiguousarray(np.moveaxis(x, -1, 1))
    first.build(moved.shape)
    first.set_weights([weight.numpy() for weight in case.keras_layer.weights])
    y = twin(first, moved.shape).forward(moved)
    assert y.shape == (2, *[4] * (len(lengths) + 1))
    assert_same(np.moveaxis(y, 1, -1), case.expected)


sizes = st.integers(1, 5)


@hypothesis.settings(max_examples=40, deadline=None, derandomize=True, database=None)
@hypothesis.given(
    length=st.integers(1, 12),
    kernel=sizes,
    strides=sizes,
    padding=st.sampled_from(["valid", "same", "causal"]),
)
def test_any_length(length: int, kernel: int, strides: int, padding: str) -> None:
    hypothesis.assume(padding != "valid" or kernel <= length)
    make = partial(layers.Conv1D, 2, kernel, strides=strides, padding=padding)
    check_alone(Case("any length", make, random(2, length, 2)))


def test_a_causal_output_does_not_see_what_comes_later() -> None:
    case = Case("causal", partial(layers.Conv1D, 3, 3, dilation_rate=2, padding="causal"), SEQUENCES)
    changed = SEQUENCES.copy()
    changed[:, 6:] += 1
    before, after = case.twin.forward(SEQUENCES), case.twin.forward(changed)
    np.testing.assert_array_equal(before[:, :6], after[:, :6])
    assert np.abs(before[:, 6:] - after[:, 6:]).min() > 0


@pytest.mark.parametrize("kind", KINDS)
def test_what_lora_learnt_is_in_the_kernel_of_the_file(kind: str, tmp_path: Path) -> None:
    x = random(2, *KINDS[kind], 3)
    model = keras.Sequential([keras.Input(x.shape[1:]), getattr(layers, kind)(4, 3, name="adapted")])
    model.layers[0].enable_lora(2)
    for weight in model.weights:
        weight.assign(random(*weight.shape, seed=weight.path))
    model.save(tmp_path / "model.keras")
    found = maju.load(tmp_path / "model.keras")
    assert_same(found.forward(x), model(x), tolerance=1e-4)
    found.save(tmp_path / "again.keras")
    again = keras.models.load_model(tmp_path / "again.keras")
    assert_same(found.forward(x), again(x), tolerance=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_what_does_not_fit(kind: str) -> None:
    noun = {1: "sequences", 2: "images", 3: "volumes"}[len(KINDS[kind])]
    layer = Case("small", partial(getattr(layers, kind), 4, 3, name="conv"), random(1, *KINDS[kind], 3)).twin
    short = np.ones((1, *[2] * len(KINDS[kind]), 3), np.float32)
    with pytest.raises(InputError) as caught:
        layer.forward(short)
    assert str(caught.value) == (
        f"layer 'conv' ({kind}): {noun} of shape {short.shape[1:]} are smaller than what the kernel covers"
    )
    with pytest.raises(InputError) as caught:
        layer.vjp(np.ones((1, 9, 9, 9, 9, 3)))
    assert str(caught.value) == (
        f"layer 'conv' ({kind}): expected {noun} of 3 channels, got shape (1, 9, 9, 9, 9, 3)"
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"groups": 4}, "6 channels cannot be cut into 4 groups"),
        ({"groups": 3, "filters": 4}, "4 filters cannot be cut into 3 groups"),
        ({"kernel_size": [2, 2]}, "expected 1 numbers, got [2, 2]"),
    ],
    ids=["channels", "filters", "kernel size"],
)
def test_hyper_parameters_that_contradict_the_shapes(change: dict[str, Any], message: str) -> None:
    config = {"name": "conv", "filters": 8, "kernel_size": 2, **change}
    kernel = np.ones((2, 2, config["filters"]), np.float32)

    def make() -> None:
        maju.layers.Conv1DLayer.weight_shapes(config, (None, 9, 6))
        maju.layers.Conv1DLayer.from_config(config, {"kernel": kernel})

    with pytest.raises(ValueError, match=re.escape(message)):
        make()
