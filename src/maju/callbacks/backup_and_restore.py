"""BackupAndRestore: a training that was cut off goes on as if it had not been."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from maju.callbacks.callback import Callback, Logs
from maju.callbacks.save_points import SavePoints
from maju.errors import InputError, ModelFormatError
from maju.schedules.checked import flag

__all__ = ["BackupAndRestore"]

#: What the file is, and the version of its form.
KIND = "training of maju, 1"
MOST_SHOWN = 3


class BackupAndRestore(Callback):
    """Keep where the training stands in a file, from which the same call of `fit` goes on.

    Whenever the program was ended, by ``kill -9`` too, the training comes to the same weights, history and
    decisions of the callbacks as one that ran through, to the last bit on the same machine::

        model.fit(x, y, epochs=100, callbacks=[BackupAndRestore("backup")])

    The file is there whole or not at all. It holds all weights, the state of the optimizer, of the random
    generators, of the metrics and of every callback that has a `get_state`. An epoch that was cut off in its
    midst goes on after the batch of the last file; its `on_epoch_begin` is told again. Batches must come in
    the same order again: those of arrays do, and those of an iterable that gives the same every time.

    Args:
        backup_dir: the folder of the file; it is made if it is missing.
        save_freq: ``"epoch"``, or after how many batches the file is written.
        delete_checkpoint: whether the file is deleted when the training has come to its end.

    Raises:
        InputError: the file is of another training: other weights, data of another size, another optimizer.
        ModelFormatError: the file is none, or is damaged.

    Source: `keras.callbacks.BackupAndRestore`.
    """

    told_last = True  # so that what it keeps of the other callbacks, they have been told

    def __init__(
        self,
        backup_dir: str | Path,
        save_freq: int | Literal["epoch"] = "epoch",
        *,
        delete_checkpoint: bool = True,
    ) -> None:
        if not str(backup_dir):
            raise InputError("BackupAndRestore: backup_dir is empty; expected a folder")
        self.path = Path(backup_dir) / "training.npz"
        self.points = SavePoints("BackupAndRestore", save_freq)
        self.delete_checkpoint = flag("BackupAndRestore", "delete_checkpoint", delete_checkpoint)
        self._facts: dict[str, str] = {}

    def on_train_begin(self, logs: Logs | None = None) -> None:
        from maju.training import state, state_file

        trainer = self.model.trainer
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                f"BackupAndRestore: {self.path.parent}: no such folder ({error.strerror})"
            ) from None
        for left in self.path.parent.glob(".maju-*.part"):  # by a run that was ended while it wrote
            left.unlink(missing_ok=True)
        self._facts = state.facts_of(trainer)
        if self.points.frequency != "epoch":
            for metric in trainer.scores.all():
                metric.reset_state()
                metric.get_state()  # now, rather than in hours, is the time to say that there is none
        if self.path.exists():
            kept = state_file.read(self.path)
            self._refuse_others(kept)
            state.restore(trainer, kept["state"])

    def _refuse_others(self, kept: Any) -> None:
        if not isinstance(kept, Mapping) or kept.get("kind") != KIND:
            raise ModelFormatError(
                f"{self.path}: no checkpoint of a training; delete it, or choose another folder"
            )
        there, here = kept["facts"], self._facts
        differing = [key for key in {**there, **here} if there.get(key) != here.get(key)]
        if differing:
            shown = "; ".join(
                f"{key}: {there.get(key, 'none')} there, {here.get(key, 'none')} here"
                for key in differing[:MOST_SHOWN]
            )
            more = f"; and {len(differing) - MOST_SHOWN} more" if len(differing) > MOST_SHOWN else ""
            raise InputError(
                f"{self.path} is of another training ({shown}{more}); delete it, or choose another folder"
            )

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        if self.points.is_one(batch):
            self._save()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if self.points.frequency == "epoch":
            self._save()

    def _save(self) -> None:
        from maju.training import state, state_file

        content = {"kind": KIND, "facts": self._facts, "state": state.state_of(self.model.trainer)}
        state_file.write(self.path, content)

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self.delete_checkpoint:
            self.path.unlink(missing_ok=True)
            with suppress(OSError):  # there is something else in it
                self.path.parent.rmdir()

    def get_state(self) -> dict[str, Any]:
        return {"points": self.points.get_state()}

    def set_state(self, state: Mapping[str, Any]) -> None:
        self.points.set_state(state["points"])
