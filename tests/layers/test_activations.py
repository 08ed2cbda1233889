from __future__ import annotations

import copy
import math
import pickle
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from maju.errors import InputError
from maju.layers import activations

# The list is Keras's own, so that an activation of a new release shows up as a test that fails.
KERAS_NAMES = sorted(set(dir(keras.activations)) - {"deserialize", "get", "serialize"})
KERAS_NAMES = [name for name in KERAS_NAMES if not name.startswith("_")]
SETTINGS: dict[str, dict[str, Any]] = {"threshold": {"threshold": 0.3, "default_value": -2.0}}
ALONG_AN_AXIS = ("glu", "log_softmax", "softmax", "sparsemax")
ELEMENTWISE = sorted(set(activations.names()) - set(ALONG_AN_AXIS))
KINKS = np.array([-3.0, -2.5, -1.0, -0.5, 0.0, 0.3, 0.5, 1.0, 2.5, 3.0, 6.0])
PARAMETERS: list[tuple[str, dict[str, Any]]] = [
    ("relu", {"negative_slope": 0.2}),
    ("relu", {"max_value": 2.5}),
    ("relu", {"max_value": 6.0, "negative_slope": 0.1}),
    ("relu", {"threshold": 1.5}),
    ("relu", {"max_value": 3.0, "negative_slope": 0.3, "threshold": 0.7}),
    ("leaky_relu", {"negative_slope": 0.45}),
    ("elu", {"alpha": 1.7}),
    ("celu", {"alpha": 0.6}),
    ("gelu", {"approximate": True}),
    ("gelu", {"approximate": False}),
    ("squareplus", {"b": 9.0}),
    ("soft_shrink", {"threshold": 1.2}),
    ("hard_shrink", {"threshold": 1.2}),
    ("threshold", {"threshold": -1.0, "default_value": 7.0}),
    ("softmax", {"axis": 0}),
    ("softmax", {"axis": 1}),
    ("log_softmax", {"axis": 1}),
    ("glu", {"axis": 1}),
    ("sparsemax", {"axis": 0}),
    ("sparsemax", {"axis": 1}),
]
PARAMETER_IDS = [f"{name}-{settings}" for name, settings in PARAMETERS]


def keras_function(name: str) -> Any:
    return getattr(keras.activations, name)


def random_input(*shape: int, dtype: Any = np.float32) -> Any:
    rng = np.random.default_rng(7)
    return (rng.normal(0.4, 3.0, shape)).astype(dtype)


def away_from_kinks(*shape: int) -> Any:
    x = random_input(*shape, dtype=np.float64)
    close = np.abs(x[..., np.newaxis] - KINKS).min(axis=-1) < 0.01
    return np.where(close, x + 0.05, x)


