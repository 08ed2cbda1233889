"""LearningRateScheduler: a learning rate for each epoch."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from maju.callbacks.callback import Callback, Logs
from maju.callbacks.learning_rates import note_rate, rate_of
from maju.callbacks.lines import say
from maju.errors import InputError

__all__ = ["LearningRateScheduler"]


class LearningRateScheduler(Callback):
    """Set the learning rate at the beginning of each epoch.

    Args:
        schedule: ``schedule(epoch, learning_rate)``, or ``schedule(epoch)``, gives the epoch's learning rate;
            epochs are counted from 0.
        verbose: 1 for a line at each epoch.

    Source: `keras.callbacks.LearningRateScheduler`.
    """

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        if not callable(schedule):
            raise InputError(
                f"LearningRateScheduler: schedule={schedule!r}; expected a function of the epoch and the "
                "learning rate"
            )
        self.schedule = schedule
        self.verbose = verbose
        self._takes_rate = _takes_two(schedule)
        self._epoch: int | None = None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._epoch = None

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        if epoch == self._epoch:  # set already, before this training was cut off
            return
        optimizer = self.model.optimizer
        rate: Any = rate_of(optimizer, "LearningRateScheduler")
        rate = self.schedule(epoch, rate) if self._takes_rate else self.schedule(epoch)
        if not isinstance(rate, (float, np.floating)):
            raise InputError(f"LearningRateScheduler: schedule({epoch}) gave {rate!r}; expected a float")
        optimizer.learning_rate = float(rate)
        self._epoch = epoch
        if self.verbose:
            say(f"epoch {epoch + 1}: the learning rate is {float(rate):.6g}")

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        note_rate(self.model.optimizer, logs)

    def get_state(self) -> dict[str, Any]:
        return {"epoch": self._epoch}

    def set_state(self, state: Mapping[str, Any]) -> None:
        self._epoch = state["epoch"]


def _takes_two(schedule: Callable[..., float]) -> bool:
    """Whether a function can be called with two arguments, by place."""
    try:
        inspect.signature(schedule).bind(0, 0.0)
    except TypeError:
        return False
    except ValueError:  # a builtin that does not tell
        return True
    return True
