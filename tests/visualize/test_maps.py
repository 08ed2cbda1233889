"""Filters and feature maps: the numbers behind them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import maju
from maju.errors import InputError
from maju.layers.base import Array
from maju.visualize import feature_maps, filters
from maju.visualize.feature_maps import plot_feature_maps
from maju.visualize.filters import plot_filters
from visualize.fixtures import Pairs, image


def test_filters_are_the_kernels_of_keras(pairs: Pairs) -> None:
    pair = pairs["image_classifier"]
    kernel = pair.keras.get_layer("last").kernel.numpy()  # (3, 3, 6, 5)
    found = filters(pair.maju, "last")
    assert (found.layer, found.kind, found.kernel.shape) == ("last", "Conv2D", (5, 6, 3, 3))
    np.testing.assert_array_equal(found.kernel[4, 2], kernel[:, :, 2, 4])
    assert filters(pair.maju).layer == "first"
    assert filters(pairs["sequence"].maju).kernel.shape == (6, 3, 3)
    assert filters(pairs["volume"].maju).kernel.shape == (3, 2, 2, 2, 2)
    assert filters(pairs["nested"].maju).layer == "inner/deep"


def test_filters_of_other_convolutions(channels_first: maju.Model) -> None:
    found = filters(channels_first, "each")  # two kernels for each of three channels
    assert found.kernel.shape == (6, 1, 3, 3)
    weights = channels_first["each"].weights["kernel"]
    np.testing.assert_array_equal(found.kernel[3, 0], weights[:, :, 1, 1])
    up = channels_first["up"].weights["kernel"]  # (2, 2, filters, channels)
    np.testing.assert_array_equal(filters(channels_first, "up").kernel[3, 5], up[:, :, 3, 5])


@pytest.mark.parametrize("layer", ["scale", "first", "pool", "last"])
def test_feature_maps_are_what_keras_gives(pairs: Pairs, layer: str) -> None:
    import keras

    pair, x = pairs["image_classifier"], image(3, 12, 10, 3)
    live = keras.Model(pair.keras.inputs[0], pair.keras.get_layer(layer).output)(x).numpy()
    found = feature_maps(pair.maju, x, layer, row=2)
    np.testing.assert_allclose(np.moveaxis(found.maps, 0, -1), live[2], rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(np.moveaxis(found.maps, 0, -1), pair.maju.activations(x)[layer][2])
    assert found.where == "row 2 of 3"


def test_feature_maps_along_one_axis_and_three_and_in_a_nested_model(pairs: Pairs) -> None:
    for name, shape in (("sequence", (1, 9, 3)), ("volume", (1, 5, 6, 4, 2))):
        found = feature_maps(pairs[name].maju, image(*shape))
        np.testing.assert_array_equal(
            np.moveaxis(found.maps, 0, -1), pairs[name].maju.activations(image(*shape))["conv"][0]
        )
    inner = pairs["nested"].keras.get_layer("inner").get_layer("deep")
    x = [image(1, 8, 9, 2), image(1, 5)]
    found = feature_maps(pairs["nested"].maju, x)
    np.testing.assert_allclose(np.moveaxis(found.maps, 0, -1), inner(x[0])[0], rtol=1e-5, atol=1e-6)


def test_channels_first(channels_first: maju.Model) -> None:
    x = (255 * image(1, 3, 7, 6)).astype(np.uint8)
    found = feature_maps(channels_first, x, "each")
    np.testing.assert_array_equal(found.maps, channels_first.activations(x)["each"][0])


def test_maps_that_are_0_everywhere(pairs: Pairs) -> None:
    model = maju.load(pairs["image_classifier"].keras)
    model["first"].bias[[1, 4]] = -1e3  # type: ignore[attr-defined]
    found = feature_maps(model, image(1, 12, 10, 3))
    assert found.dead == [1, 4]


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda m: filters(m, "pool"), "layer 'pool' (MaxPooling2D) is no convolution: it has no filters"),
        (lambda m: plot_filters(m, channel=3), "channel=3: the filters of 'first' see channels 0 to 2"),
        (
            lambda m: plot_feature_maps(m, image(1, 12, 10, 3), channels=[0, 6]),
            "channels=[0, 6]: layer 'first' has the channels 0 to 5",
        ),
        (
            lambda m: feature_maps(m, image(1, 12, 10, 3), "flat"),
            "layer 'flat' (Flatten) has no feature maps: it gives shape (1, 60), "
            "not (batch, places, channels) with one to three axes of places",
        ),
    ],
    ids=["no-convolution", "channel", "channels", "no-maps"],
)
def test_what_does_not_fit_is_told(pairs: Pairs, draw: Any, message: str) -> None:
    with pytest.raises(InputError) as caught:
        draw(pairs["image_classifier"].maju)
    assert str(caught.value) == message


def test_a_model_without_convolution(pairs: Pairs) -> None:
    model = pairs["text"].maju
    with pytest.raises(InputError) as caught:
        filters(model)
    assert str(caught.value) == f"'{model.name}' has no convolution, so there are no filters to show"
    with pytest.raises(InputError, match="has no convolution; name another layer with feature maps"):
        feature_maps(model, ["enak"])


def test_the_same_name_in_two_nested_models() -> None:
    from keras import Input, Model, Sequential, layers

    def inner(name: str) -> Any:
        return Sequential([Input((6, 6, 1)), layers.Conv2D(2, 3, name="conv")], name=name)

    x = Input((6, 6, 1))
    model = maju.load(Model(x, layers.Add()([inner("a")(x), inner("b")(x)])))
    with pytest.raises(
        InputError, match="several layers are named 'conv': a/conv, b/conv; give one of these"
    ):
        filters(model, "conv")
    with pytest.raises(InputError, match="'a' is a model of its own; give one of its layers: a/"):
        filters(model, "a")
    values: Array = filters(model, "b/conv").kernel
    assert values.shape == (2, 1, 3, 3)
