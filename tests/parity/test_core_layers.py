"""Masking, EinsumDense, Dot, Identity, ReversibleEmbedding, and ThresholdedReLU of Keras 2."""

from __future__ import annotations

from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from keras.src import backend
from keras.src.legacy.layers import ThresholdedReLU

import maju
from maju.layers import IdentityLayer, MaskingLayer, ReversibleEmbeddingLayer
from maju.layers.base import Array
from parity.compare import (
    KERAS_ACTIVATIONS,
    Case,
    assert_same,
    check_alone,
    check_through_file,
    random,
    scramble,
)

ROWS = random(4, 6)
STEPS = random(3, 5, 6)
IMAGES = random(2, 5, 3, 4)
VOLUMES = random(2, 3, 2, 4, 5)
PADDED = STEPS.copy()
PADDED[0, 2:] = 0
PADDED[1, 1] = 0.1
PADDED[2] = -2
PADDED[0, 0, :5] = 0

# equation, output_shape, bias_axes, x
EQUATIONS: list[tuple[str, Any, str | None, Array]] = [
    ("ab,bc->ac", 7, None, ROWS),
    ("ab,bc->ac", 7, "c", ROWS),
    ("ab,cb->ac", (7,), "c", ROWS),
    ("abc,cd->abd", (None, 7), "d", STEPS),
    ("abc,cd->abd", (5, 7), "bd", STEPS),
    ("abc,cd->abd", (5, 7), "b", STEPS),
    ("abc,cd->adb", (7, 5), "d", STEPS),
    ("abc,bcd->ad", 7, "d", STEPS),
    ("abc,bcd->abd", (5, 7), "bd", STEPS),
    ("abc,bd->adc", (7, 6), "d", STEPS),
    ("abc,bd->acd", (6, 7), "cd", STEPS),
    ("abc,cde->abde", (5, 2, 3), "de", STEPS),
    ("abc,cde->abde", (5, 2, 3), "e", STEPS),
    ("abcd,cde->abe", (None, 7), "e", IMAGES),
    ("abcd,de->aebc", (7, 5, 3), "e", IMAGES),
    ("abc,bd->ad", 7, "d", STEPS),
    ("abc,c->abc", (5, 6), "c", STEPS),
    ("abc,c->ab", 5, None, STEPS),
    ("...x,xy->...y", 7, "y", ROWS),
    ("...x,xy->...y", 7, "y", STEPS),
    ("...x,xy->...y", 7, None, IMAGES),
    ("...bc,cd->...bd", (3, 7), "d", IMAGES),
    ("...bc,cd->...bd", (3, 7), "b", VOLUMES[:, 0, :, :3]),
    ("...bc,bcd->...d", 7, "d", VOLUMES),
    ("ab...,bc->ac...", 7, None, STEPS),
    ("ab...,bc->ac...", 7, "c", STEPS),
    ("ab...,bc->ac...", 7, "c", ROWS),
    ("ab...,bc->ac...", 7, "c", VOLUMES),
    ("abc...,cd->abd...", (3, 7), "bd", VOLUMES[:, :3]),
    ("abc...,cd->adb...", (7, 5), "db", IMAGES),
]


def title(equation: str, output_shape: Any, bias_axes: str | None, x: Array) -> str:
    return f"EinsumDense {equation} to {output_shape}, bias {bias_axes}, {x.ndim} axes"


