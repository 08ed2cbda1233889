"""The points of a training at which something is saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from maju.errors import InputError

__all__ = ["SavePoints"]


class SavePoints:
    """After which batches something is saved, counted across epochs.

    Args:
        owner: the callback that saves, for the message.
        frequency: after how many batches; ``"epoch"`` for no batch, but every epoch.

    Raises:
        InputError: the frequency is neither.
    """

    def __init__(self, owner: str, frequency: Any) -> None:
        whole = isinstance(frequency, int) and not isinstance(frequency, bool) and frequency > 0
        if frequency != "epoch" and not whole:
            raise InputError(
                f"{owner}: save_freq={frequency!r}; expected 'epoch' or a whole number of 1 or more"
            )
        self.frequency = frequency
        self._since = 0
        self._last: int | None = None

    def is_one(self, batch: int) -> bool:
        """Whether this batch, which has just ended, is one of them."""
        if self.frequency == "epoch":
            return False
        new_epoch = self._last is None or batch <= self._last
        self._since += batch + 1 if new_epoch else batch - (self._last or 0)
        self._last = batch
        if self._since < self.frequency:
            return False
        self._since = 0
        return True

    def get_state(self) -> dict[str, Any]:
        """What was counted so far."""
        return {"since": self._since, "last": self._last}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Count on from there."""
        self._since, self._last = state["since"], state["last"]
