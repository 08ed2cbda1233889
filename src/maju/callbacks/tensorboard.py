"""TensorBoard: loss and metrics where TensorBoard shows them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from maju.callbacks.callback import Callback, Logs
from maju.errors import InputError, MissingExtraError
from maju.schedules.checked import flag

__all__ = ["TensorBoard"]


class TensorBoard(Callback):
    """Write loss and metrics for ``tensorboard --logdir logs``, under the names that Keras gives them.

    ``epoch_loss`` and so on by the number of the epoch, ``batch_loss`` and so on by the number of the batch
    counted over all epochs, in ``train`` and ``validation`` under `log_dir`; from `evaluate`, in
    ``validation``, ``evaluation_loss_vs_iterations``.

    Args:
        log_dir: the folder.
        update_freq: ``"epoch"`` for the epochs alone; ``"batch"`` or a number for batches too, each or every
            so many.
        write_steps_per_second: whether it also writes how many batches are done in a second.

    Raises:
        MissingExtraError: the extra `tensorboard` is not installed.

    Source: `keras.callbacks.TensorBoard`.
    """

    def __init__(
        self,
        log_dir: str | Path = "logs",
        *,
        update_freq: int | str = "epoch",
        write_steps_per_second: bool = False,
    ) -> None:
        try:
            import tensorboardX  # noqa: F401
        except ImportError as error:
            raise MissingExtraError("the callback TensorBoard", "tensorboard") from error
        every = 1 if update_freq == "batch" else 0 if update_freq == "epoch" else update_freq
        if not isinstance(every, int) or isinstance(every, bool) or (every < 1 and update_freq != "epoch"):
            raise InputError(
                f"TensorBoard: update_freq={update_freq!r}; expected 'epoch', 'batch' or a whole number of 1 "
                "or more"
            )
        self.log_dir = Path(log_dir)
        self.every = every
        self.write_steps_per_second = flag("TensorBoard", "write_steps_per_second", write_steps_per_second)
        self._writers: dict[str, Any] = {}
        self._batches = 0
        self._epoch_began = self._batch_began = 0.0
        self._iterations = 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._batches = 0

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._epoch_began = time.perf_counter()
        self._iterations = self.model.optimizer.iterations

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        self._batch_began = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._batches += 1
        if not self.every or self._batches % self.every:
            return
        found: dict[str, Any] = dict(logs or {})
        if self.write_steps_per_second:
            found["steps_per_second"] = 1 / max(time.perf_counter() - self._batch_began, 1e-9)
        self._write("train", {f"batch_{name}": value for name, value in found.items()}, self._batches)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = logs or {}
        of_training: dict[str, Any] = {k: v for k, v in logs.items() if not k.startswith("val_")}
        of_training["learning_rate"] = self.model.optimizer.current_learning_rate
        if self.write_steps_per_second:
            seconds = max(time.perf_counter() - self._epoch_began, 1e-9)
            steps = self.model.optimizer.iterations - self._iterations
            of_training["steps_per_second"] = steps / seconds
        of_validation = {k.removeprefix("val_"): v for k, v in logs.items() if k.startswith("val_")}
        for place, found in (("train", of_training), ("validation", of_validation)):
            self._write(place, {f"epoch_{name}": value for name, value in found.items()}, epoch)
        self._flush()

    def on_test_end(self, logs: Logs | None = None) -> None:
        found = {f"evaluation_{name}_vs_iterations": value for name, value in (logs or {}).items()}
        self._write("validation", found, self.model.optimizer.iterations)
        self._flush()

    def _write(self, place: str, scalars: Mapping[str, Any], step: int) -> None:
        single = {name: float(value) for name, value in scalars.items() if not np.ndim(value)}
        if not single:
            return
        if place not in self._writers:
            from tensorboardX import SummaryWriter

            # By default two files of the same second have one name, and the later takes the earlier's place.
            suffix = f".{time.time_ns()}"
            self._writers[place] = SummaryWriter(str(self.log_dir / place), filename_suffix=suffix)
        for name, value in single.items():
            self._writers[place].add_scalar(name, value, step)

    def _flush(self) -> None:
        for writer in self._writers.values():
            writer.flush()

    def close(self) -> None:
        for writer in self._writers.values():
            writer.close()
        self._writers = {}

    def get_state(self) -> dict[str, Any]:
        return {"batches": self._batches}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Go on counting; what was written after the state was taken is written again, of the same values."""
        self._batches = state["batches"]
