"""Integrated gradients against the same with TensorFlow's gradient tape, and against their sum."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import maju
from maju.errors import GradientError, InputError
from maju.layers.base import Array
from maju.visualize import integrated_gradients
from visualize.fixtures import Pairs, image, logits_of


def on_tape(score: Any, start: Array, end: Array, steps: int) -> Array:
    """(end − start) times the mean gradient at the middles of the steps, one by one."""
    total = np.zeros(end.shape)
    for step in range(steps):
        point = tf.constant(start + (step + 0.5) / steps * (end - start), tf.float32)
        with tf.GradientTape() as tape:
            tape.watch(point)
            y = score(point[tf.newaxis])
        total += tape.gradient(y, point).numpy()
    return np.asarray((end - start) * total / steps)


@pytest.mark.parametrize("logits", [False, True], ids=["probability", "logit"])
def test_an_image(pairs: Pairs, logits: bool) -> None:
    pair, x = pairs["image_classifier"], image(2, 12, 10, 3)
    baseline = image(12, 10, 3, seed=3)
    ours = integrated_gradients(pair.maju, x, row=1, target=3, steps=40, baseline=baseline, logits=logits)
    model = logits_of(pair.keras) if logits else pair.keras
    expected = on_tape(lambda point: model(point)[:, 3], baseline, x[1], 40)
    np.testing.assert_allclose(ours.values, expected, rtol=1e-3, atol=1e-5 * np.abs(expected).max())
    ends = model(np.stack([baseline, x[1]])).numpy()[:, 3]
    np.testing.assert_allclose([ours.at_baseline, ours.at_x], ends, rtol=1e-5)
    assert (ours.layer, ours.steps, ours.values.shape) == ("pixels", 40, (12, 10, 3))


@pytest.mark.parametrize("target", [0, 1])
def test_a_single_sigmoid_adds_to_one_class_what_it_takes_from_the_other(pairs: Pairs, target: int) -> None:
    pair, x = pairs["binary"], image(1, 9, 7, 1)
    ours = integrated_gradients(pair.maju, x, target=target, steps=16)
    expected = on_tape(lambda point: pair.keras(point)[:, 0], np.zeros((9, 7, 1)), x[0], 16)
    np.testing.assert_allclose(ours.values, expected if target else -expected, rtol=1e-3, atol=1e-7)


@pytest.mark.parametrize("target", [0, 2, 3])
def test_the_sum_is_the_difference_of_the_outputs(pairs: Pairs, target: int) -> None:
    pair, x = pairs["image_classifier"], 2 * image(1, 12, 10, 3)
    ours = integrated_gradients(pair.maju, x, target=target)
    before, after = pair.keras.predict(np.concatenate([np.zeros_like(x), x]), verbose=0)[:, target]
    assert abs(after - before) > 1e-3
    assert abs(ours.values.sum() - (after - before)) <= 0.011 * abs(after - before)
    assert ours.gap == pytest.approx(ours.at_x - ours.at_baseline - ours.values.sum())
    fine = integrated_gradients(pair.maju, x, target=target, steps=1000)
    assert abs(fine.gap) <= 1e-4 * np.abs(fine.values).sum()  # a ReLU bends, and float32 rounds


def test_from_an_inner_layer_on(pairs: Pairs) -> None:
    pair, x = pairs["image_classifier"], image(1, 12, 10, 3)
    ours = integrated_gradients(pair.maju, x, "pool", target=0, steps=20)
    after = keras.Model(pair.keras.get_layer("pool").output, pair.keras.outputs[0])
    pooled = keras.Model(pair.keras.inputs[0], pair.keras.get_layer("pool").output)(x).numpy()[0]
    np.testing.assert_allclose(ours.x, pooled, rtol=1e-5, atol=1e-6)
    expected = on_tape(lambda point: after(point)[:, 0], np.zeros_like(pooled), pooled, 20)
    np.testing.assert_allclose(ours.values, expected, rtol=1e-3, atol=1e-6)


def test_one_of_two_inputs(pairs: Pairs) -> None:
    pair = pairs["nested"]
    left, right = image(1, 8, 9, 2), image(1, 5, seed=1)
    ours = integrated_gradients(pair.maju, [left, right], "right", output="two", target=1, steps=12)
    fixed = tf.constant(left)
    expected = on_tape(lambda point: pair.keras([fixed, point])[1][:, 1], np.zeros(5), right[0], 12)
    np.testing.assert_allclose(ours.values, expected, rtol=1e-3, atol=1e-6)
    both = integrated_gradients(pair.maju, [left, right], output=1, target=1)
    assert (both.layer, both.values.shape) == ("left", (8, 9, 2))


def test_whole_numbers_are_changed_little_by_little_all_the_same(channels_first: maju.Model) -> None:
    x = (255 * image(1, 3, 7, 6)).astype(np.uint8)
    found = integrated_gradients(channels_first, x)
    assert found.values.shape == (3, 7, 6)
    assert abs(found.gap) <= 0.011 * abs(found.at_x - found.at_baseline)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 0}, "steps=0; expected a whole number of at least 1"),
        (
            {"baseline": np.zeros((2, 2))},
            r"baseline: expected one number or shape \(12, 10, 3\), got \(2, 2\)",
        ),
        ({"baseline": np.nan}, "the output is not finite at the baseline, or for the input itself"),
        ({"target": (0, 0)}, r"target=\(0, 0\): output 'classes' has the classes 0 to 3"),
    ],
    ids=["steps", "shape", "nan", "place"],
)
def test_what_does_not_fit_is_told(pairs: Pairs, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        integrated_gradients(pairs["image_classifier"].maju, image(1, 12, 10, 3), **options)


def test_no_image_and_no_numbers(pairs: Pairs) -> None:
    with pytest.raises(InputError, match="takes no image, but"):
        integrated_gradients(pairs["text"].maju, ["enak"])
    name = pairs["text"].maju.layers[0].name
    with pytest.raises(InputError, match=f"layer '{name}' gives no numbers that could be changed"):
        integrated_gradients(pairs["text"].maju, ["enak"], name)
    with pytest.raises(
        GradientError, match=r"layer 'two' \(Dense\): no gradient comes back to it from output 'one'"
    ):
        integrated_gradients(pairs["nested"].maju, [image(1, 8, 9, 2), image(1, 5)], "two")


def test_an_output_of_several_axes_needs_a_place() -> None:
    model = maju.Sequential(
        [maju.Input((4, 5, 1)), maju.layers.Conv2D(2, 3, padding="same", name="pixelwise")]
    )
    with pytest.raises(
        InputError, match=r"has shape \(4, 5, 2\) for each row: name one number of it, as target"
    ):
        integrated_gradients(model, image(1, 4, 5, 1))
    found = integrated_gradients(model, image(1, 4, 5, 1), target=(1, 2, 1))
    assert np.flatnonzero(found.values[..., 0].any(axis=1)).tolist() == [0, 1, 2]
