"""LambdaCallback: a callback made of functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from maju.callbacks.callback import Callback
from maju.errors import InputError

__all__ = ["LambdaCallback"]

EVENTS = tuple(name for name in vars(Callback) if name.startswith("on_"))


class LambdaCallback(Callback):
    """A callback made of functions.

    Args:
        on_epoch_begin, on_epoch_end: called with the number of the epoch and the logs.
        on_train_begin, on_train_end: called with the logs.
        on_train_batch_begin, on_train_batch_end: called with the number of the batch and the logs.
        others: any other ``on_…`` of `Callback`.

    Source: `keras.callbacks.LambdaCallback`.
    """

    def __init__(
        self,
        on_epoch_begin: Callable[..., object] | None = None,
        on_epoch_end: Callable[..., object] | None = None,
        on_train_begin: Callable[..., object] | None = None,
        on_train_end: Callable[..., object] | None = None,
        on_train_batch_begin: Callable[..., object] | None = None,
        on_train_batch_end: Callable[..., object] | None = None,
        **others: Callable[..., object] | None,
    ) -> None:
        given: dict[str, Any] = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
            **others,
        }
        for name, function in given.items():
            if name not in EVENTS:
                raise InputError(f"LambdaCallback: there is no {name}; there are {', '.join(EVENTS)}")
            if function is None:
                continue
            if not callable(function):
                raise InputError(f"LambdaCallback: {name}={function!r}; expected a function")
            setattr(self, name, function)
