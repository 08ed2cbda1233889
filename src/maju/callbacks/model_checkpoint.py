"""ModelCheckpoint: save the model as it is trained."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from maju.callbacks.callback import Logs
from maju.callbacks.lines import say
from maju.callbacks.monitoring import Monitoring
from maju.callbacks.save_points import SavePoints
from maju.errors import InputError
from maju.schedules.checked import flag, real

__all__ = ["ModelCheckpoint"]

SUFFIXES = (".keras", ".h5", ".safetensors")


class ModelCheckpoint(Monitoring):
    """Save the model, or its weights, after every epoch or every so many batches.

    A file is there whole or not at all, whenever the program is ended.

    Args:
        filepath: where to; ``{epoch:02d}``, ``{batch}`` and the names of the logs, as ``{val_loss:.2f}``, in
            it are filled in. Folders that are missing are made.
        monitor: the name of the number that tells the best.
        verbose: 1 for a line when it saves.
        save_best_only: whether it saves only what is better than all before.
        save_weights_only: whether it saves the weights alone, to a path that ends in ``.weights.h5``.
        mode: ``"min"``, ``"max"`` or ``"auto"``.
        save_freq: ``"epoch"``, or after how many batches it saves.
        initial_value_threshold: what the number must be better than for the first file.

    Source: `keras.callbacks.ModelCheckpoint`.
    """

    def __init__(
        self,
        filepath: str | Path,
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: int | Literal["epoch"] = "epoch",
        initial_value_threshold: float | None = None,
    ) -> None:
        super().__init__(monitor, mode)
        if initial_value_threshold is not None:
            self.best = real(self._class, "initial_value_threshold", initial_value_threshold)
        self.filepath = str(filepath)
        self.verbose = verbose
        self.save_best_only = flag(self._class, "save_best_only", save_best_only)
        self.save_weights_only = flag(self._class, "save_weights_only", save_weights_only)
        self.points = SavePoints(self._class, save_freq)
        of_weights = self.filepath.endswith(".weights.h5")
        if save_weights_only and not of_weights:
            raise InputError(f"{self._class}: filepath={self.filepath!r}; weights alone go to a .weights.h5")
        if not save_weights_only and (of_weights or Path(self.filepath).suffix not in SUFFIXES):
            raise InputError(
                f"{self._class}: filepath={self.filepath!r}; expected it to end in {', '.join(SUFFIXES)}, "
                "or with save_weights_only=True in .weights.h5"
            )
        self._epoch = 0

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        if self.points.is_one(batch):
            self._save(self._epoch, logs, batch)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if self.points.frequency == "epoch":
            self._save(epoch, logs)

    def _save(self, epoch: int, logs: Logs | None, batch: int | None = None) -> None:
        if self.save_best_only and not self._is_best(epoch, logs):
            return
        path = self._path(epoch, logs, batch)
        path.parent.mkdir(parents=True, exist_ok=True)
        self.model.save(path)
        if self.verbose:
            say(f"epoch {epoch + 1}: saved {path}")

    def _is_best(self, epoch: int, logs: Logs | None) -> bool:
        value = self.monitored(logs, "saving the best model")
        if value is None:
            return True  # rather a file too many than none
        better = self.improves(value, self.best)
        if better:
            self.best = value
        elif self.verbose:
            say(f"epoch {epoch + 1}: {self.monitor} is not better than {self.best:.5f}")
        return better

    def _path(self, epoch: int, logs: Logs | None, batch: int | None) -> Path:
        values: dict[str, Any] = {"epoch": epoch + 1}
        if batch is not None:
            values["batch"] = batch + 1
        values |= logs or {}
        try:
            return Path(self.filepath.format(**values))
        except (KeyError, IndexError, ValueError, TypeError) as error:
            reason = f"there is no {error}" if isinstance(error, KeyError) else str(error)
            raise InputError(
                f"{self._class}: filepath={self.filepath!r} cannot be filled in: {reason}; there are "
                f"{', '.join(values)}"
            ) from None

    def get_state(self) -> dict[str, Any]:
        return {"best": self.best, "points": self.points.get_state()}

    def set_state(self, state: Mapping[str, Any]) -> None:
        self.best = state["best"]
        self.points.set_state(state["points"])
