"""A batch that cannot fit is refused before the training starts."""

from __future__ import annotations

import numpy as np
import pytest

import maju
from maju import layers
from maju.errors import InputError
from maju.training import memory


def model() -> maju.Sequential:
    made = maju.Sequential(
        [
            layers.Input((100,)),
            layers.Dense(1000),
            layers.Reshape((10, 100)),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )
    made.compile("sgd", "mse")
    return made


def test_the_least_that_is_needed_is_counted() -> None:
    weights = 100 * 1000 + 1000 + 1000 + 1
    assert memory.least_memory(model(), 7) == 4 * (7 * (1000 + 1) + 2 * weights)


def test_a_batch_that_cannot_fit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = np.zeros((600, 100), np.float32), np.zeros((600, 1), np.float32)
    monkeypatch.setattr(memory, "available_memory", lambda: 2_000_000)
    with pytest.raises(
        InputError, match=r"batches of 600 rows takes at least 0.0 GB .*batch_size=147 may fit"
    ):
        model().fit(x, y, batch_size=600, verbose=0)
    model().fit(x, y, batch_size=147, verbose=0)


def test_a_model_that_cannot_fit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available_memory", lambda: 1000)
    with pytest.raises(InputError, match="the model itself is too large to train here"):
        model().fit(np.zeros((4, 100), np.float32), np.zeros((4, 1), np.float32), verbose=0)


def test_what_the_system_says_is_a_size() -> None:
    free = memory.available_memory()
    assert free is None or free > 1_000_000


def test_where_nothing_is_said_nothing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available_memory", lambda: None)
    memory.refuse_too_large(model(), 10**12)
