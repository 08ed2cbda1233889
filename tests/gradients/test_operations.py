"""The way back of every operation against central differences, in float64."""

from __future__ import annotations

import json
from typing import Any

import keras
import numpy as np
import pytest

from gradients.check import TOLERANCE, slope
from maju.errors import GradientError
from maju.formats.config import read_architecture
from maju.formats.specification import TensorRef, map_refs
from maju.layers import operations
from maju.layers.base import Array
from maju.layers.operations import Operation
from maju.models.graph import in_order
from parity.operation_cases import CASES as CALLS
from parity.test_operations import keras_model

#: Cases with a value at an edge, where a slope to both sides means nothing, or with an output of no size;
#: Cholesky's input must be symmetric, and has a test of its own.
WITHOUT_SLOPES = {
    *("divide_no_nan by 0", "floor_divide at whole numbers", "max of equal ones", "round to halves"),
    *("nanmax of nothing", "nanmin of nothing", "nanmean of nothing", "segment_max", "segment_min"),
    *("cholesky", "cholesky upper", "einsum of the diagonal", "rgb_to_hsv"),
}
#: Operations on real numbers that have no backward.
NO_WAY_BACK = {"ISTFT", "Lstsq", "MapCoordinates", "SSIM", "ScaleAndTranslate"}
#: Arguments to which nothing goes back, as in TensorFlow: the numbers of a map.
NOT_SENT = {"AffineTransform": {1}, "PerspectiveTransform": {1, 2}}


def calls(name: str) -> list[tuple[Operation, tuple[Any, ...], dict[str, Any]]]:
    """The operations of a case and what each is called with, real numbers as float64."""
    inputs = CALLS[name][1]
    document = json.loads(json.dumps(keras.saving.serialize_keras_object(keras_model(name))))
    spec = read_architecture(document, keras.__version__, name)
    values: dict[TensorRef, Any] = {
        TensorRef(f"x{place}"): x.astype(np.float64) if x.dtype.kind == "f" else x
        for place, x in enumerate(inputs)
    }
    layers = {layer.name: layer for layer in spec.layers}
    found = []
    for step in in_order(spec):
        layer = layers[step.call.layer]
        operation = Operation(layer.class_name, layer.name, layer.config)
        args, kwargs = map_refs([step.call.args, dict(step.call.kwargs)], lambda ref: values[ref].copy())
        found.append((operation, args, kwargs))
        y = operation.forward(*args, **kwargs)
        for index, part in enumerate(parts(y)):
            values[TensorRef(layer.name, step.index, index)] = part
    return found