@pytest.mark.parametrize(
    "shape", [(8,), (5, 4), (3, 5, 6), (2, 3, 5, 4)], ids=lambda shape: f"{len(shape)}-D"
)
@pytest.mark.parametrize("name", KERAS_NAMES)
def test_equals_keras(name: str, shape: tuple[int, ...]) -> None:
    settings = SETTINGS.get(name, {})
    x = random_input(*shape)
    y = activations.get(name, **settings)(x)
    assert y.dtype == np.float32
    expected = keras_function(name)(tf.constant(x), **settings).numpy()
    np.testing.assert_allclose(y, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", KERAS_NAMES)
def test_equals_keras_at_the_corners_and_far_out(name: str) -> None:
    settings = SETTINGS.get(name, {})
    x = np.concatenate([np.arange(-32, 33) / 4, [-80, -20, -15, 15, 20, 80, 1e-4]]).astype(np.float32)
    x = x.reshape(9, 8)
    y = activations.get(name, **settings)(x)
    # In float64, since Keras's own float32 loses digits of squareplus(-80).
    expected = keras_function(name)(tf.constant(x.astype(np.float64)), **settings).numpy()
    np.testing.assert_allclose(y, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(("name", "settings"), PARAMETERS, ids=PARAMETER_IDS)
def test_parameters_equal_keras(name: str, settings: dict[str, Any]) -> None:
    x = random_input(4, 6, 3)
    expected = keras_function(name)(tf.constant(x), **settings).numpy()
    np.testing.assert_allclose(activations.get(name, **settings)(x), expected, rtol=1e-6, atol=1e-6)


def both_gradients(name: str, settings: dict[str, Any], x: Any) -> tuple[Any, Any]:
    activation = activations.get(name, **settings)
    y = activation(x)
    dy = np.random.default_rng(3).normal(size=y.shape)
    variable = tf.Variable(x)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(keras_function(name)(variable, **settings) * dy)
    return activation.gradient(x, y, dy), tape.gradient(total, variable).numpy()


@pytest.mark.parametrize("name", KERAS_NAMES)
def test_gradient_equals_tensorflow(name: str) -> None:
    ours, theirs = both_gradients(name, SETTINGS.get(name, {}), away_from_kinks(3, 5, 6))
    np.testing.assert_allclose(ours, theirs, rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize(("name", "settings"), PARAMETERS, ids=PARAMETER_IDS)
def test_gradient_with_parameters_equals_tensorflow(name: str, settings: dict[str, Any]) -> None:
    ours, theirs = both_gradients(name, settings, away_from_kinks(4, 6, 3))
    np.testing.assert_allclose(ours, theirs, rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("name", sorted({*KERAS_NAMES, *activations.names()}))
def test_gradient_equals_central_differences(name: str) -> None:
    activation = activations.get(name, **SETTINGS.get(name, {}))
    x = away_from_kinks(4, 6)
    y = activation(x)
    dy = np.random.default_rng(3).normal(size=y.shape)
    step = 1e-5
    expected = np.empty_like(x)
    for place in np.ndindex(*x.shape):
        nudge = np.zeros_like(x)
        nudge[place] = step
        expected[place] = np.sum(dy * (activation(x + nudge) - activation(x - nudge))) / (2 * step)
    np.testing.assert_allclose(activation.gradient(x, y, dy), expected, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_extremes_reach_the_limit_without_a_warning(name: str, dtype: Any) -> None:
    activation = activations.get(name)
    x = np.array([-np.inf, -1e30, -1000, -90, -0.0, 0.0, 1e-30, 90, 1000, 1e30, np.inf], dtype)
    with np.errstate(all="raise"):
        y = activation(x)
        dx = activation.gradient(x, y, np.ones_like(y))
    assert not np.isnan(y).any()
    assert not np.isnan(dx).any()
    for infinite, far in ((y[0], y[1]), (y[-1], y[-2])):
        if np.abs(far) > 1e28:
            assert infinite == np.sign(far) * np.inf
        else:
            np.testing.assert_allclose(infinite, far, atol=1e-29)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_nan_stays_nan_where_it_is(name: str) -> None:
    with np.errstate(all="raise"):
        y = activations.get(name)(np.array([1.0, np.nan, -1.0], np.float32))
    np.testing.assert_array_equal(np.isnan(y), [False, True, False])


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ([1.0, np.inf, 2.0, 3.0], [0, 1, 0, 0]),
        ([np.inf, 0.0, np.inf, -np.inf], [0.5, 0, 0.5, 0]),
        ([-np.inf, -np.inf, -np.inf, -np.inf], [0.25, 0.25, 0.25, 0.25]),
        ([1e30, -1e30, -np.inf, 0.0], [1, 0, 0, 0]),
        ([-1e30, -1e30, -np.inf, -np.inf], [0.5, 0.5, 0, 0]),
        ([3.4e38, -3.4e38, 0.0, 0.0], [1, 0, 0, 0]),
    ],
    ids=["an infinity", "two infinities", "nothing else", "far apart", "two far below", "the largest"],
)
def test_softmax_of_extremes(row: list[float], expected: list[float]) -> None:
    x = np.array([row], np.float32)
    for name in ("softmax", "log_softmax"):
        activation = activations.get(name)
        with np.errstate(all="raise"):
            y = activation(x)
            dx = activation.gradient(x, y, np.ones_like(y))
        assert not np.isnan(dx).any()
        np.testing.assert_allclose(y if name == "softmax" else np.exp(y), [expected], atol=1e-7)


@pytest.mark.parametrize("name", ["glu", "sparsemax"])
@pytest.mark.parametrize("size", [1e30, np.inf], ids=["1e30", "infinity"])
def test_extremes_along_an_axis_give_no_warning(name: str, size: float) -> None:
    activation = activations.get(name)
    x = np.array([[0, size, -size, 1], [-size, -size, size, size], [size, 1, -size, 2]], np.float32)
    with np.errstate(all="raise"):
        y = activation(x)
        dx = activation.gradient(x, y, np.ones_like(y))
    assert not np.isnan(y).any()
    assert not np.isnan(dx).any()


def test_sparsemax_of_one_large_value_is_one() -> None:
    y = activations.get("sparsemax")(np.array([[1e30, 0, 1], [np.inf, 5, -np.inf]], np.float32))
    np.testing.assert_array_equal(y, [[1, 0, 0], [1, 0, 0]])


@pytest.mark.parametrize("name", ALONG_AN_AXIS)
def test_nan_along_an_axis_spoils_its_row_alone(name: str) -> None:
    with np.errstate(all="raise"):
        y = activations.get(name)(np.array([[np.nan, 1, 2, 3], [0, 1, 2, 3]], np.float32))
    assert np.isnan(y[0, 0])
    assert not np.isnan(y[1]).any()


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64], ids=["float16", "float32", "float64"])
@pytest.mark.parametrize("name", activations.names())
def test_the_floating_type_stays(name: str, dtype: Any) -> None:
    activation = activations.get(name)
    x = random_input(3, 4, dtype=dtype)
    y = activation(x)
    assert y.dtype == dtype
    assert activation.gradient(x, y, np.ones_like(y)).dtype == dtype
    np.testing.assert_allclose(y, activation(x.astype(np.float64)), rtol=4e-3, atol=4e-3)


@pytest.mark.parametrize("name", activations.names())
def test_integers_count_as_float32(name: str) -> None:
    x = np.array([[-3, 0, 2, 5]])
    y = activations.get(name)(x)
    assert y.dtype == np.float32
    np.testing.assert_array_equal(y, activations.get(name)(x.astype(np.float32)))


@pytest.mark.parametrize("name", activations.names())
def test_the_input_is_left_as_it_was(name: str) -> None:
    x = random_input(3, 4)
    before = x.copy()
    y = activations.get(name)(x)
    activations.get(name).gradient(x, y, np.ones_like(y))
    np.testing.assert_array_equal(x, before)


def test_hard_sigmoid_of_keras_2_has_another_slope() -> None:
    x = np.array([-3, -2.5, -1, 0, 1, 2.5, 3])
    y = activations.get("hard_sigmoid_keras2")(x)
    np.testing.assert_allclose(y, [0, 0, 0.3, 0.5, 0.7, 1, 1], atol=1e-15)


def test_glu_of_an_odd_axis_is_refused() -> None:
    with pytest.raises(
        InputError, match=r"glu halves axis -1, whose length must be even; got shape \(2, 5\)"
    ):
        activations.get("glu")(np.zeros((2, 5)))


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-7), (np.float64, 2e-14)])
def test_erf(dtype: Any, tolerance: float) -> None:
    x = np.concatenate([np.linspace(-7, 7, 20_011), [0.0, 1e-9, -1e-5, 30.0, -np.inf, np.inf]]).astype(dtype)
    with np.errstate(all="raise", under="ignore"):
        y = activations.erf(x)
    assert y.dtype == dtype
    np.testing.assert_allclose(y, [math.erf(value) for value in x], rtol=0, atol=tolerance)
    assert np.isnan(activations.erf(np.array([np.nan]))).all()


