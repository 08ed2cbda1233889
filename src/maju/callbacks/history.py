"""History: the loss and the metrics of every epoch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from maju.callbacks.callback import Callback, Logs

__all__ = ["History"]


class History(Callback):
    """The loss and the metrics of every epoch: what `fit` returns.

    Attributes:
        epoch: the numbers of the epochs, from 0.
        history: for each name a value for each epoch.

    Source: `keras.callbacks.History`.
    """

    def __init__(self) -> None:
        self.epoch: list[int] = []
        self.history: dict[str, list[float]] = {}

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)

    def get_state(self) -> dict[str, Any]:
        return {"epoch": self.epoch, "history": self.history}

    def set_state(self, state: Mapping[str, Any]) -> None:
        self.epoch = list(state["epoch"])
        self.history = {name: list(values) for name, values in state["history"].items()}
