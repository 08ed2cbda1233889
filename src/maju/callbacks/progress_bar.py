"""ProgressBar: how far the epoch is, on a terminal."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar

from maju.callbacks.callback import Logs
from maju.callbacks.epoch_lines import EpochLines
from maju.callbacks.lines import results

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

__all__ = ["ProgressBar"]


class ProgressBar(EpochLines):
    """A bar with the batches of the epoch, the time that is left, and loss and metrics so far.

    Below the lines of `EpochLines`, and gone when the training is over. It needs the extra `cli`.

    Args:
        console: where to; None for standard output.
    """

    #: How many seconds lie between two pictures.
    PAUSE: ClassVar[float] = 0.15

    def __init__(self, console: Console | None = None) -> None:
        super().__init__()
        self._console = console
        self._bars: Progress | None = None
        self._task: TaskID | None = None
        self._shown = 0.0
        self._title = ""

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        super().on_epoch_begin(epoch, logs)
        self._title = f"epoch {epoch + 1}/{self.params['epochs']}"
        self._begin(self._title)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._show(batch + 1, logs)

    def on_test_begin(self, logs: Logs | None = None) -> None:
        super().on_test_begin(logs)
        if self._in_fit:
            self._picture(f"{self._title}, validation")
        else:
            self._begin("evaluation")

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        if not self._in_fit:
            self._show(batch + 1, logs)

    def _begin(self, title: str) -> None:
        """A new bar in place of the last one."""
        if self._bars is None:
            self._bars = _bars(self._console)
            self._bars.start()
        if self._task is not None:
            self._bars.remove_task(self._task)
        self._task = self._bars.add_task(title, total=self.params["steps"], state="")
        self._picture(title)

    def _show(self, done: int, logs: Logs | None) -> None:
        if time.monotonic() - self._shown >= self.PAUSE and self._bars is not None and self._task is not None:
            self._bars.update(self._task, completed=done, state=results(logs))
            self._picture()

    def _picture(self, title: str | None = None) -> None:
        if self._bars is not None and self._task is not None:
            self._bars.update(self._task, description=title)
            self._bars.refresh()
        self._shown = time.monotonic()

    def close(self) -> None:
        super().close()
        if self._bars is not None:
            self._bars.stop()
        self._bars = self._task = None


def _bars(console: Console | None) -> Progress:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
    from rich.table import Column

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
        TextColumn(
            "{task.fields[state]}", markup=False, table_column=Column(overflow="ellipsis", no_wrap=True)
        ),
        console=console,
        auto_refresh=False,  # it is refreshed here, where a batch has ended: no thread takes time from it
        transient=True,
    )
