"""The learning rate of an optimizer, for callbacks that set it."""

from __future__ import annotations

from typing import Any, cast

from maju.callbacks.callback import Logs
from maju.errors import InputError
from maju.optimizers import Optimizer
from maju.schedules import LearningRateSchedule

__all__ = ["note_rate", "rate_of"]


def rate_of(optimizer: Optimizer, owner: str) -> float:
    """The learning rate as a number that may be set.

    Args:
        owner: the callback, for the message.

    Raises:
        InputError: it follows a schedule.
    """
    rate = optimizer.learning_rate
    if isinstance(rate, LearningRateSchedule):
        raise InputError(
            f"{owner}: the learning rate follows {type(rate).__name__} and cannot be set; "
            "make the optimizer with a number"
        )
    return rate


def note_rate(optimizer: Optimizer, logs: Logs | None) -> None:
    """Put the learning rate into the logs, where the callbacks after this one and the history find it."""
    if logs is not None:
        cast(dict[str, Any], logs)["learning_rate"] = float(optimizer.current_learning_rate)
