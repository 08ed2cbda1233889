"""The layers that change images at random in training: given what Keras drew, they do what Keras does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import maju
from gradients.check import beside_slopes
from maju.errors import GradientError, InputError
from maju.layers import RandomContrastLayer, RandomFlipLayer
from maju.layers.base import Array
from maju.layers.random_affine import RandomAffine
from maju.layers.random_transformation import RandomTransformation
from parity.compare import random, twin

IMAGES = np.abs(random(5, 7, 6, 3, seed="images")) * 60
#: What Keras calls what it drew, and how maju holds it.
DRAWN: dict[str, Callable[[Any], Array]] = {
    "RandomFlip": lambda told: told["flips"].numpy().ravel(),
    "RandomBrightness": lambda told: told["rgb_delta"].numpy().ravel(),
    "RandomContrast": lambda told: told["contrast_factor"].numpy().ravel(),
    "RandomCrop": lambda told: np.array([int(start) for start in told]),
    "RandomTranslation": lambda told: told["translations"].numpy(),
    "RandomZoom": lambda told: np.concatenate([told["width_zoom"], told["height_zoom"]], axis=1),
    "RandomRotation": lambda told: told["angle"].numpy(),
}
FILLS = [{"fill_mode": mode} for mode in ("reflect", "wrap", "constant", "nearest")]
EDGES: list[dict[str, Any]] = [
    *FILLS,
    {"interpolation": "nearest"},
    {"fill_mode": "constant", "fill_value": 9.0},
]
SETTINGS: dict[str, list[dict[str, Any]]] = {
    "RandomFlip": [{}, {"mode": "horizontal"}, {"mode": "vertical"}],
    "RandomBrightness": [{"factor": 0.4}, {"factor": (-0.9, -0.1), "value_range": (-20, 100)}],
    "RandomContrast": [{"factor": 0.9}, {"factor": (0.3, 0.8), "value_range": (0, 60)}],
    "RandomCrop": [
        {"height": height, "width": width}
        for height, width in ((3, 4), (6, 5), (7, 6), (9, 4), (2, 8), (7, 3))
    ],
    "RandomTranslation": [{"height_factor": 0.4, "width_factor": (-0.3, 0.6), **more} for more in EDGES],
    "RandomZoom": [
        {"height_factor": 0.5},
        *({"height_factor": (0.1, 0.6), "width_factor": 0.4, **more} for more in EDGES),
    ],
    "RandomRotation": [{"factor": 0.3, **more} for more in EDGES],
}
CASES = [(kind, place) for kind, settings in SETTINGS.items() for place in range(len(settings))]


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize(("kind", "place"), CASES)
def test_with_what_keras_drew(kind: str, place: int, data_format: str) -> None:
    x = IMAGES if data_format == "channels_last" else np.moveaxis(IMAGES, -1, 1)
    formats = {} if kind == "RandomBrightness" else {"data_format": data_format}
    keras_layer = getattr(layers, kind)(**SETTINGS[kind][place], **formats, seed=place)
    tensor = tf.constant(x)
    told = keras_layer.get_random_transformation(tensor, training=True)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        expected = keras_layer.transform_images(tensor, told, training=True)
        dy = random(*expected.shape, seed="dy")
        total = tf.reduce_sum(expected * dy)
    layer = twin(keras_layer, x.shape)
    assert isinstance(layer, RandomTransformation)
    layer.data_format = data_format
    drawn = DRAWN[kind](told)
    layer.draw = lambda images: drawn  # type: ignore[method-assign]

    y, backward = layer.vjp(x)
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, expected, rtol=0, atol=1e-5 * 255)
    np.testing.assert_array_equal(layer.forward(x, training=True), y)
    assert y.shape == layer.output_shape(x.shape)
    dx, gradients = backward(dy)
    assert gradients == {}
    if not isinstance(layer, RandomAffine):  # TensorFlow takes the inverse map for the way back of a map
        slope = tape.gradient(total, tensor).numpy()
        np.testing.assert_allclose(dx, slope, rtol=0, atol=1e-5 * np.abs(slope).max())


@pytest.mark.parametrize(("kind", "place"), CASES)
def test_the_way_back_beside_differences(kind: str, place: int) -> None:
    layer: Any = twin(getattr(layers, kind)(**SETTINGS[kind][place], seed=1), IMAGES.shape)
    x = IMAGES.astype(np.float64)
    drawn = layer.draw(x)
    layer.draw = lambda images: drawn
    y, backward = layer.vjp(x)
    assert y.dtype == np.float64
    rng = np.random.default_rng(0)
    dy = rng.normal(size=y.shape)
    dx, _ = backward(dy)
    loss = lambda: float((layer.forward(x, training=True) * dy).sum())  # noqa: E731
    assert beside_slopes(loss, dx, x, rng, 0) <= 1e-7


@pytest.mark.parametrize("kind", SETTINGS)
def test_what_is_drawn_lies_where_keras_draws(kind: str) -> None:
    x = np.zeros((4000, 5, 6, 1), np.float32)
    for settings in SETTINGS[kind][: 9 if kind == "RandomCrop" else 2]:
        keras_layer = getattr(layers, kind)(**settings, seed=3)
        there = DRAWN[kind](keras_layer.get_random_transformation(tf.constant(x), training=True))
        layer: Any = twin(keras_layer, x.shape)
        here = layer.draw(x)
        assert here.shape == there.shape
        if kind == "RandomCrop":  # one place for all
            places = np.array([layer.draw(x) for _ in range(400)])
            ends = np.array([5 - settings["height"], 6 - settings["width"]])
            free = ends.min() > 0
            np.testing.assert_array_equal(places.min(axis=0), [0, 0] if free else there)
            np.testing.assert_array_equal(places.max(axis=0), ends if free else there)
            continue
        spread = np.std(there, axis=0)
        np.testing.assert_allclose(np.mean(here, axis=0), np.mean(there, axis=0), atol=0.1 * spread.max())
        np.testing.assert_allclose(np.std(here, axis=0), spread, rtol=0.05)


def test_one_image_and_a_seed() -> None:
    x = IMAGES[0]
    one, other = (RandomFlipLayer("horizontal", seed=4) for _ in range(2))
    first = [one.forward(x, training=True) for _ in range(9)]
    second = [other.forward(x, training=True) for _ in range(9)]
    np.testing.assert_array_equal(first, second)
    flipped = [np.array_equal(y, x[:, ::-1]) for y in first]
    assert {True, False} == set(flipped)
    assert all(np.array_equal(y, x) for y, did in zip(first, flipped, strict=True) if not did)


def test_a_model_trains_through_them() -> None:
    maju.random.set_random_seed(1)
    model = maju.Sequential(
        [
            maju.Input((7, 6, 3)),
            maju.layers.RandomFlip("horizontal"),
            maju.layers.RandomRotation(0.1),
            maju.layers.RandomZoom(0.2),
            maju.layers.RandomTranslation(0.1, 0.1),
            maju.layers.RandomCrop(5, 4),
            maju.layers.RandomContrast(0.2),
            maju.layers.RandomBrightness(0.2),
            maju.layers.Rescaling(1 / 255),
            maju.layers.Conv2D(4, 3, activation="relu"),
            maju.layers.GlobalAveragePooling2D(),
            maju.layers.Dense(2),
        ]
    )
    model.compile("adam", maju.losses.SparseCategoricalCrossentropy(from_logits=True))
    history = model.fit(IMAGES, np.array([0, 1, 0, 1, 1]), epochs=3, batch_size=2, verbose=0)
    assert np.isfinite(history.history["loss"]).all()
    assert model.predict(IMAGES).shape == (5, 2)


def test_the_others_are_refused_before_a_weight_moves() -> None:
    model = maju.Sequential(
        [
            maju.Input((7, 6, 3)),
            maju.layers.RandomHue(0.1, name="hue"),
            maju.layers.Flatten(),
            maju.layers.Dense(2),
        ]
    )
    model.compile("sgd", "mse")
    before = [weight.copy() for weight in model.trainable_weights.values()]
    with pytest.raises(GradientError) as caught:
        model.fit(IMAGES, np.ones((5, 2)), verbose=0)
    assert str(caught.value) == (
        "layer 'hue' (RandomHue) changes images at random in training, which maju does not do for this "
        "class; take the layer out, and change the images beforehand or with the augment argument of fit"
    )
    for was, weight in zip(before, model.trainable_weights.values(), strict=True):
        np.testing.assert_array_equal(was, weight)


def test_factors_that_are_none() -> None:
    with pytest.raises(ValueError, match=r"factor is a number or two between 0 and 1, not 1\.5"):
        RandomContrastLayer(1.5)
    with pytest.raises(InputError, match=r"layer 'f' \(RandomFlip\): expected images of three or four axes"):
        RandomFlipLayer(name="f").forward(np.ones((2, 3)), training=True)
