"""EarlyStopping: end a training that gets no better."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from maju.callbacks.callback import Logs
from maju.callbacks.lines import say
from maju.callbacks.monitoring import Monitoring
from maju.layers.base import Array
from maju.schedules.checked import flag, real, whole

__all__ = ["EarlyStopping"]


class EarlyStopping(Monitoring):
    """End the training when a number has got no better for some epochs.

    Args:
        monitor: the name of the number.
        min_delta: by how much it must get better to count.
        patience: for how many epochs it may get no better.
        verbose: 1 for a line when it ends the training.
        mode: ``"min"``, ``"max"`` or ``"auto"``.
        baseline: what the number must also beat for the epochs to be counted anew.
        restore_best_weights: whether the weights of the best epoch are put back at the end.
        start_from_epoch: before which epoch nothing is watched.

    Attributes:
        stopped_epoch: the epoch at which it ended the training, from 0; 0 where it did not.
        best_epoch: the best epoch, from 0.

    Source: `keras.callbacks.EarlyStopping`.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        self.patience = whole(self._class, "patience", patience, least=0)
        self.verbose = verbose
        self.baseline = None if baseline is None else real(self._class, "baseline", baseline)
        self.restore_best_weights = flag(self._class, "restore_best_weights", restore_best_weights)
        self.start_from_epoch = whole(self._class, "start_from_epoch", start_from_epoch, least=0)
        self._forget()

    def _forget(self) -> None:
        self.wait = 0
        self.stopped_epoch = 0
        self.best = None
        self.best_epoch = 0
        self.best_weights: list[Array] | None = None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._forget()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        value = self.monitored(logs, "early stopping")
        if value is None or epoch < self.start_from_epoch:
            return
        if self.restore_best_weights and self.best_weights is None:
            self._remember(epoch)
        self.wait += 1
        if self.improves(value, self.best):
            self.best = value
            self._remember(epoch)
            if self.baseline is None or self.improves(value, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def _remember(self, epoch: int) -> None:
        self.best_epoch = epoch
        if self.restore_best_weights:
            self.best_weights = [weight.copy() for weight in self.model.weights.values()]

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self.stopped_epoch and self.verbose:
            say(f"epoch {self.stopped_epoch + 1}: early stopping")
        if self.best_weights is not None:
            if self.verbose:
                say(f"the weights of the best epoch, {self.best_epoch + 1}, are put back")
            for weight, best in zip(self.model.weights.values(), self.best_weights, strict=True):
                weight[...] = best

    def get_state(self) -> dict[str, Any]:
        keys = ("wait", "stopped_epoch", "best", "best_epoch", "best_weights")
        return {key: getattr(self, key) for key in keys}

    def set_state(self, state: Mapping[str, Any]) -> None:
        vars(self).update(state)