def test_none_is_the_identity() -> None:
    assert activations.get(None) is activations.get("linear")


@pytest.mark.parametrize(("alias", "name"), [("swish", "silu"), ("hard_swish", "hard_silu")])
def test_an_alias_is_the_same_object_under_the_name_of_keras(alias: str, name: str) -> None:
    assert activations.get(alias) is activations.get(name)
    assert activations.get(alias).name == name
    assert keras.activations.serialize(keras.activations.get(alias)) == name


@pytest.mark.parametrize("name", sorted(set(activations.names()) - {"hard_sigmoid_keras2"}))
def test_keras_knows_every_name_that_is_saved(name: str) -> None:
    assert keras.activations.serialize(keras.activations.get(name)) == activations.get(name).name


def test_an_unknown_name_says_what_is_close() -> None:
    with pytest.raises(InputError, match=r"unknown activation 'rellu'; did you mean 'relu'"):
        activations.get("rellu")


def test_a_name_like_no_other_says_what_there_is() -> None:
    with pytest.raises(InputError, match=r"unknown activation 'xyz'; known: celu, elu, exponential, "):
        activations.get("xyz")


def test_a_function_is_no_name() -> None:
    with pytest.raises(InputError, match="unknown activation <"):
        activations.get(np.tanh)  # type: ignore[arg-type]


def test_an_unknown_parameter_is_refused() -> None:
    with pytest.raises(InputError, match="'elu' has no parameter slope; its parameters: alpha"):
        activations.get("elu", slope=1.0)


def test_threshold_needs_its_parameters() -> None:
    with pytest.raises(InputError, match="'threshold' needs default_value, threshold"):
        activations.get("threshold")
    assert not activations.is_known("threshold")


class Stubborn:
    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        raise TypeError("not to be compared")


@pytest.mark.parametrize(
    ("value", "known"),
    [
        (None, True),
        ("relu", True),
        ("swish", True),
        ("hard_sigmoid_keras2", True),
        ("ReLU", False),
        ("", False),
        (3, False),
        (["relu"], False),
        ({"class_name": "function", "config": "my_relu"}, False),
        (np.array(["relu"]), False),
        (Stubborn(), False),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str | bool) else repr(value),
)
def test_is_known(value: object, known: bool) -> None:
    assert activations.is_known(value) is known


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda a: pickle.loads(pickle.dumps(a))], ids=["copy", "pickle"]
)
@pytest.mark.parametrize("settings", [{}, {"alpha": 2.5}], ids=["plain", "with a parameter"])
def test_copies_compute_the_same(copied: Any, settings: dict[str, Any]) -> None:
    activation = activations.get("elu", **settings)
    x = random_input(5)
    again = copied(activation)
    assert (again.name, again.settings) == ("elu", settings)
    np.testing.assert_array_equal(again(x), activation(x))
