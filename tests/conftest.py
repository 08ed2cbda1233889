"""What all tests share."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Before TensorFlow is imported: no banner.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# The machines are shared: how long an example takes says nothing. The same examples in every run.
settings.register_profile(
    "maju", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("maju")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--every", type=int, default=1, metavar="N", help="run each N-th test of every file")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    every = config.getoption("--every")
    seen: Counter[Path] = Counter()
    kept: list[pytest.Item] = []
    left_out: list[pytest.Item] = []
    for item in items:
        (left_out if seen[item.path] % every else kept).append(item)
        seen[item.path] += 1
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept
