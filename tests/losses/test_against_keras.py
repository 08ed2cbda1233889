from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from losses.loss_cases import CASES, EXTREMES, Array, Case
from maju import losses

TOLERANCES: dict[str, dict[str, Any]] = {
    "float32": {"rtol": 4e-6, "atol": 1e-6},
    "float64": {"rtol": 1e-11, "atol": 1e-12},
}
REDUCTIONS = ("sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", "none", None)


def of_keras(loss: Any, case: Case, dtype: str, weights: Any = None, mask: Any = None) -> tuple[Array, Array]:
    y_true, y_pred = np.asarray(case[2]), tf.constant(case[3].astype(dtype))
    if mask is not None:
        keras.src.backend.set_keras_mask(y_pred, tf.constant(mask))
    with tf.GradientTape() as tape:
        tape.watch(y_pred)
        value = loss(y_true, y_pred, sample_weight=weights)
    return value.numpy(), tape.gradient(value, y_pred).numpy()


def compare(case: Case, dtype: str, weights: Any = None, mask: Any = None, **settings: Any) -> None:
    name, arguments, y_true, y_pred = case
    theirs = getattr(keras.losses, name)(**arguments, **settings, dtype=dtype)
    ours = getattr(losses, name)(**arguments, **settings)
    expected = of_keras(theirs, case, dtype, weights, mask)
    value, backward = ours.vjp(y_true, y_pred.astype(dtype), weights, mask)
    assert ours(y_true, y_pred.astype(dtype), weights, mask) == pytest.approx(value)
    assert isinstance(value, float) or value.dtype == dtype
    gradient = backward()
    assert gradient.dtype == dtype
    np.testing.assert_allclose(value, expected[0], **TOLERANCES[dtype])
    np.testing.assert_allclose(gradient, expected[1], **TOLERANCES[dtype])
    np.testing.assert_allclose(backward(-0.7), -0.7 * gradient, **TOLERANCES[dtype])
    assert np.isfinite(value).all()
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_values_and_gradients(case: Case, dtype: str) -> None:
    compare(case, dtype)
    compare(case, dtype, reduction=None)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", EXTREMES.values(), ids=EXTREMES.keys())
def test_extremes_stay_finite(case: Case, dtype: str) -> None:
    compare(case, dtype)


WEIGHED = ("mse", "mse of sequences", "sparse without class 2", "binary of logits", "dice", "dice by rows")


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("name", WEIGHED)
def test_weights_masks_and_reductions(name: str, reduction: str | None) -> None:
    case = CASES[name]
    kind, arguments, y_true, y_pred = case
    shape = np.shape(getattr(losses, kind)(**arguments, reduction=None)(y_true, y_pred))
    rng = np.random.default_rng(len(name))
    weights = rng.random(shape or (len(y_pred),)).astype(np.float32)
    weights[0] = 0
    mask = rng.random(weights.shape) < 0.6
    given: list[Any] = [weights, weights[..., None], np.float32(0.3)]
    if weights.ndim == 2:
        given.append(weights[:, :1])
    for each in given:
        compare(case, "float32", each, reduction=reduction)
    if shape:
        compare(case, "float32", None, mask, reduction=reduction)
        compare(case, "float32", weights, mask, reduction=reduction)
        compare(case, "float32", weights, np.zeros_like(mask), reduction=reduction)
        if weights.ndim == 2:
            compare(case, "float32", weights[:, :1], mask, reduction=reduction)
    if reduction == "mean_with_sample_weight":
        compare(case, "float32", np.zeros_like(weights), reduction=reduction)


def test_labels_that_do_not_add_up_get_the_gradient_of_tensorflow() -> None:
    y_true = np.array([[1.0, 1, 0], [0.2, 0, 0.1]])
    y_pred = np.array([[0.3, -1, 2], [1, 0, -0.4]])
    compare(("CategoricalCrossentropy", {"from_logits": True}, y_true, y_pred), "float64")


def test_vectors_of_zeros_have_no_direction_and_no_nan() -> None:
    y_true, y_pred = np.array([[3.0, -1], [0, 0], [0, 0]]), np.array([[0.0, 0], [1, -2], [0, 0]])
    loss = losses.CosineSimilarity(reduction=None)
    value, backward = loss.vjp(y_true, y_pred)
    assert value.tolist() == keras.losses.CosineSimilarity(reduction=None)(y_true, y_pred).numpy().tolist()
    assert np.isfinite(backward()).all()


def test_lists_and_whole_numbers_are_computed_in_float32() -> None:
    value, backward = losses.MeanSquaredError().vjp([[1, 2]], [[3, 3]])
    assert value == 2.5
    gradient = backward()
    assert gradient.dtype == np.float32
    assert gradient.tolist() == [[2.0, 1.0]]


def test_the_type_of_number_can_be_chosen() -> None:
    y_true, y_pred = CASES["mse"][2:]
    loss = losses.MeanSquaredError(dtype="float32")
    value, backward = loss.vjp(y_true, y_pred)
    assert value == losses.MeanSquaredError()(y_true, y_pred.astype(np.float32))
    assert backward().dtype == np.float32
