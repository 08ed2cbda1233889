"""Scikit-learn's own checks of an estimator, all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from maju.sklearn import MajuClassifier, MajuRegressor


@pytest.fixture(autouse=True)
def array_api(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCIPY_ARRAY_API", "1")  # or scikit-learn would leave a check out


@parametrize_with_checks([MajuClassifier(), MajuRegressor()])  # type: ignore[untyped-decorator]
def test_scikit_learns_own_checks(estimator: Any, check: Callable[[Any], None]) -> None:
    check(estimator)
