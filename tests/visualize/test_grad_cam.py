"""Grad-CAM and Grad-CAM++ against the same with TensorFlow's gradient tape."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import maju
from maju.errors import InputError
from maju.layers.base import Array
from maju.visualize import grad_cam
from maju.visualize.probe import call_at
from maju.visualize.sample import sample_of
from visualize.fixtures import Pairs, image, logits_of


def tape_cam(maps: Array, slopes: Array, plus_plus: bool) -> Array:
    """The map from (height, width, channels), by the formulas of the papers, place by place."""
    flat, g = maps.reshape(-1, maps.shape[-1]).astype(float), slopes.reshape(-1, maps.shape[-1]).astype(float)
    weights = []
    for a_k, g_k in zip(flat.T, g.T, strict=True):
        if plus_plus:
            below = 2 * g_k**2 + a_k.sum() * g_k**3
            alpha = np.where(below != 0, g_k**2 / np.where(below != 0, below, 1), 0)
            weights.append((alpha * np.maximum(g_k, 0)).sum())
        else:
            weights.append(g_k.mean())
    return np.asarray(np.maximum((flat * np.array(weights)).sum(axis=1), 0).reshape(maps.shape[:-1]))


def on_tape(model: Any, layer: str, x: Array, index: int, sign: int = 1) -> tuple[Array, Array]:
    """What a layer of a Keras model gives for one row, and the gradient of an output there."""
    both = keras.Model(model.inputs[0], [model.get_layer(layer).output, model.outputs[0]])
    with tf.GradientTape() as tape:
        maps, y = both(x)
        score = sign * y[:, index]
    return maps.numpy()[0], tape.gradient(score, maps).numpy()[0]


@pytest.mark.parametrize("plus_plus", [False, True], ids=["plain", "plus-plus"])
@pytest.mark.parametrize("layer", ["first", "pool", "last"])
def test_softmax(pairs: Pairs, layer: str, plus_plus: bool) -> None:
    pair, x = pairs["image_classifier"], image(3, 12, 10, 3)
    model, p = logits_of(pair.keras), pair.keras.predict(x, verbose=0)[1]
    something = 0
    for target in range(4):
        ours = grad_cam(pair.maju, x, layer, target=target, row=1, plus_plus=plus_plus)
        maps, slopes = on_tape(model, layer, x[1:2], target)
        expected = tape_cam(maps, slopes, plus_plus)
        np.testing.assert_allclose(ours.map, expected, rtol=1e-4, atol=1e-5 * max(expected.max(), 1e-2))
        something += expected.max() > 0
        assert ours.target.class_id == target
        assert ours.target.value == pytest.approx(p[target], rel=1e-4)
    assert something >= 2


@pytest.mark.parametrize("target", [0, 1])
def test_a_single_sigmoid_has_two_classes(pairs: Pairs, target: int) -> None:
    pair, x = pairs["binary"], image(1, 9, 7, 1)
    ours = grad_cam(pair.maju, x, target=target)
    maps, slopes = on_tape(logits_of(pair.keras), "conv", x, 0, sign=1 if target else -1)
    np.testing.assert_allclose(ours.map, tape_cam(maps, slopes, False), rtol=1e-4, atol=1e-7)
    p = pair.keras.predict(x, verbose=0)[0, 0]
    assert ours.target.value == pytest.approx(p if target else 1 - p, rel=1e-5)
    assert grad_cam(pair.maju, x).target.class_id == int(p > 0.5)


def test_a_layer_of_a_nested_model_and_another_output(pairs: Pairs) -> None:
    pair = pairs["nested"]
    x = {"left": image(2, 8, 9, 2), "right": image(2, 5, seed=1)}
    ours = grad_cam(pair.maju, x, target=1, output="two", row=1)
    assert ours.layer == "inner/deep"
    inner = pair.keras.get_layer("inner")
    with tf.GradientTape() as tape:
        maps = inner.get_layer("deep")(x["left"][1:])
        tape.watch(maps)
        flat = tf.reshape(inner.layers[-1](maps), (1, -1))
        wide = pair.keras.get_layer("wide")
        y = pair.keras.get_layer("two")(tf.concat([flat, wide(wide(x["right"][1:]))], axis=1))
        score = y[:, 1]
    slopes = tape.gradient(score, maps).numpy()[0]
    np.testing.assert_allclose(ours.map, tape_cam(maps.numpy()[0], slopes, False), rtol=1e-4, atol=1e-6)
    assert grad_cam(pair.maju, x, "deep", target=1, output=1, row=1).map.tolist() == ours.map.tolist()


@pytest.mark.parametrize(("name", "shape"), [("sequence", (2, 9, 3)), ("volume", (2, 5, 6, 4, 2))])
def test_along_one_axis_and_along_three(pairs: Pairs, name: str, shape: tuple[int, ...]) -> None:
    pair, x = pairs[name], image(*shape)
    ours = grad_cam(pair.maju, x, target=1)
    model = logits_of(pair.keras) if name == "volume" else pair.keras
    maps, slopes = on_tape(model, "conv", x[:1], 1)
    expected = tape_cam(maps, slopes, False)
    np.testing.assert_allclose(ours.map, expected, rtol=1e-4, atol=1e-5 * expected.max())


def test_channels_first(channels_first: maju.Model) -> None:
    x = (255 * image(1, 3, 7, 6)).astype(np.uint8)
    ours = grad_cam(channels_first, x)
    maps = call_at(channels_first, sample_of(channels_first, x).inputs, "up").y[0]
    assert ours.layer == "up"
    assert (ours.map.shape, ours.weights.shape) == ((6, 5), (4,))
    np.testing.assert_allclose(ours.map, np.maximum(np.einsum("k,kij->ij", ours.weights, maps), 0), rtol=1e-5)


@pytest.mark.parametrize(
    ("name", "shape", "options", "message"),
    [
        (
            "image_classifier",
            (1, 12, 10, 3),
            {"target": 4},
            "target=4: output 'classes' has the classes 0 to 3",
        ),
        (
            "image_classifier",
            (1, 12, 10, 3),
            {"target": -1},
            "target=-1: output 'classes' has the classes 0 to 3",
        ),
        ("binary", (1, 9, 7, 1), {"target": 2}, "target=2: output 'p' has the classes 0 to 1"),
        (
            "image_classifier",
            (1, 12, 10, 3),
            {"layer": "classes"},
            "layer 'classes' (Dense) has no feature maps: it gives shape (1, 4), "
            "not (batch, places, channels) with one to three axes of places",
        ),
        (
            "image_classifier",
            (1, 12, 10, 3),
            {"layer": "conv"},
            "no layer 'conv'; the layers are pixels, scale, first, pool, last, flat, classes",
        ),
        ("image_classifier", (2, 12, 10, 3), {"row": 2}, "row=2: the input has the rows 0 to 1"),
        ("image_classifier", (0, 12, 10, 3), {}, "expected at least one row of input, got none"),
        ("image_classifier", (1, 12, 10, 3), {"output": "q"}, "output='q': the model's outputs are classes"),
        (
            "image_classifier",
            (12, 10, 3),
            {},
            "input 'pixels': expected shape (batch, 12, 10, 3), got (12, 10, 3); "
            "for a single sample, add the batch axis: x[np.newaxis]",
        ),
    ],
    ids=lambda value: None if not isinstance(value, (dict, str)) else str(value)[:30],
)
def test_what_does_not_fit_is_told(
    pairs: Pairs, name: str, shape: tuple[int, ...], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError) as caught:
        grad_cam(pairs[name].maju, image(*shape), **options)
    assert str(caught.value) == message


def test_no_convolution(pairs: Pairs) -> None:
    with pytest.raises(InputError, match="has no convolution; name another layer that gives maps"):
        grad_cam(pairs["text"].maju, ["enak"])


def test_values_that_are_not_finite(pairs: Pairs) -> None:
    x = image(1, 12, 10, 3)
    x[0, 3, 3] = np.nan
    with pytest.raises(InputError, match="output 'classes' holds values that are not finite for this input"):
        grad_cam(pairs["image_classifier"].maju, x)
