"""What holds of every layer that there is."""

from __future__ import annotations

import json
import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from layers.examples import EXAMPLES, build
from maju.errors import GradientError, UnsupportedModelError
from maju.layers import Layer, registry
from maju.layers.image_augmentation import ImageAugmentation

#: Layers that refuse to change images at random.
DRAWN_IN_TRAINING = {name for name, cls in registry.known().items() if issubclass(cls, ImageAugmentation)}
EVERY_LAYER = pytest.mark.parametrize("keras_class", sorted(registry.known()))


def run(layer: Layer, keras_class: str) -> Any:
    example = EXAMPLES[keras_class]
    return joined(layer.forward(example.x, mask=example.mask))


def joined(y: Any) -> Any:
    """What a layer gives, several arrays as one."""
    return np.concatenate(y, axis=-1) if isinstance(y, list) else y


def parts(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def test_every_layer_has_an_example() -> None:
    assert sorted(EXAMPLES) == sorted(registry.known())


@EVERY_LAYER
def test_its_name_is_that_of_keras_and_layer(keras_class: str) -> None:
    layer = build(keras_class)
    base = {"InputLayer": "Input"}.get(keras_class, keras_class)
    names = {kind.__name__ for kind in type(layer).__mro__}
    assert f"{base}Layer" in names
    assert type(layer).keras_class == keras_class


@EVERY_LAYER
def test_from_config_and_get_config_are_each_other_s_way_back(keras_class: str) -> None:
    layer = build(keras_class)
    config = json.loads(json.dumps(layer.get_config()))
    again = type(layer).from_config(config, layer.weights)
    assert again.get_config() == layer.get_config()
    assert list(again.weights) == list(layer.weights)
    np.testing.assert_array_equal(run(again, keras_class), run(layer, keras_class))


@EVERY_LAYER
def test_the_config_holds_what_it_was_built_from(keras_class: str) -> None:
    config = json.loads(json.dumps(build(keras_class).get_config()))
    for key, value in EXAMPLES[keras_class].config.items():
        if key in ("layer", "backward_layer", "cell"):
            assert value["config"].items() <= config[key]["config"].items()
        elif key in ("layers", "cells"):
            for one, held in zip(value, config[key], strict=True):
                assert one["config"].items() <= held["config"].items()
        elif key == "vocabulary":
            assert config[key][-len(value) :] == value  # before it, what every vocabulary has
        else:
            assert config[key] == value


@EVERY_LAYER
def test_what_only_training_needs_is_kept(keras_class: str) -> None:
    layer = build(keras_class)
    extra = {"trainable": False, "kernel_regularizer": {"class_name": "L2", "config": {"l2": 0.01}}}
    again = type(layer).from_config({**layer.get_config(), **extra}, layer.weights)
    assert extra.items() <= again.get_config().items()


@EVERY_LAYER
def test_an_unknown_hyper_parameter_is_refused_by_name(keras_class: str) -> None:
    layer = build(keras_class)
    config = {**layer.get_config(), "quantum_gates": 3}
    with pytest.raises(UnsupportedModelError) as caught:
        type(layer).from_config(config, layer.weights)
    assert str(caught.value) == (
        f"not supported: layer 'my_{keras_class.lower()}' ({keras_class}): "
        f"unknown hyper-parameter quantum_gates=3"
    )


#: Their dtype is that of the data.
ANY_DTYPE = {
    "HashedCrossing",
    "Hashing",
    "InputLayer",
    "IntegerLookup",
    "StringLookup",
    "TextVectorization",
}
#: What they take, or what they give, has no slope anywhere, or nobody trains through them (AutoContrast).
WITHOUT_WAY_BACK = {
    "AutoContrast",
    "CategoryEncoding",
    "ContrastLimitedAdaptiveHistogramEqualization",
    "Discretization",
    "HashedCrossing",
    "Hashing",
    "IntegerLookup",
    "StringLookup",
    "TextVectorization",
}


@pytest.mark.parametrize("keras_class", sorted(set(registry.known()) - ANY_DTYPE))
def test_dtypes_that_are_none_are_refused(keras_class: str) -> None:
    layer = build(keras_class)
    with pytest.raises(UnsupportedModelError, match="dtype policy 'mixed_float8'; expected 'float32', 'floa"):
        type(layer).from_config({**layer.get_config(), "dtype": "mixed_float8"}, layer.weights)


@EVERY_LAYER
def test_the_shape_is_told_beforehand(keras_class: str) -> None:
    layer, x = build(keras_class), EXAMPLES[keras_class].x
    shapes = [(None, *part.shape[1:]) for part in parts(x)]
    told = layer.output_shape(shapes if isinstance(x, list) else shapes[0])
    y = layer.forward(x, mask=EXAMPLES[keras_class].mask)
    assert (told if isinstance(told, list) else [told]) == [(None, *part.shape[1:]) for part in parts(y)]


@EVERY_LAYER
def test_the_input_is_left_as_it_is(keras_class: str) -> None:
    x = EXAMPLES[keras_class].x
    before = [part.copy() for part in parts(x)]
    y = run(build(keras_class), keras_class)
    for part, old in zip(parts(x), before, strict=True):
        np.testing.assert_array_equal(part, old)
    assert y.dtype in (np.float32, np.int32, np.int64)


@EVERY_LAYER
def test_a_row_does_not_depend_on_the_others(keras_class: str) -> None:
    layer, example = build(keras_class), EXAMPLES[keras_class]
    y = run(layer, keras_class)
    for row in range(4):
        only = slice(row, row + 1)
        x = [part[only] for part in example.x] if isinstance(example.x, list) else example.x[only]
        masks = example.mask
        if masks is not None:
            masks = [one[only] for one in masks] if isinstance(masks, list) else masks[only]
        np.testing.assert_allclose(joined(layer.forward(x, mask=masks)), y[only], rtol=0, atol=1e-6)


@EVERY_LAYER
def test_no_rows_give_no_rows(keras_class: str) -> None:
    layer, example = build(keras_class), EXAMPLES[keras_class]
    x = [part[:0] for part in example.x] if isinstance(example.x, list) else example.x[:0]
    masks = example.mask
    if masks is not None:
        masks = [one[:0] for one in masks] if isinstance(masks, list) else masks[:0]
    y, all_rows = joined(layer.forward(x, mask=masks)), run(layer, keras_class)
    assert (y.shape, y.dtype) == ((0, *all_rows.shape[1:]), all_rows.dtype)


@EVERY_LAYER
def test_weights_are_the_arrays_themselves(keras_class: str) -> None:
    layer = build(keras_class)
    before = run(layer, keras_class).copy() if layer.weights else None
    for array in layer.weights.values():
        array *= 0.5
    if before is not None:
        assert np.abs(run(layer, keras_class) - before).max() > 1e-3
    assert layer.count_params() == sum(array.size for array in layer.weights.values())


@EVERY_LAYER
def test_calling_it_is_forward(keras_class: str) -> None:
    layer, example = build(keras_class), EXAMPLES[keras_class]
    np.testing.assert_array_equal(joined(layer(example.x, mask=example.mask)), run(layer, keras_class))


@EVERY_LAYER
def test_it_can_be_shown_and_pickled(keras_class: str) -> None:
    layer = build(keras_class)
    assert repr(layer).startswith(f"{type(layer).__name__}(")
    again = pickle.loads(pickle.dumps(layer))
    np.testing.assert_array_equal(run(again, keras_class), run(layer, keras_class))


@EVERY_LAYER
def test_many_threads_share_it(keras_class: str) -> None:
    layer, expected = build(keras_class), run(build(keras_class), keras_class)
    with ThreadPoolExecutor(8) as threads:
        for y in threads.map(lambda _: run(layer, keras_class), range(32)):
            np.testing.assert_array_equal(y, expected)


@pytest.mark.parametrize("keras_class", sorted(set(registry.known()) - WITHOUT_WAY_BACK))
def test_each_call_of_vjp_has_its_own_way_back(keras_class: str) -> None:
    layer, example = build(keras_class), EXAMPLES[keras_class]
    y, backward = layer.vjp(example.x, training=False, mask=example.mask)
    np.testing.assert_allclose(joined(y), run(layer, keras_class), rtol=0, atol=1e-6)
    dy = [np.ones_like(part) for part in y] if isinstance(y, list) else np.ones_like(y)
    dx, gradients = backward(dy)
    other = [part[::-1] for part in example.x] if isinstance(example.x, list) else example.x[::-1]
    threefold = [3 * part for part in dy] if isinstance(dy, list) else 3 * dy
    layer.vjp(other, training=False)[1](threefold)  # another call between, which is not to be seen
    dx_again, gradients_again = backward(dy)
    for one, another in zip(parts(dx), parts(dx_again), strict=True):
        np.testing.assert_array_equal(one, another)
    assert set(gradients) == {name for name in layer.weights if name not in layer.non_trainable}
    for name, gradient in gradients.items():
        assert gradient.shape == layer.weights[name].shape
        np.testing.assert_array_equal(gradient, gradients_again[name])
    for part, given in zip(parts(dx), parts(example.x), strict=True):
        assert part.shape == given.shape


class Mystery(Layer):
    keras_class = "Mystery"


@pytest.mark.parametrize(
    ("layer", "x"),
    [(build("TextVectorization"), np.array(["satu"])), (Mystery("secret"), np.ones((2, 3)))],
    ids=["TextVectorization", "a layer that has no vjp of its own"],
)
def test_a_layer_without_a_way_back_says_so(layer: Layer, x: Any) -> None:
    with pytest.raises(GradientError) as caught:
        layer.vjp(x)
    assert str(caught.value) == f"layer {layer.name!r} ({layer.keras_class}) has no backward yet"