def parts(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def check(operation: Operation, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """The gradients of all real numbers among the arguments are those of central differences."""
    y, backward = operation.vjp(*args, **kwargs)
    rng = np.random.default_rng(1)
    dys = [rng.normal(size=part.shape) * (part.dtype.kind == "f") for part in parts(y)]

    def loss() -> float:
        found = parts(operation.forward(*args, **kwargs))
        return float(sum(np.sum(part * dy) for part, dy in zip(found, dys, strict=True) if np.any(dy)))

    dargs, dkwargs = backward(dys if isinstance(y, list) else dys[0])
    pairs = zip([*args, *kwargs.values()], [*dargs, *dkwargs.values()], strict=True)
    for place, (given, gradient) in enumerate(pairs):
        if place in NOT_SENT.get(operation.keras_class, ()):
            assert gradient is None
            continue
        gradients = gradient if isinstance(gradient, list) else [gradient] * len(parts(given))
        for value, found in zip(parts(given), gradients, strict=True):
            if not isinstance(value, np.ndarray) or value.dtype.kind != "f":
                assert found is None
                continue
            if value.dtype == np.float32:  # a constant
                continue
            expected = slope(loss, value)
            found = np.zeros_like(value) if found is None else found
            assert found.shape == expected.shape
            assert found.dtype == value.dtype
            scale = max(1.0, float(np.abs(expected).max(initial=0)))
            assert np.abs(found - expected).max(initial=0) / scale <= TOLERANCE


def is_double(operation: Operation, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    return any(part.dtype == np.float64 for part in parts(operation.forward(*args, **kwargs)))


REAL = [name for name, (_, inputs) in CALLS.items() if any(x.dtype.kind == "f" for x in inputs)]


@pytest.mark.parametrize("name", [name for name in REAL if name not in WITHOUT_SLOPES])
def test_against_central_differences(name: str) -> None:
    for call in calls(name):
        if is_double(*call) and call[0].keras_class not in NO_WAY_BACK | {"StopGradient"}:
            check(*call)


@pytest.mark.parametrize("name", ["istft", "lstsq", "ssim"])
def test_an_operation_without_a_way_back_says_so(name: str) -> None:
    ((operation, args, kwargs),) = calls(name)
    with pytest.raises(GradientError, match=rf"^operation '.*' \({operation.keras_class}\) has no backward"):
        operation.vjp(*args, **kwargs)


def test_every_other_operation_has_a_way_back_or_gives_no_real_numbers() -> None:
    lacking = {name for name, function in operations.known().items() if function.gradient is None}
    given: dict[str, Array] = {}
    for name in CALLS:
        for operation, args, kwargs in calls(name):
            if operation.keras_class in lacking:
                given[operation.keras_class] = parts(operation.forward(*args, **kwargs))[0]
    assert set(given) == lacking
    assert {name for name, y in given.items() if y.dtype.kind == "f"} == NO_WAY_BACK


@pytest.mark.parametrize("upper", [False, True], ids=["lower", "upper"])
def test_cholesky(upper: bool) -> None:
    ((operation, (x,), _),) = calls("cholesky upper" if upper else "cholesky")
    y, backward = operation.vjp(x)
    dy = np.random.default_rng(1).normal(size=y.shape)

    def loss() -> float:
        return float(np.sum(operation.forward((x + x.swapaxes(1, 2)) / 2) * dy))

    np.testing.assert_allclose(backward(dy)[0][0], slope(loss, x), rtol=0, atol=TOLERANCE)


def test_an_einsum_with_a_letter_twice_in_a_term_has_no_way_back() -> None:
    _, backward = Operation("Einsum", "diagonal", {"subscripts": "ii->i"}).vjp(np.eye(3))
    with pytest.raises(GradientError, match="einsum 'ii->i', with a letter twice in a term, has no backward"):
        backward(np.ones(3))


def test_a_cast_sends_on_what_comes_back_in_the_type_that_it_took() -> None:
    x = np.array([1.5, -2.0])
    for name, config in {"Cast": {"dtype": "float32"}, "SaturateCast": {"dtype": "float16"}}.items():
        y, backward = Operation(name, "cast", config).vjp(x)
        assert y.dtype == config["dtype"]
        ((dx,), _) = backward(np.array([3, 4], y.dtype))
        assert dx.dtype == np.float64
        np.testing.assert_array_equal(dx, [3, 4])


def test_full_adds_up_what_each_copy_is_sent() -> None:
    y, backward = Operation("Full", "full", {"shape": [2, 3]}).vjp(np.array([1, 2, 3], float))
    ((dx,), _) = backward(np.arange(6, dtype=y.dtype).reshape(2, 3))
    np.testing.assert_array_equal(dx, [3, 5, 7])


def test_nothing_goes_back_through_stop_gradient_and_comparisons() -> None:
    x = np.array([1, 2], float)
    for operation in (Operation("StopGradient", "stop"), Operation("Greater", "greater")):
        args = (x,) if operation.keras_class == "StopGradient" else (x, 0)
        _, backward = operation.vjp(*args)
        assert backward(np.ones(2)) == ((None,) * len(args), {})


def test_equal_extremes_share_the_gradient() -> None:
    y, backward = Operation("Max", "max", {"axis": 1}).vjp(np.array([[2, 1, 2], [3, 0, 1]], float))
    np.testing.assert_array_equal(y, [2, 3])
    np.testing.assert_array_equal(backward(np.array([1, 10], float))[0][0], [[0.5, 0, 0.5], [10, 0, 0]])
