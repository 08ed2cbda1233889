"""Every operation against Keras, in a functional model of its own that goes through a file."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import keras
import pytest

import maju
from maju.layers import operations
from parity.compare import assert_same
from parity.operation_cases import CASES, FIXED


@functools.cache
def keras_model(name: str) -> Any:
    """The model of Keras in which the call of a case stands."""
    call, inputs = CASES[name]
    entrances = [
        keras.Input(
            batch_shape=x.shape if name in FIXED else (None, *x.shape[1:]), dtype=x.dtype.name, name=f"x{n}"
        )
        for n, x in enumerate(inputs)
    ]
    outputs = call(*entrances)
    return keras.Model(alone(entrances), list(outputs) if isinstance(outputs, (list, tuple)) else outputs)


def alone(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize("name", CASES)
def test_an_operation(name: str, tmp_path: Path) -> None:
    inputs = CASES[name][1]
    model = keras_model(name)
    model.save(tmp_path / "model.keras")
    loaded = maju.load(tmp_path / "model.keras")
    found = loaded.forward(alone(inputs))
    assert_same(found, model(alone(inputs)))
    for told, part in zip(listed(loaded.output_shape()), listed(found), strict=True):
        assert told is None or len(told) == part.ndim
        assert told is None or all(n in (None, m) for n, m in zip(told, part.shape, strict=True))


def test_every_operation_has_a_case() -> None:
    used = {type(operation).__name__ for name in CASES for operation in keras_model(name).operations}
    assert set(operations.known()) <= used