EINSUMS = [
    Case(
        title(equation, output_shape, bias_axes, x),
        partial(layers.EinsumDense, equation, output_shape, bias_axes=bias_axes),
        x,
    )
    for equation, output_shape, bias_axes, x in EQUATIONS
]
DOTS = [
    *(
        Case(
            f"Dot {axes}, {x1.ndim} and {x2.ndim} axes, normalize {normalize}",
            partial(layers.Dot, axes, normalize=normalize),
            [x1, x2],
        )
        for (axes, x1, x2), normalize in product(
            [
                (1, ROWS, random(4, 6, seed="y")),
                (-1, ROWS, random(4, 6, seed="y")),
                (1, STEPS, random(3, 5, 2)),
                ((1, 2), STEPS, random(3, 2, 5)),
                ((2, 1), STEPS, random(3, 6, 2)),
                (2, STEPS, random(3, 2, 6)),
                (-1, STEPS, random(3, 2, 6)),
                ((-1, -2), STEPS, random(3, 6, 2)),
                ((2, 1), STEPS, random(3, 6)),
                ((1, 2), random(3, 6), STEPS),
                ((3, 1), IMAGES, random(2, 4)),
                ((1, 2), random(2, 3), IMAGES),
                ((2, 1), IMAGES, random(2, 3, 7)),
                ((2, 3), random(2, 7, 4), IMAGES),
                ((1, 2), IMAGES, random(2, 3, 5, 2)),
                ((3, 2), VOLUMES, random(2, 3, 4, 2)),
            ],
            [False, True],
        )
    ),
    Case("Dot of zeros", partial(layers.Dot, 1, normalize=True), [ROWS * 0, random(4, 6, seed="y")]),
]
CASES = [
    *EINSUMS,
    *(
        Case(
            f"EinsumDense, {activation}",
            partial(layers.EinsumDense, "abc,cd->abd", (5, 4), activation=activation, bias_axes="d"),
            STEPS,
        )
        for activation in KERAS_ACTIVATIONS
    ),
    *DOTS,
    *(Case(f"Masking {value}", partial(layers.Masking, value), PADDED) for value in (0.0, 0, 0.1, -2)),
    Case("Masking, unsaid", layers.Masking, PADDED),
    Case("Masking of rows", layers.Masking, PADDED[:, 2]),
    Case("Masking of images", partial(layers.Masking, 0.1), np.stack([PADDED, PADDED], axis=2)),
    Case("Identity", layers.Identity, STEPS),
    Case("Identity of whole numbers", layers.Identity, np.arange(12, dtype=np.int32).reshape(3, 4)),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_alone(case: Case) -> None:
    check_alone(case)


def test_all_of_them_through_a_file(tmp_path: Path) -> None:
    check_through_file(CASES, tmp_path)


@pytest.mark.parametrize("theta", [0.0, 0.5, 1.0])
def test_the_thresholded_relu_of_keras_2(theta: float) -> None:
    x = STEPS.copy()
    x[0, 0, :3] = theta
    case = Case("ThresholdedReLU", partial(ThresholdedReLU, theta=theta), x)
    check_alone(case)
    assert 0 < (case.twin.forward(x) == 0).mean() < 1


# Masks

MASK = np.array([[1, 0, 1, 1, 0], [0, 1, 1, 0, 1], [0, 0, 0, 0, 0]], bool)
MASKED: list[Any] = [
    layers.Identity(),
    layers.EinsumDense("abc,cd->abd", (5, 7), bias_axes="d"),
    layers.EinsumDense("...c,cd->...d", 7),
    ThresholdedReLU(theta=0.3),
    layers.Masking(),
    layers.Masking(0.1),
]


@pytest.mark.filterwarnings("ignore:.*does not support masking:UserWarning")
@pytest.mark.parametrize("layer", MASKED, ids=[f"{i} {type(m).__name__}" for i, m in enumerate(MASKED)])
def test_a_mask_is_made_passed_on_or_dropped_as_in_keras(layer: Any) -> None:
    case = Case("masked", lambda: layer, PADDED)
    tensor = keras.ops.convert_to_tensor(PADDED)
    backend.set_keras_mask(tensor, keras.ops.convert_to_tensor(MASK))
    expected = backend.get_keras_mask(case.keras_layer(tensor))
    found = case.twin.compute_mask(PADDED, MASK)
    assert (found is None) == (expected is None)
    if expected is not None:
        np.testing.assert_array_equal(found, expected)


def test_the_identity_of_keras_2_drops_a_mask() -> None:
    layer = IdentityLayer.from_config({"name": "same", "passes_mask": False})
    assert layer.compute_mask(STEPS, MASK) is None
    assert layer.get_config() == {"name": "same", "passes_mask": False}
    assert IdentityLayer(name="same").get_config() == {"name": "same"}


@pytest.mark.filterwarnings("ignore:.*does not support masking:UserWarning")
@pytest.mark.parametrize("masks", [[MASK, MASK], [MASK, None], [None, None]], ids=["both", "one", "none"])
def test_dot_drops_masks_as_in_keras(masks: list[Any]) -> None:
    case = Case("masked", partial(layers.Dot, 2), [STEPS, STEPS])
    tensors = [keras.ops.convert_to_tensor(x) for x in case.x]
    for tensor, mask in zip(tensors, masks, strict=True):
        if mask is not None:
            backend.set_keras_mask(tensor, keras.ops.convert_to_tensor(mask))
    assert backend.get_keras_mask(case.keras_layer(tensors)) is None
    assert case.twin.compute_mask(case.x, masks) is None


@pytest.mark.parametrize("value", [0, 2, 0.5])
def test_a_mask_of_whole_numbers(value: float) -> None:
    ids = np.array([[[0, 0], [2, 2], [0, 2]]], np.int32)
    expected = layers.Masking(value).compute_mask(keras.ops.convert_to_tensor(ids))
    np.testing.assert_array_equal(MaskingLayer(value).compute_mask(ids), expected)


@pytest.mark.parametrize("kind", ["Sequential", "Functional"])
def test_what_masking_leaves_out_an_lstm_does_not_see(kind: str, tmp_path: Path) -> None:
    stack = [
        layers.Masking(0.0),
        layers.LayerNormalization(),
        layers.SpatialDropout1D(0.5),
        layers.Identity(),
        layers.LSTM(4, return_sequences=True),
        layers.GaussianNoise(0.1),
        layers.GRU(3),
        layers.Dense(2, activation="softmax"),
    ]
    if kind == "Sequential":
        model = keras.Sequential([keras.Input(STEPS.shape[1:]), *stack])
    else:
        y = x = keras.Input(STEPS.shape[1:])
        for layer in stack:
            y = layer(y)
        model = keras.Model(x, y)
    scramble(model)
    model.save(tmp_path / "model.keras")
    found = maju.load(tmp_path / "model.keras").predict(PADDED)
    assert_same(found, model(PADDED), tolerance=1e-6)
    unmasked = keras.Sequential([keras.Input(STEPS.shape[1:]), *stack[1:]])
    assert np.abs(unmasked(PADDED).numpy() - found).max() > 1e-3


# ReversibleEmbedding

IDS = np.random.default_rng(3).integers(0, 9, (4, 6)).astype(np.int32)


def reversible(**config: Any) -> Case:
    return Case("reversible", partial(layers.ReversibleEmbedding, 9, 5, **config), IDS)


@pytest.mark.parametrize("tie_weights", [True, False])
@pytest.mark.parametrize("logit_soft_cap", [None, 0.7])
def test_a_reversible_embedding_both_ways(tie_weights: bool, logit_soft_cap: float | None) -> None:
    case = reversible(tie_weights=tie_weights, logit_soft_cap=logit_soft_cap)
    check_alone(case)
    twin = case.twin
    assert isinstance(twin, ReversibleEmbeddingLayer)
    vectors = random(4, 6, 5)
    expected = case.keras_layer(keras.ops.convert_to_tensor(vectors), reverse=True)
    found = twin.forward(vectors, reverse=True)
    assert_same(found, expected)
    assert twin.output_shape((None, 6, 5), reverse=True) == (None, 6, 9)


@pytest.mark.parametrize("mask_zero", [True, False])
def test_the_mask_of_a_reversible_embedding(mask_zero: bool) -> None:
    case = reversible(mask_zero=mask_zero)
    expected = backend.get_keras_mask(case.keras_layer(keras.ops.convert_to_tensor(IDS)))
    twin = case.twin
    assert isinstance(twin, ReversibleEmbeddingLayer)
    found = twin.compute_mask(IDS)
    assert (found is None) == (expected is None) == (not mask_zero)
    if expected is not None:
        np.testing.assert_array_equal(found, expected)
    assert twin.compute_mask(random(4, 6, 5), reverse=True) is None


def test_a_reversible_embedding_through_a_file(tmp_path: Path) -> None:
    model = keras.Sequential(
        [
            keras.Input((6,), dtype="int32"),
            layers.ReversibleEmbedding(9, 5, tie_weights=False, mask_zero=True),
            layers.LSTM(3),
        ]
    )
    scramble(model)
    model.save(tmp_path / "model.keras")
    assert_same(maju.load(tmp_path / "model.keras").predict(IDS), model(IDS))


def test_keras_opens_a_model_of_all_kinds_that_maju_saved(tmp_path: Path) -> None:
    model = keras.Sequential(
        [
            keras.Input((8, 6, 4)),
            layers.ZeroPadding2D(((1, 0), (2, 1))),
            layers.Cropping2D((1, 0)),
            layers.UpSampling2D((2, 1), interpolation="bicubic"),
            layers.GroupNormalization(2),
            layers.SpatialDropout2D(0.2),
            layers.LayerNormalization(axis=[1, 3]),
            layers.UnitNormalization(),
            layers.Permute((2, 1, 3)),
            layers.Reshape((-1, 4)),
            layers.EinsumDense("abc,cd->abd", (None, 5), bias_axes="d", activation="tanh"),
            layers.RMSNormalization(),
            layers.GaussianNoise(0.1),
            layers.GaussianDropout(0.1),
            layers.AlphaDropout(0.1),
            layers.ActivityRegularization(0.1, 0.1),
            layers.Identity(),
            layers.Cropping1D(2),
            layers.ZeroPadding1D(1),
            layers.UpSampling1D(2),
            layers.Masking(0.0),
            layers.LSTM(4),
            layers.RepeatVector(3),
            layers.Flatten(),
            layers.Dense(3, activation="softmax"),
        ]
    )
    scramble(model)
    model.save(tmp_path / "of-keras.keras")
    x = random(2, 8, 6, 4)
    expected = model(x)
    loaded = maju.load(tmp_path / "of-keras.keras")
    assert_same(loaded.predict(x), expected, tolerance=1e-6)
    loaded.save(tmp_path / "of-maju.keras")
    assert_same(keras.models.load_model(tmp_path / "of-maju.keras")(x).numpy(), expected, tolerance=1e-6)
