"""Progress bars for rows in training."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from maju.experiments.child import OnEvent
from maju.experiments.experiment import Experiment
from maju.experiments.results import Result

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["RowProgress"]


class RowProgress:
    """A bar a row, with its epoch, its losses and the time left; and a line for each row that is finished."""

    def __init__(self, experiments: Sequence[Experiment], console: Console) -> None:
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        self.console = console
        self.bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=10),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[state]}", markup=False),
            console=console,
        )
        self.tasks = {
            experiment.name: self.bars.add_task(experiment.title, start=False, total=None, state="waiting")
            for experiment in experiments
        }

    def __enter__(self) -> Self:
        # Elsewhere than on a terminal, rich would draw all bars once, at the end.
        if self.console.is_terminal:
            self.bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.bars.live.is_started:
            self.bars.stop()

    def row(self, experiment: Experiment) -> OnEvent:
        """What is to be given the events of a row."""
        task = self.tasks[experiment.name]

        def on_event(event: dict[str, Any]) -> None:
            match event["event"]:
                case "started":
                    self.bars.update(task, state="importing Keras")
                case "built":
                    self.bars.start_task(task)
                    self.bars.update(task, total=event["batches"], state="training")
                case "batch":
                    self.bars.update(task, completed=event["done"])
                case "epoch":
                    self.bars.update(task, completed=event["done"], state=_epoch(event))
                case "predicting":
                    self.bars.update(task, state="predicting with Keras")
                case "evaluating":
                    self.bars.update(task, state="predicting from scratch")

        return on_event

    def finish(self, result: Result) -> None:
        """Show that a row is finished."""
        task = self.tasks[result.experiment.name]
        self.bars.start_task(task)
        self.bars.stop_task(task)
        title, scores = result.experiment.title, result.scores
        self.bars.update(task, state="failed" if scores is None else "done")
        if scores is None:
            line = f"{title}: failed: {result.error}"
        else:
            agree = f"{scores.agree:,}/{scores.rows:,} labels agree"
            line = f"{title}: trained in {scores.train_seconds:.0f} s; {agree}"
        self.console.print(line, markup=False, highlight=False, soft_wrap=True)


def _epoch(event: dict[str, Any]) -> str:
    loss, validation = event["logs"]["loss"], event["logs"]["val_loss"]
    return f"epoch {event['epoch']}/{event['epochs']}, loss {loss:.2f}, val {validation:.2f}"
