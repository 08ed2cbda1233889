"""The way back of every operation on random values, with any number of rows, beside TensorFlow's."""

from __future__ import annotations

from zlib import crc32

import numpy as np
import pytest
import tensorflow as tf

import maju
from gradients.test_drawn_layers import BESIDE_TENSORFLOW, error, flat, is_float
from gradients.test_operations import NO_WAY_BACK, REAL
from maju.layers.base import Array
from parity.operation_cases import CASES as OPERATIONS
from parity.operation_cases import FIXED
from parity.test_operations import alone, keras_model

#: Where TensorFlow has no gradient, fails to give it or gives another one, and why.
NO_TAPE = {
    "slice_update": "no gradient of XlaDynamicUpdateSlice",
    "slice_update too far": "no gradient of XlaDynamicUpdateSlice",
    "rfft cut": "adds up gradients of different lengths",
    "irfft cut": "adds up gradients of different lengths",
    "rgb_to_hsv": "which of equal colours is the largest",
    "hsv_to_rgb": "no gradient of HSVToRGB",
    "hsv_to_rgb first": "no gradient of HSVToRGB",
    **{
        name: "takes the inverse map for the way back of a map"
        for name in OPERATIONS
        if name.startswith(("affine_transform", "perspective_transform"))
    },
}
#: Cases that can do with one number of rows alone.
AS_THEY_ARE = {"broadcast_to more axes"} | FIXED


def drawn(name: str) -> list[Array]:
    """Random rows of a case's inputs, each larger or smaller than it was, where the case takes any number."""
    inputs = OPERATIONS[name][1]
    if name == "categorical_crossentropy True":  # TensorFlow takes it for granted that targets sum to 1
        return [inputs[0] / inputs[0].sum(axis=-1, keepdims=True), inputs[1]]
    if (
        name in AS_THEY_ARE
        or len({len(x) for x in inputs if x.ndim}) != 1
        or any(x.ndim == 0 for x in inputs)
    ):
        return inputs
    rng = np.random.default_rng(crc32(name.encode()))
    rows = rng.integers(0, len(inputs[0]), rng.integers(1, 5))
    sizes = [rng.uniform(0.8, 1.05, (len(rows), *[1] * (x.ndim - 1))) for x in inputs]
    return [
        (x[rows] * size).astype(x.dtype) if is_float(x) else x[rows]
        for x, size in zip(inputs, sizes, strict=True)
    ]


def has_way_back(name: str) -> bool:
    return not any(type(step).__name__ in NO_WAY_BACK for step in keras_model(name).operations)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in REAL if name not in NO_TAPE and has_way_back(name)])
def test_beside_tensorflow(name: str) -> None:
    assert max(beside_tensorflow(name).values(), default=0) <= BESIDE_TENSORFLOW


def beside_tensorflow(name: str) -> dict[str, float]:
    """How far the gradient of each input lies from TensorFlow's."""
    model = keras_model(name)
    inputs = drawn(name)
    given = [tf.constant(x) for x in inputs]
    rng = np.random.default_rng(7)
    with tf.GradientTape() as tape:
        tape.watch([x for x in given if x.dtype.is_floating])
        outputs = flat(model(alone(given)))
    dys = [rng.normal(size=part.shape).astype(part.dtype.name) for part in outputs]
    real = [(part, tf.constant(dy)) for part, dy in zip(outputs, dys, strict=True) if part.dtype.is_floating]
    expected = tape.gradient([part for part, _ in real], given, [dy for _, dy in real])
    y, backward = maju.load(model).vjp(alone(inputs))
    dx, _ = backward(dys if isinstance(y, list) else dys[0])
    errors = {}
    for place, (here, there, x) in enumerate(zip(flat(dx), expected, inputs, strict=True)):
        if there is None or not is_float(x):
            assert here is None or not np.any(here)
        else:
            errors[f"x {place}"] = error(here, tf.convert_to_tensor(there).numpy(), 0.1)
    return errors
