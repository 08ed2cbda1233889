"""ReduceLROnPlateau: a lower learning rate when training gets no better."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from maju.callbacks.callback import Logs
from maju.callbacks.learning_rates import note_rate, rate_of
from maju.callbacks.lines import say
from maju.callbacks.monitoring import Monitoring
from maju.errors import InputError
from maju.schedules.checked import real, whole

__all__ = ["ReduceLROnPlateau"]


class ReduceLROnPlateau(Monitoring):
    """Lower the learning rate, η ← max(η · factor, min_lr), when a number has got no better for some epochs.

    Args:
        monitor: the name of the number.
        factor: by what the learning rate is multiplied, less than 1.
        patience: for how many epochs the number may get no better.
        verbose: 1 for a line when the learning rate changes.
        mode: ``"min"``, ``"max"`` or ``"auto"``.
        min_delta: by how much the number must get better to count.
        cooldown: how many epochs after a change nothing is counted.
        min_lr: below which the learning rate does not go.

    Source: `keras.callbacks.ReduceLROnPlateau`.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        self.factor = real(self._class, "factor", factor, least=0)
        if self.factor >= 1:
            raise InputError(f"{self._class}: factor={factor!r}; expected a number from 0 to less than 1")
        self.patience = whole(self._class, "patience", patience, least=0)
        self.verbose = verbose
        self.cooldown = whole(self._class, "cooldown", cooldown, least=0)
        self.min_lr = real(self._class, "min_lr", min_lr, least=0)
        self._forget()

    def _forget(self) -> None:
        self.best = None
        self.wait = 0
        self.cooldown_counter = 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        rate_of(self.model.optimizer, self._class)
        self._forget()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        note_rate(self.model.optimizer, logs)
        value = self.monitored(logs, "reducing the learning rate")
        if value is None:
            return
        if self.cooldown_counter:
            self.cooldown_counter -= 1
            self.wait = 0
        if self.improves(value, self.best):
            self.best = value
            self.wait = 0
        elif not self.cooldown_counter:
            self.wait += 1
            if self.wait >= self.patience and self._reduce(epoch):
                self.cooldown_counter = self.cooldown
                self.wait = 0

    def _reduce(self, epoch: int) -> bool:
        rate = rate_of(self.model.optimizer, self._class)
        if rate <= np.float32(self.min_lr):
            return False
        lower = max(rate * self.factor, self.min_lr)
        self.model.optimizer.learning_rate = lower
        if self.verbose:
            say(f"epoch {epoch + 1}: the learning rate is reduced to {lower:.6g}")
        return True

    def get_state(self) -> dict[str, Any]:
        return {key: getattr(self, key) for key in ("best", "wait", "cooldown_counter")}

    def set_state(self, state: Mapping[str, Any]) -> None:
        vars(self).update(state)
