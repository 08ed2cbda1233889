"""EpochLines: a line for each epoch."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from maju.callbacks.callback import Callback, Logs
from maju.callbacks.lines import duration, results, say

__all__ = ["EpochLines"]


class EpochLines(Callback):
    """Print a line for each epoch with its time, its loss and its metrics; of an evaluation, one line."""

    def __init__(self) -> None:
        self._in_fit = False
        self._began = 0.0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._in_fit = True

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._began = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        say(epoch_line(epoch, self.params, time.perf_counter() - self._began, logs))

    def on_test_begin(self, logs: Logs | None = None) -> None:
        if not self._in_fit:
            self._began = time.perf_counter()

    def on_test_end(self, logs: Logs | None = None) -> None:
        if not self._in_fit:
            say(evaluation_line(time.perf_counter() - self._began, logs))

    def close(self) -> None:
        self._in_fit = False


def epoch_line(epoch: int, params: Mapping[str, Any], seconds: float, logs: Logs | None) -> str:
    """What is said of an epoch that is over."""
    return f"epoch {epoch + 1}/{params['epochs']}: {duration(seconds)}, {results(logs)}"


def evaluation_line(seconds: float, logs: Logs | None) -> str:
    """What is said of an evaluation that is over."""
    return f"evaluation: {duration(seconds)}, {results(logs)}"
